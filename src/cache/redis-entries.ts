import type { Reply } from "../bytes/reply.ts";
import { throwUnlessComplete } from "../cluster/call.ts";
import { type CommandShape, createShape, type ShapeArgument } from "../cluster/command-shape.ts";
import { CountBatch } from "../cluster/key-batches.ts";
import { KeyedBatch, type KeyedBatchRequest, type ReplyEstimate } from "../cluster/keyed-batch.ts";
import type { CallOptions } from "../cluster/options.ts";
import type { Effect } from "../cluster/retry-policy.ts";
import type { SlotClient } from "../cluster/slot-client.ts";

export interface ReadPlan {
  /** Gives hits that many milliseconds again where they have less; undefined: their TTL is let alone. */
  readonly renewMs?: number | undefined;
  /** Whether the TTLs are read too. */
  readonly ttls?: boolean | undefined;
}

export interface StoredEntries {
  readonly values: (Buffer | null)[];
  /** Milliseconds left, Infinity for ever; empty where they were not asked for. */
  readonly ttlsMs: number[];
}

export interface WritePlan {
  readonly condition?: "NX" | "XX" | undefined;
  /** One for all, one per entry, or null: for ever. */
  readonly ttlMs: number | readonly number[] | null;
}

/** The commands of a cache over string keys, each call one packed write per node and chunk. */
export class RedisEntries {
  readonly #client: SlotClient;
  readonly #prefix: string;
  readonly #shapes = new Map<string, CommandShape>();
  readonly #readEstimate: ReplyEstimate = { bytesPerItem: 1024, guessed: true };

  /** `keyPrefix` comes behind the client's own. */
  constructor(client: SlotClient, keyPrefix: string) {
    this.#client = client;
    this.#prefix = client.batchDefaults.options.keyPrefix + keyPrefix;
  }

