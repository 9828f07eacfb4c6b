import { describe } from "../bytes/describe.ts";
import { type Key, keyIdentity } from "../bytes/key.ts";
import { type Reply, ReplyError } from "../bytes/reply.ts";
import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { ConfigError, type SlotpackError } from "../errors.ts";
import type { Kernel, PackedBatch } from "../wasm/kernel.ts";
import type { BatchSource, SlotRoute } from "./batch-source.ts";
import type { CommandShape } from "./command-shape.ts";
import type { Effect } from "./retry-policy.ts";

/** What a batch learns about the size of replies, for the next one of its kind. */
export interface ReplyEstimate {
  bytesPerItem: number;
  /** Until the first reply has been seen; then undefined. */
  guessed?: boolean | undefined;
}

export interface KeyedBatchRequest {
  readonly kernel: Kernel;
  readonly shape: CommandShape;
  readonly keys: readonly Key[];
  readonly effect: Effect;
  readonly estimate: ReplyEstimate;
  /** Values by column and item. */
  readonly columns?: readonly (readonly Uint8Array[])[] | undefined;
  readonly gatherFromBytes: number;
  readonly tryAgainLimit?: number | undefined;
}

/** What a server says of one command whose keys a migrating slot holds apart; here it is said of an item's several commands. */
const HALVES_APART = new ReplyError("TRYAGAIN the item's keys are on different nodes while their slot moves");

/** The same commands for every key. A subclass says what becomes of an item's replies. */
export abstract class KeyedBatch implements BatchSource {
  readonly itemCount: number;
  readonly byteLength: number;
  readonly tryAgainLimit: number;
  readonly request: KeyedBatchRequest;
  /** Failed items; undefined while there is none. */
  errors: Map<number, SlotpackError> | undefined;
  #lastIndex: Map<string, number> | undefined;
  /** Items that were left to a later one on their key; its outcome is theirs. */
  readonly #superseded = new Map<number, number>();

  constructor(request: KeyedBatchRequest) {
    checkKeys(request.keys);
    // The caller may reuse its array while the call is under way: retries and later slices read the keys again.
    this.request = { ...request, keys: request.keys.slice() };
    this.itemCount = request.keys.length;
    this.byteLength = request.columns === undefined ? 0 : checkColumns(request.columns);
    this.tryAgainLimit = request.tryAgainLimit ?? Number.POSITIVE_INFINITY;
  }

  get keys(): readonly Key[] {
    return this.request.keys;
  }

  /** `replies[at]` and those behind it, one per command, none of them an error. */
  protected abstract take(item: number, replies: readonly Reply[], at: number): void;

  get expectedReplyBytes(): number {
    // Whole bytes: sums of fractions would leave a link that is idle with a rest in flight.
    return Math.ceil(this.request.estimate.bytesPerItem);
  }

  get replyBytesGuessed(): boolean {
    return this.request.estimate.guessed === true;
  }

  effectOf(): Effect {
    return this.request.effect;
  }

  commandsOf(): number {
    return this.request.shape.commandCount;
  }

  repliesOf(_item: number, asking: boolean): number {
    return asking ? 2 * this.request.shape.commandCount : this.request.shape.commandCount;
  }

  pack(items: Uint32Array | undefined, route: SlotRoute, asking: boolean): PackedBatch {
    const { kernel, shape, keys, columns, gatherFromBytes } = this.request;
    return kernel.pack({
      template: asking ? shape.asking : shape.plain,
      keys,
      items,
      values: columns === undefined ? undefined : { columns, gatherFrom: gatherFromBytes },
      nodeOfSlot: route.nodeOfSlot,
      nodeCount: route.nodeCount,
      tableVersion: route.version,
    });
  }

  accept(item: number, replies: readonly Reply[], at: number, asking: boolean): ReplyError | undefined {
    const count = this.repliesOf(item, asking);
    for (let i = at; i < at + count; i++) {
      const reply = replies[i];
      if (!(reply instanceof ReplyError)) continue;
      // The other node would run all of the item, with what is only here missing there.
      if (reply.code === "ASK" && !asking && this.#someAnswered(replies, at, count)) return HALVES_APART;
      return reply;
    }
    if (asking)
      this.take(
        item,
        replies.slice(at, at + count).filter((_, i) => i % 2 === 1),
        0,
      );
    else this.take(item, replies, at);
    return undefined;
  }

  #someAnswered(replies: readonly Reply[], at: number, count: number): boolean {
    for (let i = at; i < at + count; i++) if (!(replies[i] instanceof ReplyError)) return true;
    return false;
  }

