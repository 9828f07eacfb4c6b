import type { Reply } from "../bytes/reply.ts";
import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { askNames, scanPages } from "../connector/name-look.ts";
import type { MetadataCodec } from "../records/metadata-codec.ts";
import type { NameCommand } from "../records/name-batch.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { parseRecordName, type RecordName } from "../records/record-name.ts";
import { RECORD_HEADER_LENGTH, readRecordHeader } from "../wasm/record-header.ts";
import { codeOf } from "./failure.ts";
import { walkPattern } from "./walk-pattern.ts";

/** A record on the server, or half of one. */
export interface WalkedRecord {
  readonly key: string;
  readonly layout: LayoutName;
  /** `unread`: both halves are there; whether they belong together was not looked at. */
  readonly state: "unread" | "whole" | "metadata-only" | "bytes-only" | "mismatch";
  /** Of the record's bytes; of a packed value that is no record its own. null where it was not asked for. */
  readonly byteLength: number | null;
  /** Milliseconds that are left; null for ever, or where it was not asked for. */
  readonly ttlMs: number | null;
}

export interface WalkSettings {
  readonly client: SlotClient;
  readonly layouts: readonly LayoutName[];
  readonly prefix: string;
  /** `keys`: whole records only, and no more of them than their keys. `halves`: single halves, too. `long`: all there is to know. */
  readonly detail: "keys" | "halves" | "long";
  readonly codec: MetadataCodec<unknown>;
}

/** What one step of a walk met. */
export interface WalkedPage {
  /** Names that SCAN found, those of no record included. */
  readonly names: number;
  readonly records: readonly WalkedRecord[];
}

interface Candidate extends RecordName {
  readonly name: string;
}

/**
 * Records whose keys begin with `prefix`, on all primaries, a page of up to 1,000 names at a time. A key may come twice while slots
 * move, as with SCAN itself, and when it is stored in two layouts.
 */
export async function* walkRecords(
  settings: WalkSettings,
  options: CallOptions,
): AsyncGenerator<WalkedPage, void, undefined> {
  const { client, layouts, prefix, detail } = settings;
  for await (const page of scanPages(client, walkPattern(layouts, prefix), options)) {
    const candidates = page.flatMap((name): Candidate[] => {
      const found = parseRecordName(name, layouts);
      if (found === undefined || !found.key.startsWith(prefix)) return [];
      // A whole pair is met at its metadata.
      return detail === "keys" && found.half === "bytes" ? [] : [{ ...found, name }];
    });
    yield { names: page.length, records: await recordsOf(candidates, settings, options) };
  }
}

async function recordsOf(
  candidates: readonly Candidate[],
  { client, detail, codec }: WalkSettings,
  options: CallOptions,
): Promise<WalkedRecord[]> {
  const questions = candidates.map((candidate) => questionsOf(candidate, detail));
  const replies = await askNames(client, "ls", questions.flat(), options);
  const heads = detail === "long" ? await packedHeads(client, candidates, options) : undefined;
  let at = 0;
  return candidates.flatMap((candidate, i): WalkedRecord[] => {
    const answers = replies.slice(at, at + questions[i]!.length);
    at += questions[i]!.length;
    const { key, layout } = candidate;
    const rest =
      heads === undefined
        ? briefState(candidate, answers)
        : candidate.layout === "packed"
          ? packedState(answers, heads.get(candidate.name))
          : longState(candidate, answers, codec);
    return rest === undefined ? [] : [{ key, layout, ...rest }];
  });
}

function questionsOf({ name, half, layout }: Candidate, detail: WalkSettings["detail"]): NameCommand[] {
  const long = detail === "long";
  if (half === "whole") {
    const length: NameCommand[] = [{ command: "STRLEN", name }];
    if (long) return [...length, { command: "PTTL", name }];
    return layout === "value-only" ? length : [];
  }
  const other = otherName(name, half);
  if (!long) return [{ command: "EXISTS", name: other }];
  const bytesName = half === "bytes" ? name : other;
  const both: NameCommand[] = [
    { command: "EXISTS", name: other },
    { command: "STRLEN", name: bytesName },
    { command: "PTTL", name },
  ];
  return half === "bytes" ? both : [...both, { command: "GET", name }];
}

type State = Pick<WalkedRecord, "state" | "byteLength" | "ttlMs">;

function briefState(
  { half, layout }: Candidate,
  [answer]: readonly (Reply | undefined)[],
): State | undefined {
  const rest = { byteLength: null, ttlMs: null };
  if (half === "whole")
    return layout === "value-only" && typeof answer !== "number" ? undefined : { state: "unread", ...rest };
  if (answer === 1) return half === "metadata" ? { state: "unread", ...rest } : undefined;
  return { state: half === "metadata" ? "metadata-only" : "bytes-only", ...rest };
}

function longState(
  { half }: Candidate,
  answers: readonly (Reply | undefined)[],
  codec: MetadataCodec<unknown>,
): State | undefined {
  if (half === "whole") {
    const [length, ttl] = answers;
    return typeof length === "number" ? { state: "whole", byteLength: length, ttlMs: ttlOf(ttl) } : undefined;
  }
  const [other, length, ttl, metadata] = answers;
  // What expired meanwhile, and what is no string, is no record.
  if (typeof length !== "number" || ttl === -2) return undefined;
  const rest = { byteLength: length, ttlMs: ttlOf(ttl) };
  if (half === "bytes") return other === 1 ? undefined : { state: "bytes-only", ...rest };
  if (!(metadata instanceof Uint8Array)) return undefined;
  if (other !== 1) return { state: "metadata-only", byteLength: 0, ttlMs: rest.ttlMs };
  return { state: codec.decode(metadata, length) === undefined ? "mismatch" : "whole", ...rest };
}

/** The first bytes of packed values, by name: they tell the lengths of both parts. */
async function packedHeads(
  client: SlotClient,
  candidates: readonly Candidate[],
  options: CallOptions,
): Promise<Map<string, Reply>> {
  const names = candidates.flatMap(({ name, layout }) => (layout === "packed" ? [name] : []));
  const batch = client.batch();
  for (const name of names) batch.call("GETRANGE", name, 0, RECORD_HEADER_LENGTH - 1);
  const heads = new Map<string, Reply>();
  for (const [i, head] of (names.length === 0 ? [] : await batch.exec(options)).entries()) {
    if (head.status === "fulfilled") heads.set(names[i]!, head.value);
    else if (codeOf(head.reason) !== "WRONGTYPE") throw head.reason;
  }
  return heads;
}

function packedState(
  [length, ttl]: readonly (Reply | undefined)[],
  head: Reply | undefined,
): State | undefined {
  if (typeof length !== "number" || !(head instanceof Uint8Array) || ttl === -2) return undefined;
  const header = readRecordHeader(head);
  const whole =
    header !== null && RECORD_HEADER_LENGTH + header.metadataLength + header.byteLength === length;
  if (!whole) return { state: "mismatch", byteLength: length, ttlMs: ttlOf(ttl) };
  return { state: "whole", byteLength: header.byteLength, ttlMs: ttlOf(ttl) };
}

function ttlOf(reply: Reply | undefined): number | null {
  return typeof reply === "number" && reply >= 0 ? reply : null;
}

/** In all pair layouts the other half's name is the same with the other ending. */
function otherName(name: string, half: "metadata" | "bytes"): string {
  return name.slice(0, -"metadata".length) + (half === "metadata" ? "kv_bytes" : "metadata");
}
