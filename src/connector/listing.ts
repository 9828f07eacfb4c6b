import type { CallOptions } from "../cluster/options.ts";
import { escapeGlob } from "../cluster/scan.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { NameCommand } from "../records/name-batch.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { parseRecordName } from "../records/record-name.ts";
import type { ValueMetadata } from "../records/record-reader.ts";
import { askNames, scanPages } from "./name-look.ts";
import { isBetween, PairNames } from "./pair-names.ts";

export interface ListingSettings {
  readonly client: SlotClient;
  /** Layouts whose records are listed. */
  readonly layouts: readonly LayoutName[];
  /** What record keys end with: the salt. */
  readonly ending: string;
  readonly valueMetadata: ValueMetadata<unknown> | undefined;
}

const PACKED_ENDING = ":packed";

/** A name that may be a record, and what tells whether it is one. */
interface Candidate {
  readonly recordKey: string;
  readonly question: NameCommand | undefined;
}

/**
 * Record keys that begin with `prefix`, on all primaries: one page of names at a time is held, and a pair is met once, at its metadata. Half
 * a pair is left out. Nothing is read that would count as an access of the record, but the length of a value without metadata. A key may come
 * twice while slots move, as with SCAN itself, and when it is stored in two layouts.
 */
export async function* listRecordKeys(
  { client, layouts, ending, valueMetadata }: ListingSettings,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<string, void, undefined> {
  const pairs = new PairNames(layouts, prefix, ending);
  const candidateOf = (name: string): Candidate | undefined => {
    const found = parseRecordName(name, layouts);
    if (found === undefined || !isBetween(found.key, prefix, ending)) return undefined;
    if (found.half === "bytes") return undefined;
    return { recordKey: found.key, question: questionOf(found.layout, name, pairs) };
  };
  for await (const page of scanPages(client, patternOf(layouts, pairs, prefix, ending), options)) {
    const candidates = page.map(candidateOf).filter((one) => one !== undefined);
    const questions = candidates.map(({ question }) => question).filter((one) => one !== undefined);
    const replies = await askNames(client, "list", questions, options);
    let at = 0;
    for (const { recordKey, question } of candidates) {
      if (question === undefined) yield recordKey;
      else if (isThere(question, replies[at++], recordKey, valueMetadata)) yield recordKey;
    }
  }
}

function questionOf(layout: LayoutName, name: string, pairs: PairNames): NameCommand | undefined {
  if (layout === "packed") return undefined;
  if (layout === "value-only") return { command: "STRLEN", name };
  return { command: "EXISTS", name: pairs.parse(name)!.other };
}

function isThere(
  { command }: NameCommand,
  reply: unknown,
  recordKey: string,
  valueMetadata: ValueMetadata<unknown> | undefined,
): boolean {
  if (typeof reply !== "number") return false;
  if (command === "EXISTS") return reply === 1;
  try {
    return valueMetadata === undefined || valueMetadata(reply, recordKey) !== undefined;
  } catch {
    return false;
  }
}

/** A glob that leaves the server as little to send as one glob can. */
function patternOf(layouts: readonly LayoutName[], pairs: PairNames, prefix: string, ending: string): string {
  const start = layouts.includes("tagged-pair") ? "" : escapeGlob(prefix);
  if (layouts.length > 1)
    return pairs.some && layouts.every(isPair) ? pairs.pattern("metadata") : `${start}*`;
  if (pairs.some) return pairs.pattern("metadata");
  return `${start}*${escapeGlob(ending)}${layouts[0] === "packed" ? PACKED_ENDING : ""}`;
}

function isPair(layout: LayoutName): boolean {
  return layout !== "packed" && layout !== "value-only";
}
