import { describe } from "../bytes/describe.ts";
import type { Key } from "../bytes/key.ts";
import { keyIdentity } from "../bytes/key.ts";
import type { Reply } from "../bytes/reply.ts";
import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { AbortError, ConfigError, NotAppliedError, TimeoutError } from "../errors.ts";
import type { Kernel } from "../wasm/kernel.ts";
import { countSettled } from "./batch-outcomes.ts";
import type { TracedCall } from "./batch-trace.ts";
import { abortedUnsent, type CallResult, checkSignal, type SourceCall, throwUnlessComplete } from "./call.ts";
import { isConnectFailure } from "./call-gate.ts";
import { ruleOf } from "./command-rules.ts";
import { CommandSource } from "./command-source.ts";
import { type BatchCommand, formUnits } from "./command-unit.ts";
import type { CommandArgument } from "./encode-command.ts";
import { type CallOptions, checkCallOptions } from "./options.ts";

/** What a batch needs of its client. */
export interface CommandBatchHost {
  readonly keyPrefix: string;
  readonly gatherFromBytes: number;
  readonly kernel: Kernel;
  /** Whether keys have slots; asked when the topology is known. */
  clustered(): boolean;
  /** Waits for the connection; the options of the call with what is left of its deadline. */
  ready(options: CallOptions | undefined): Promise<CallOptions | undefined>;
  run(call: SourceCall): Promise<CallResult>;
  /** Counts the work as one call, which closing waits for. */
  accept<T>(work: () => Promise<T>, call: TracedCall<T>): Promise<T>;
}

interface Collected {
  readonly name: string;
  readonly args: readonly CommandArgument[];
  readonly keyIndexes: readonly number[];
  readonly channelIndex: number | undefined;
  readonly readOnly: boolean;
}

/**
 * Any commands over any slots, sent as one packed write per node. Commands on one key run in the batch's order, as a transaction (MULTI … EXEC)
 * when one of them writes; commands on different keys have no order among each other.
 */
export class CommandBatch {
  readonly #host: CommandBatchHost;
  readonly #collected: Collected[] = [];
  #executed = false;

  /** @internal Use `client.batch()`. */
  constructor(host: CommandBatchHost) {
    this.#host = host;
  }

  /** Commands collected so far. */
  get length(): number {
    return this.#collected.length;
  }

