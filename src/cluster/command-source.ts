import { type Reply, ReplyError } from "../bytes/reply.ts";
import { NotAppliedError, ServerError, type SlotpackError } from "../errors.ts";
import type { Gather, PackedBatch } from "../wasm/kernel.ts";
import { NO_NODE } from "../wasm/kernel.ts";
import { type BatchSource, NEXT_STEP, type SlotRoute } from "./batch-source.ts";
import { needsMemory } from "./command-rules.ts";
import type { CommandUnit } from "./command-unit.ts";
import { CommandEncoder } from "./encode-command.ts";
import { judgeReply } from "./redirect.ts";
import type { Effect } from "./retry-policy.ts";

/** Stands in for who answered where only the kind of a verdict counts. */
const NOWHERE = { host: "-", port: 0 };

/** Any commands: an item is a unit, one command or a MULTI … EXEC of several on the same keys. */
export class CommandSource implements BatchSource {
  readonly itemCount: number;
  readonly byteLength: number;
  readonly tryAgainLimit: number = Number.POSITIVE_INFINITY;
  readonly expectedReplyBytes: number = 64;
  readonly #units: readonly CommandUnit[];
  readonly #gatherFrom: number;
  /** By the index in the caller's batch. */
  readonly outcomes: PromiseSettledResult<Reply>[];
  errors: Map<number, SlotpackError> | undefined;

  constructor(units: readonly CommandUnit[], outcomes: PromiseSettledResult<Reply>[], gatherFrom: number) {
    this.#units = units;
    this.itemCount = units.length;
    this.outcomes = outcomes;
    this.#gatherFrom = gatherFrom;
    let byteLength = 0;
    for (const { commands } of units) {
      for (const { args } of commands)
        for (const arg of args) byteLength += typeof arg === "number" ? 8 : arg.length;
    }
    this.byteLength = byteLength;
  }

  effectOf(item: number): Effect {
    const { commands, singly } = this.#units[item]!;
    const due = singly ? commands.slice(0, 1) : commands;
    return due.every(({ readOnly }) => readOnly) ? "read" : "write";
  }

  commandsOf(item: number): number {
    const { commands, singly } = this.#units[item]!;
    return singly ? 1 : commands.length;
  }

  repliesOf(item: number, asking: boolean): number {
    const count = this.commandsOf(item);
    return (count === 1 ? 1 : count + 2) + (asking ? 1 : 0);
  }