  fail(item: number, error: SlotpackError): void {
    this.errors ??= new Map();
    this.errors.set(item, error);
  }

  /** Looked up only when an item was refused: of two writes to one key in a batch the later one wins. */
  supersede(item: number): boolean {
    if (this.request.columns === undefined) return false;
    const { keys } = this.request;
    if (this.#lastIndex === undefined) {
      this.#lastIndex = new Map();
      for (let i = 0; i < keys.length; i++) this.#lastIndex.set(keyIdentity(keys[i]!), i);
    }
    const last = this.#lastIndex.get(keyIdentity(keys[item]!))!;
    if (last === item) return false;
    this.#superseded.set(item, last);
    return true;
  }

  #errorOf(item: number): SlotpackError | undefined {
    const later = this.#superseded.get(item);
    if (later === undefined) return this.errors?.get(item);
    const error = this.errors?.get(later);
    return error === undefined ? undefined : errorOfItem(error, item);
  }

  /** One error per failed item, those included that were left to a later one. */
  failures(): SlotpackError[] {
    const superseded = Array.from(this.#superseded.values(), (later) => this.errors?.get(later));
    return [...(this.errors?.values() ?? []), ...superseded.filter((error) => error !== undefined)];
  }

  observeReplyBytes(bytes: number, items: number): void {
    const { estimate } = this.request;
    estimate.guessed = undefined;
    estimate.bytesPerItem += (bytes / items - estimate.bytesPerItem) / 2;
  }

  /** Every item's outcome in the caller's order. */
  settled<T>(outcomeOf: (item: number) => T): PromiseSettledResult<T>[] {
    const results: PromiseSettledResult<T>[] = new Array(this.itemCount);
    for (let item = 0; item < this.itemCount; item++) {
      const reason = this.#errorOf(item);
      results[item] =
        reason === undefined
          ? { status: "fulfilled", value: outcomeOf(item) }
          : { status: "rejected", reason };
    }
    return results;
  }
}

/** The same error of another item. */
function errorOfItem(error: SlotpackError, keyIndex: number): SlotpackError {
  const { code, message, node, slot, cause } = error;
  const ErrorClass = error.constructor as typeof SlotpackError;
  return new ErrorClass(code, message, { node, slot, keyIndex, cause });
}

/** Throws ConfigError `BAD_KEY` with the index of the first key that is neither a string nor bytes. */
export function checkKeys(keys: readonly Key[]): void {
  if (!Array.isArray(keys))
    throw new ConfigError("BAD_ARGUMENT", `expected an array of keys, got ${describe(keys)}`, {
      option: "keys",
    });
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key === "string") continue;
    if (key instanceof Uint8Array && key.length > MAX_VALUE_BYTES) {
      const message = `key ${i}: expected at most ${MAX_VALUE_BYTES} bytes (512 MB), got ${key.length}`;
      throw new ConfigError("BAD_KEY", message, { keyIndex: i });
    }
    if (!(key instanceof Uint8Array)) {
      throw new ConfigError("BAD_KEY", `key ${i}: expected a string or a Uint8Array, got ${describe(key)}`, {
        keyIndex: i,
      });
    }
  }
}

/** Throws ConfigError `BAD_VALUE` or `VALUE_TOO_LARGE` with the value's index; returns the bytes in all. */
function checkColumns(columns: readonly (readonly Uint8Array[])[]): number {
  let total = 0;
  for (const values of columns) {
    for (let i = 0; i < values.length; i++) {
      const value: unknown = values[i];
      if (!(value instanceof Uint8Array)) {
        throw new ConfigError(
          "BAD_VALUE",
          `value ${i}: expected a string or a Uint8Array, got ${describe(value)}`,
          { keyIndex: i },
        );
      }
      if (value.length > MAX_VALUE_BYTES) {
        const message = `value ${i}: expected at most ${MAX_VALUE_BYTES} bytes (512 MB), got ${value.length}`;
        throw new ConfigError("VALUE_TOO_LARGE", message, { keyIndex: i });
      }
      total += value.length;
    }
  }
  return total;
}