  /**
   * Adds a command, e.g. `call("HSET", "user:1", "name", "Ada")`; keys get the client's `keyPrefix`. Throws ConfigError
   * `UNSUPPORTED_COMMAND` or `BAD_ARGUMENT`; the batch is then as it was.
   */
  call(name: string, ...args: CommandArgument[]): this {
    const index = this.#collected.length;
    if (typeof name !== "string" || name === "") throw badArgument(index, "expected a command's name", name);
    args.forEach((arg, i) => {
      const finite = typeof arg === "number" && Number.isFinite(arg);
      if (typeof arg !== "string" && !finite && !(arg instanceof Uint8Array)) {
        throw badArgument(
          index,
          `argument ${i} of ${name}: expected a string, a finite number or a Uint8Array`,
          arg,
        );
      }
      if (typeof arg === "object" && arg.length > MAX_VALUE_BYTES) {
        throw new ConfigError(
          "VALUE_TOO_LARGE",
          `argument ${i} of ${name}: ${arg.length} bytes, over 512 MB`,
          { keyIndex: index },
        );
      }
    });
    const rule = ruleOf(name, args);
    this.#collected.push({
      name,
      args,
      keyIndexes: rule.keyIndexes,
      channelIndex: rule.channelIndex,
      readOnly: rule.readOnly,
    });
    return this;
  }

  /**
   * Sends the batch; outcomes stand in its order, replies in RESP2 shapes (bulk strings as Buffers). A failed command is a rejected entry; only an
   * abort and bad input reject. A batch is executed once.
   */
  async exec(options?: CallOptions): Promise<PromiseSettledResult<Reply>[]> {
    if (this.#executed)
      throw new ConfigError("BATCH_EXECUTED", "a batch is executed once; make another with client.batch()");
    checkCallOptions(options);
    checkSignal("batch", options, this.#collected.length);
    this.#executed = true;
    return this.#host.accept(() => this.#exec(options), {
      itemCount: this.#collected.length,
      options,
      keys: () => this.#collected.map(({ args, keyIndexes }) => keyOf(args[keyIndexes[0] ?? -1])),
      outcomesOf: (results) => countSettled(results),
    });
  }

  async #exec(options: CallOptions | undefined): Promise<PromiseSettledResult<Reply>[]> {
    let rest: CallOptions | undefined;
    try {
      rest = await this.#host.ready(options);
    } catch (error) {
      if (error instanceof AbortError) throw abortedUnsent("batch", this.#collected.length, error.cause);
      if (!(error instanceof TimeoutError || isConnectFailure(error))) throw error;
      return this.#collected.map((_, keyIndex) => ({
        status: "rejected",
        reason: new NotAppliedError(error.code, error.message, { keyIndex, cause: error.cause }),
      }));
    }
    const outcomes: PromiseSettledResult<Reply>[] = new Array(this.#collected.length);
    const source = new CommandSource(
      formUnits(this.#prepare(outcomes)),
      outcomes,
      this.#host.gatherFromBytes,
    );
    const result = await this.#host.run({ what: "batch", source, options: rest });
    if (result.end === "aborted") throwUnlessComplete("batch", result, source.errors, () => outcomes);
    return outcomes;
  }

  /** Names, keys and slots; a command that cannot be sent gets its outcome here. */
  #prepare(outcomes: PromiseSettledResult<Reply>[]): BatchCommand[] {
    const { keyPrefix, kernel } = this.#host;
    const clustered = this.#host.clustered();
    const prepared: BatchCommand[] = [];
    const slots = new Uint16Array(1);
    this.#collected.forEach(({ name, args, keyIndexes, channelIndex, readOnly }, index) => {
      const full: CommandArgument[] = [name, ...args];
      const keys: string[] = [];
      let slot: number | undefined;
      let crossing = false;
      for (const keyIndex of keyIndexes) {
        const key = prefixed(keyPrefix, args[keyIndex]!);
        full[keyIndex + 1] = key;
        keys.push(keyIdentity(key));
        kernel.keySlots([key], slots);
        crossing ||= slot !== undefined && slot !== slots[0];
        slot ??= slots[0]!;
      }
      const channel = channelIndex === undefined ? undefined : args[channelIndex];
      if (channel !== undefined) {
        const bytes = prefixed("", channel);
        keys.push(`channel ${keyIdentity(bytes)}`);
        kernel.keySlots([bytes], slots);
        slot = slots[0]!;
      }
      if (clustered && crossing) {
        const message = `the keys of ${name.toUpperCase()} lie in different slots; give them one {tag}, or use one command per key`;
        outcomes[index] = {
          status: "rejected",
          reason: new NotAppliedError("CROSSSLOT", message, { keyIndex: index }),
        };
      } else if (clustered && slot === undefined) {
        const message = `${name.toUpperCase()} has no key, so no node of the cluster is the one to run it`;
        outcomes[index] = {
          status: "rejected",
          reason: new NotAppliedError("NO_KEY", message, { keyIndex: index }),
        };
      } else prepared.push({ index, args: full, readOnly, keys, slot: slot ?? 0 });
    });
    return prepared;
  }
}

function keyOf(arg: CommandArgument | undefined): Key | undefined {
  return typeof arg === "number" ? String(arg) : arg;
}

function prefixed(prefix: string, key: CommandArgument): Key {
  const plain = typeof key === "number" ? String(key) : key;
  if (prefix === "") return plain;
  return typeof plain === "string" ? prefix + plain : Buffer.concat([Buffer.from(prefix), plain]);
}

function badArgument(index: number, expected: string, got: unknown): ConfigError {
  return new ConfigError("BAD_ARGUMENT", `command ${index}: ${expected}, got ${describe(got)}`, {
    keyIndex: index,
  });
}