  pack(items: Uint32Array | undefined, route: SlotRoute, asking: boolean): PackedBatch {
    const groups: number[][] = Array.from({ length: route.nodeCount + 1 }, () => []);
    const all = items ?? Uint32Array.from(this.#units.keys());
    for (const item of all) {
      const node = route.nodeOfSlot?.[this.#units[item]!.slot] ?? 0;
      groups[node === NO_NODE ? route.nodeCount : node]!.push(item);
    }
    const order = Uint32Array.from(groups.flat());
    const groupStart = new Uint32Array(route.nodeCount + 2);
    groups.forEach((group, node) => {
      groupStart[node + 1] = groupStart[node]! + group.length;
    });
    const ends = new Uint32Array(order.length);
    const encoder = new CommandEncoder(this.#gatherFrom);
    const gathers: Gather[] = [];
    for (let position = 0; position < order.length; position++) {
      if (position < groupStart[route.nodeCount]!)
        this.#encode(encoder, this.#units[order[position]!]!, asking);
      for (const gather of encoder.gathers.splice(0)) gathers.push({ position, ...gather });
      ends[position] = encoder.length;
    }
    const slots = Uint16Array.from(order, (item) => this.#units[item]!.slot);
    return { order, groupStart, slots, bytes: encoder.finish(), ends, gathers };
  }

  accept(item: number, replies: readonly Reply[], at: number, asking: boolean): ReplyError | undefined {
    const unit = this.#units[item]!;
    const first = asking ? at + 1 : at;
    if (asking && replies[at] instanceof ReplyError) return replies[at];
    if (this.commandsOf(item) > 1) return this.#acceptTransaction(unit, replies, first);
    const reply = replies[first]!;
    if (reply instanceof ReplyError && (unit.commands.length === 1 || isRefusal(reply))) return reply;
    this.#keep(unit.commands[0]!.index, reply);
    unit.commands = unit.commands.slice(1);
    return unit.commands.length === 0 ? undefined : NEXT_STEP;
  }

  fail(item: number, error: SlotpackError): void {
    this.errors ??= new Map();
    const { commands, singly } = this.#units[item]!;
    const { code, message, node, slot, cause } = error;
    commands.forEach(({ index }, i) => {
      // Of a unit that goes one by one only the first command was on its way.
      const ErrorClass = singly && i > 0 ? NotAppliedError : (error.constructor as typeof SlotpackError);
      const own = new ErrorClass(code, message, { node, slot, keyIndex: index, cause });
      this.outcomes[index] = { status: "rejected", reason: own };
      this.errors!.set(index, own);
    });
  }

  supersede(): boolean {
    return false;
  }

  observeReplyBytes(): void {}

  #encode(encoder: CommandEncoder, unit: CommandUnit, asking: boolean): void {
    const commands = unit.singly ? unit.commands.slice(0, 1) : unit.commands;
    if (asking) encoder.add(["ASKING"]);
    if (commands.length > 1) encoder.add(["MULTI"]);
    for (const { args } of commands) encoder.add(args);
    if (commands.length > 1) encoder.add(["EXEC"]);
  }

  /** `replies[first]` answers MULTI, the last one EXEC. */
  #acceptTransaction(unit: CommandUnit, replies: readonly Reply[], first: number): ReplyError | undefined {
    const count = unit.commands.length;
    if (replies[first] instanceof ReplyError) return this.#acceptWithoutMulti(unit, replies, first + 1);
    const result = replies[first + count + 1];
    if (Array.isArray(result)) {
      unit.commands.forEach(({ index }, i) => {
        this.#keep(index, result[i]!);
      });
      return undefined;
    }
    const faulty = new Set<number>();
    for (let i = 0; i < count; i++) {
      const reply = replies[first + 1 + i];
      if (!(reply instanceof ReplyError)) continue;
      if (isRefusal(reply)) return reply;
      if (reply.code === "OOM") {
        // A server that is out of memory queues nothing, not even what needs none.
        unit.singly = true;
        if (!needsMemory(String(unit.commands[i]!.args[0]))) continue;
      }
      this.#keep(unit.commands[i]!.index, reply);
      faulty.add(i);
    }
    // EXECABORT because of a command that can never run: the others of the unit did not run either, and go again without it.
    unit.commands = unit.commands.filter((_, i) => !faulty.has(i));
    if (unit.commands.length === 0) return undefined;
    return result instanceof ReplyError
      ? result
      : new ReplyError("ERR EXEC was answered by neither results nor an error");
  }

  /** MULTI was refused by an ACL or a proxy: each command has run, or not, on its own, and so they go on. */
  #acceptWithoutMulti(unit: CommandUnit, replies: readonly Reply[], first: number): ReplyError | undefined {
    let refusal: ReplyError | undefined;
    unit.singly = true;
    unit.commands = unit.commands.filter(({ index }, i) => {
      const reply = replies[first + i]!;
      const refused = reply instanceof ReplyError && isRefusal(reply);
      if (refused) refusal ??= reply;
      else this.#keep(index, reply);
      return refused;
    });
    return refusal;
  }

  #keep(index: number, reply: Reply): void {
    this.outcomes[index] =
      reply instanceof ReplyError
        ? { status: "rejected", reason: new ServerError(reply.code, reply.message, { keyIndex: index }) }
        : { status: "fulfilled", value: reply };
  }
}

/** The server did not run it. */
function isRefusal(reply: ReplyError): boolean {
  return judgeReply(reply, NOWHERE).kind !== "error";
}
