import { SLOT_COUNT } from "../../slots/index.ts";
import type { Call } from "../call.ts";
import type { ClusterMember } from "../cluster/cluster-member.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { wrongArgumentCount } from "../errors-text.ts";
import { slotOfKey } from "../key-slot.ts";
import { parseInt64 } from "../protocol/int64.ts";
import { CHANGES, clusterSubcommand, LOOKS, peerArgument } from "./cluster-call.ts";
import { int64Argument } from "./number-argument.ts";

const NOT_A_PRIMARY = "ERR Target node is not a master";

function slotArgument(call: Call, index: number): number {
  const slot = parseInt64(call.arg(index));
  if (slot === undefined || slot < 0 || slot >= SLOT_COUNT) {
    throw new CommandError("ERR Invalid or out of range slot");
  }
  return Number(slot);
}

/** Slots that are to be assigned or given up, each named once. */
class SlotList {
  readonly slots: Set<number> = new Set();
  readonly #member: ClusterMember;
  readonly #remove: boolean;

  constructor(member: ClusterMember, remove: boolean) {
    this.#member = member;
    this.#remove = remove;
  }

  add(slot: number): void {
    const taken = this.#member.view.owner(slot) !== undefined;
    if (this.#remove && !taken) throw new CommandError(`ERR Slot ${slot} is already unassigned`);
    if (!this.#remove && taken) throw new CommandError(`ERR Slot ${slot} is already busy`);
    if (this.slots.has(slot)) throw new CommandError(`ERR Slot ${slot} specified multiple times`);
    this.slots.add(slot);
  }

  apply(): void {
    const { view } = this.#member;
    for (const slot of this.slots) {
      view.importing.delete(slot);
      view.assign(slot, this.#remove ? undefined : view.self);
    }
    this.#member.commit();
  }
}

function changeSlots(remove: boolean): (call: Call, member: ClusterMember) => void {
  return (call, member) => {
    const slots = call.args.slice(2).map((_, index) => slotArgument(call, index + 2));
    const list = new SlotList(member, remove);
    for (const slot of slots) list.add(slot);
    list.apply();
    call.reply.ok();
  };
}

function changeRanges(remove: boolean): (call: Call, member: ClusterMember) => void {
  return (call, member) => {
    if (call.args.length % 2 === 1) throw new CommandError(wrongArgumentCount(call.entry.name));
    const list = new SlotList(member, remove);
    for (let index = 2; index < call.args.length; index += 2) {
      const first = slotArgument(call, index);
      const last = slotArgument(call, index + 1);
      if (first > last) {
        throw new CommandError(`ERR start slot number ${first} is greater than end slot number ${last}`);
      }
      for (let slot = first; slot <= last; slot += 1) list.add(slot);
    }
    list.apply();
    call.reply.ok();
  };
}

function flushSlots({ node, reply }: Call, member: ClusterMember): void {
  if ((node.databases[0]?.size ?? 0) > 0) {
    throw new CommandError("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
  }
  member.view.unassignAll(member.view.self);
  member.commit();
  reply.ok();
}

function setSlot(call: Call, member: ClusterMember): void {
  const { view } = member;
  if (view.self.replica) throw new CommandError("ERR Please use SETSLOT only with masters.");
  const slot = slotArgument(call, 2);
  const action = call.word(3);
  const { length } = call.args;
  if (action === "migrating" && length === 5) {
    if (view.owner(slot) !== view.self) throw new CommandError(`ERR I'm not the owner of hash slot ${slot}`);
    view.migrating.set(slot, otherPrimary(call, member, "I don't know about node"));
  } else if (action === "importing" && length === 5) {
    if (view.owner(slot) === view.self)
      throw new CommandError(`ERR I'm already the owner of hash slot ${slot}`);
    view.importing.set(slot, otherPrimary(call, member, "I don't know about node"));
  } else if (action === "stable" && length === 4) {
    view.importing.delete(slot);
    view.migrating.delete(slot);
  } else if (action === "node" && length === 5) {
    handOver(call, member, slot);
    member.commit();
  } else {
    throw new CommandError("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP");
  }
  call.reply.ok();
}

function otherPrimary(call: Call, member: ClusterMember, unknown: string) {
  const peer = peerArgument(call, member, 4, unknown);
  if (peer.replica) throw new CommandError(NOT_A_PRIMARY);
  return peer;
}

function handOver(call: Call, member: ClusterMember, slot: number): void {
  const { view } = member;
  const { self } = view;
  const to = otherPrimary(call, member, "Unknown node");
  const mine = view.owner(slot) === self;
  const keys = call.node.databases[0]?.slots?.count(slot) ?? 0;
  if (mine && to !== self && keys > 0) {
    throw new CommandError(
      `ERR Can't assign hashslot ${slot} to a different node while I still hold keys for this hash slot.`,
    );
  }
  if (keys === 0) view.migrating.delete(slot);
  view.assign(slot, undefined);
  view.assign(slot, to);
  const migrates = call.node.config.flag("cluster-allow-replica-migration");
  if (mine && to !== self && self.slotCount === 0 && migrates) member.follow(to);
  if (to === self && view.importing.has(slot)) {
    view.bumpEpoch();
    view.importing.delete(slot);
  }
}

function keySlot({ args, reply }: Call): void {
  const key = args[2] as string | Buffer;
  reply.integer(slotOfKey(typeof key === "string" ? key : key.toString("latin1")));
}

function countKeys(call: Call): void {
  const slot = Number(int64Argument(call, 2));
  if (slot < 0 || slot >= SLOT_COUNT) throw new CommandError("ERR Invalid slot");
  call.reply.integer(call.node.databases[0]?.slots?.count(slot) ?? 0);
}

function getKeys(call: Call): void {
  const slot = Number(int64Argument(call, 2));
  const limit = Number(int64Argument(call, 3));
  if (slot < 0 || slot >= SLOT_COUNT || limit < 0) {
    throw new CommandError("ERR Invalid slot or number of keys");
  }
  call.reply.bulks(call.node.databases[0]?.slots?.keysOf(slot, limit) ?? []);
}

/** Subcommands of CLUSTER about slots. */
export const CLUSTER_SLOT_SUBCOMMANDS: readonly Command[] = [
  { name: "addslots", arity: -3, flags: CHANGES, since: "3.0.0", run: changeSlots(false) },
  { name: "delslots", arity: -3, flags: CHANGES, since: "3.0.0", run: changeSlots(true) },
  { name: "addslotsrange", arity: -4, flags: CHANGES, since: "7.0.0", run: changeRanges(false) },
  { name: "delslotsrange", arity: -4, flags: CHANGES, since: "7.0.0", run: changeRanges(true) },
  { name: "flushslots", arity: 2, flags: CHANGES, since: "3.0.0", run: flushSlots },
  { name: "setslot", arity: -4, flags: CHANGES, since: "3.0.0", run: setSlot },
  { name: "keyslot", arity: 3, flags: LOOKS, since: "3.0.0", run: keySlot },
  { name: "countkeysinslot", arity: 3, flags: LOOKS, since: "3.0.0", run: countKeys },
  { name: "getkeysinslot", arity: 4, flags: LOOKS, since: "3.0.0", run: getKeys, varies: true },
].map(clusterSubcommand);
