import { createShape } from "../cluster/command-shape.ts";
import { CountBatch } from "../cluster/key-batches.ts";
import type { KeyedBatch } from "../cluster/keyed-batch.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { MetadataCodec } from "./metadata-codec.ts";
import { NameBatch, type NameCommand } from "./name-batch.ts";
import type { RecordLayout } from "./record-layout.ts";

/** Milliseconds that an orphan lives on once it is found: more than the rest of its examination may take. */
const MARK_MS = 60_000;
/** What PTTL says of a key that is not there. */
const MISSING = -2;
/** Deadline of each of the four steps. */
const STEP_MS = 5_000;

/**
 * Removes metadata whose bytes are gone, as LMCache does where it reads such a record, but without ever taking a record that is being written again.
 *
 * The halves lie on two nodes, so nothing can look at the one and delete the other at once. Metadata is therefore not deleted but marked with a TTL, and
 * the bytes are looked for after that. The invariant: whoever writes a record has its bytes acknowledged before he sends its metadata. Metadata that
 * was written before the mark belongs to bytes that the look after it finds, and the mark is taken off again; metadata written after the mark has shed
 * it, since SET and MSET clear a TTL. What dies is metadata whose bytes were missing after the mark, and that nobody wrote since.
 *
 * Metadata with a TTL of its own is left alone: it dies by itself, and a mark could not be told from it. So is what was written with a TTL meanwhile; in
 * the instant between look and mark the mark takes the place of that TTL, and the record may die early. Metadata that the codec does not know is
 * somebody else's.
 */
export class OrphanExpiry {
  readonly #client: SlotClient;
  readonly #layout: RecordLayout;
  readonly #codec: MetadataCodec<unknown>;
  /** Keys that are being examined. */
  readonly #busy = new Set<string>();
  /** The user's ACL forbids it: not tried again. */
  #forbidden = false;

  constructor(client: SlotClient, layout: RecordLayout, codec: MetadataCodec<unknown>) {
    this.#client = client;
    this.#layout = layout;
    this.#codec = codec;
  }

  /**
   * Examines, in the background, keys of which a read found metadata alone; `close()` of the client waits for it. A failure leaves the orphans to the
   * next read.
   */
  start(found: readonly string[]): void {
    const keys = [...new Set(found)].filter((key) => !this.#busy.has(key));
    if (keys.length === 0 || this.#forbidden) return;
    for (const key of keys) this.#busy.add(key);
    this.#client
      .accept("getMany", () => this.expire(keys))
      .catch(() => {})
      .finally(() => {
        for (const key of keys) this.#busy.delete(key);
      });
  }

  /** Which of the keys are orphans and die within a minute. To be called in work that the client has accepted. */
  async expire(keys: readonly string[]): Promise<string[]> {
    const { metadataName, bytesName } = this.#layout;
    const look = await this.#ask(keys, (key) => [
      { command: "GET", name: metadataName(key) },
      { command: "PTTL", name: metadataName(key) },
      { command: "EXISTS", name: bytesName(key) },
    ]);
    const orphans = keys.filter((_, i) => {
      const [metadata, ttl, bytes] = look[i]!;
      return metadata instanceof Uint8Array && ttl === -1 && bytes === 0 && this.#isMetadata(metadata);
    });
    if (orphans.length === 0) return [];
    const marks = await this.#mark(orphans);
    const again = await this.#ask(orphans, (key) => [
      { command: "PTTL", name: bytesName(key) },
      { command: "PTTL", name: metadataName(key) },
    ]);
    const keep = orphans.filter((_, i) => {
      const [bytesTtl, ttl] = again[i]! as [number | undefined, number | undefined];
      // Bytes with a TTL belong to a record that has one: its metadata must not outlive them.
      if (bytesTtl !== undefined && bytesTtl >= 0) return false;
      // A look that failed tells nothing, and a mark without its acknowledgement may come after the look: in doubt the metadata stays.
      if (marks[i] === undefined) return true;
      return bytesTtl !== MISSING && (ttl === undefined || (ttl >= 0 && ttl <= MARK_MS));
    });
    await this.#ask(keep, (key) => [{ command: "PERSIST", name: metadataName(key) }], "repeatable");
    return orphans.filter((_, i) => marks[i] === 1 && again[i]![0] === MISSING);
  }

  /** 1 for each key that has its mark now, 0 for one whose metadata is gone, undefined where nobody knows. */
  async #mark(keys: readonly string[]): Promise<(number | undefined)[]> {
    const { options, kernel } = this.#client.batchDefaults;
    const name = { prefix: options.keyPrefix, suffix: "" };
    const batch = new CountBatch({
      kernel,
      shape: createShape([["PEXPIRE", { name }, String(MARK_MS)]], name),
      keys: keys.map(this.#layout.metadataName),
      effect: "write",
      estimate: { bytesPerItem: 4 },
      gatherFromBytes: options.gatherFromBytes,
    });
    await this.#run(batch);
    return batch.counts;
  }

  /** The replies to the commands about each key; undefined in place of one that failed. */
  async #ask(
    keys: readonly string[],
    commandsOf: (key: string) => readonly NameCommand[],
    effect: "read" | "repeatable" = "read",
  ): Promise<unknown[][]> {
    const lists = keys.map(commandsOf);
    const batch = new NameBatch(this.#client.batchDefaults, lists.flat(), effect);
    await this.#run(batch);
    let at = 0;
    return lists.map((list) => list.map(() => batch.replies[at++]));
  }

  async #run(source: KeyedBatch): Promise<void> {
    await this.#client.runSource({
      what: "getMany",
      source,
      options: { timeoutMs: STEP_MS },
      accepted: true,
    });
    for (const { code } of source.errors?.values() ?? []) if (code === "NOPERM") this.#forbidden = true;
  }

  #isMetadata(encoded: Uint8Array): boolean {
    try {
      return this.#codec.byteLengthOf?.(encoded) !== undefined;
    } catch {
      return false;
    }
  }
}