  /** At the caller's index. */
  async read(
    what: string,
    keys: readonly string[],
    { renewMs, ttls = false }: ReadPlan,
    options: CallOptions,
  ): Promise<StoredEntries> {
    const name = this.#name();
    const commands: ShapeArgument[][] = [["GET", name]];
    // GT takes no TTL for the longest of all, so that what lives for ever goes on doing so.
    if (renewMs !== undefined) commands.push(["PEXPIRE", name, String(renewMs), "GT"]);
    if (ttls) commands.push(["PTTL", name]);
    const batch = new ReadBatch(this.#request(commands, keys, "read", this.#readEstimate), ttls);
    await this.#run(what, batch, options, (item) => batch.values[item]!);
    return batch;
  }

  /** Whether each was set. */
  async write(
    what: string,
    keys: readonly string[],
    stored: readonly Uint8Array[],
    { ttlMs, condition }: WritePlan,
    options: CallOptions,
  ): Promise<boolean[]> {
    const command: ShapeArgument[] = ["SET", this.#name(), { value: 0 }];
    const columns: (readonly Uint8Array[])[] = [stored];
    if (typeof ttlMs === "number") command.push("PX", String(ttlMs));
    else if (ttlMs !== null) {
      command.push("PX", { value: 1 });
      columns.push(ttlMs.map((ms) => Buffer.from(String(ms))));
    }
    if (condition !== undefined) command.push(condition);
    const request = this.#request([command], keys, "write", { bytesPerItem: 5 });
    const batch = new SetBatch({ ...request, columns });
    await this.#run(what, batch, options, (item) => batch.done[item]!);
    return batch.done;
  }

  /** 1 for each key that existed and was deleted. */
  async remove(what: string, keys: readonly string[], options: CallOptions): Promise<number[]> {
    return this.#count(what, [["UNLINK", this.#name()]], keys, "write", options);
  }

  /** 1 for each key that exists. */
  async exist(what: string, keys: readonly string[], options: CallOptions): Promise<number[]> {
    return this.#count(what, [["EXISTS", this.#name()]], keys, "read", options);
  }

  /** Milliseconds left; Infinity for ever, null where there is no entry. */
  async ttl(key: string, options: CallOptions): Promise<number | null> {
    const [leftMs] = await this.#count("ttl", [["PTTL", this.#name()]], [key], "read", options);
    return leftMs === -2 ? null : toTtl(leftMs!);
  }

  /** Whether there is an entry. */
  async expire(key: string, ttlMs: number | null, options: CallOptions): Promise<boolean> {
    const name = this.#name();
    const commands: ShapeArgument[][] =
      // PERSIST says 0 of a key without TTL too.
      ttlMs === null
        ? [
            ["PERSIST", name],
            ["EXISTS", name],
          ]
        : [["PEXPIRE", name, String(ttlMs)]];
    const [count] = await this.#count("expire", commands, [key], "write", options);
    return count === 1;
  }

  async #count(
    what: string,
    commands: readonly (readonly ShapeArgument[])[],
    keys: readonly string[],
    effect: Effect,
    options: CallOptions,
  ): Promise<number[]> {
    const estimate = { bytesPerItem: 4 * commands.length };
    const batch = new LastCountBatch(this.#request(commands, keys, effect, estimate));
    await this.#run(what, batch, options, (item) => batch.counts[item]!);
    return batch.counts;
  }

  async #run<T>(
    what: string,
    batch: KeyedBatch,
    options: CallOptions,
    outcomeOf: (item: number) => T,
  ): Promise<void> {
    const result = await this.#client.runSource({ what, source: batch, options });
    throwUnlessComplete(what, result, batch.errors, () => batch.settled(outcomeOf));
  }

  #name(): { readonly name: { readonly prefix: string; readonly suffix: string } } {
    return { name: { prefix: this.#prefix, suffix: "" } };
  }

  #request(
    commands: readonly (readonly ShapeArgument[])[],
    keys: readonly string[],
    effect: Effect,
    estimate: ReplyEstimate,
  ): KeyedBatchRequest {
    const { options, kernel } = this.#client.batchDefaults;
    const shape = this.#shape(commands);
    return { kernel, shape, keys, effect, estimate, gatherFromBytes: options.gatherFromBytes };
  }

  #shape(commands: readonly (readonly ShapeArgument[])[]): CommandShape {
    const id = JSON.stringify(commands);
    let shape = this.#shapes.get(id);
    if (shape === undefined) {
      shape = createShape(commands, { prefix: this.#prefix, suffix: "" });
      // TTLs are the callers' own numbers, and there is no end to them.
      if (this.#shapes.size > 64) this.#shapes.clear();
      this.#shapes.set(id, shape);
    }
    return shape;
  }
}

/** GET first; PTTL last where it is asked. */
class ReadBatch extends KeyedBatch implements StoredEntries {
  readonly values: (Buffer | null)[];
  readonly ttlsMs: number[];
  readonly #ttls: boolean;

  constructor(request: KeyedBatchRequest, ttls: boolean) {
    super(request);
    this.values = new Array(this.itemCount);
    this.ttlsMs = ttls ? new Array(this.itemCount) : [];
    this.#ttls = ttls;
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    this.values[item] = replies[at] as Buffer | null;
    if (!this.#ttls) return;
    const leftMs = replies[at + this.request.shape.commandCount - 1] as number;
    this.ttlsMs[item] = toTtl(leftMs);
    // It expired between the two commands.
    if (leftMs === -2) this.values[item] = null;
  }
}

/** SET: OK, or null where NX or XX kept it from that. */
class SetBatch extends KeyedBatch {
  readonly done: boolean[] = [];

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    this.done[item] = replies[at] !== null;
  }
}

/** The number that the last command of an item gives. */
class LastCountBatch extends CountBatch {
  protected override take(item: number, replies: readonly Reply[], at: number): void {
    super.take(item, replies, at + this.request.shape.commandCount - 1);
  }
}

function toTtl(leftMs: number): number {
  return leftMs === -1 ? Number.POSITIVE_INFINITY : leftMs;
}
