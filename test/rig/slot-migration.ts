import type { RigNode } from "./node.ts";
import { until } from "./until.ts";

export interface MigrateOptions {
  /** How many of the slot's keys move; default "all". */
  readonly keys?: number | "half" | "all";
  /** Hand the slot over, moving whatever is left; default true. Without it the slot stays half-migrated. */
  readonly finish?: boolean;
  /** Every primary, so that all learn of the hand-over at once. */
  readonly primaries: readonly RigNode[];
  readonly password?: string | undefined;
}

export interface MigrationState {
  readonly moved: readonly Buffer[];
  /** Keys that stay at the source. */
  readonly left: readonly Buffer[];
}

const MIGRATE_TIMEOUT_MS = 10_000;
const ALL_KEYS = 1_000_000;

/** IMPORTING, MIGRATING, MIGRATE and, with `finish`, NODE on every primary. May be called again on a half-migrated slot. */
export async function migrateSlot(
  slot: number,
  from: RigNode,
  to: RigNode,
  options: MigrateOptions,
): Promise<MigrationState> {
  await to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
  await from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
  const keys = await keysInSlot(from, slot);
  const wanted = options.keys ?? "all";
  const count = wanted === "all" ? keys.length : wanted === "half" ? Math.ceil(keys.length / 2) : wanted;
  const moved = keys.slice(0, count);
  let left = keys.slice(count);
  await moveKeys(from, to, moved, options.password);
  if (options.finish ?? true) {
    // A key may have arrived between the listing and MIGRATING.
    for (left = await keysInSlot(from, slot); left.length > 0; left = await keysInSlot(from, slot)) {
      await moveKeys(from, to, left, options.password);
      moved.push(...left);
    }
    await handOver(slot, to, [from, ...options.primaries.filter((node) => node !== from && node !== to)]);
  }
  return { moved, left };
}

/** Calls a begun migration off; keys that have moved stay where they are. */
export async function abandonMigration(slot: number, from: RigNode, to: RigNode): Promise<void> {
  await from.command("CLUSTER", "SETSLOT", slot, "STABLE");
  await to.command("CLUSTER", "SETSLOT", slot, "STABLE");
}

export async function keysInSlot(node: RigNode, slot: number): Promise<Buffer[]> {
  return (await node.commandRaw("CLUSTER", "GETKEYSINSLOT", slot, ALL_KEYS)) as Buffer[];
}

/**
 * Tells everybody of the slot's new owner, itself first: it then raises its config epoch. A node that has not heard of
 * the new epoch on the bus would pick the same one for a later move, and give the slot away when the news arrive.
 */
async function handOver(slot: number, owner: RigNode, others: readonly RigNode[]): Promise<void> {
  for (const node of [owner, ...others]) await node.command("CLUSTER", "SETSLOT", slot, "NODE", owner.id);
  const epoch = await configEpoch(owner, owner);
  for (const node of others) {
    await until(`${node.address} knows the new epoch`, async () => (await configEpoch(owner, node)) >= epoch);
  }
}

async function configEpoch(node: RigNode, witness: RigNode): Promise<number> {
  const lines = String(await witness.command("CLUSTER", "NODES")).split("\n");
  return Number(lines.find((line) => line.startsWith(node.id))?.split(" ")[6]);
}

async function moveKeys(
  from: RigNode,
  to: RigNode,
  keys: readonly Buffer[],
  password: string | undefined,
): Promise<void> {
  if (keys.length === 0) return;
  const auth = password === undefined ? [] : ["AUTH", password];
  await from.command("MIGRATE", to.host, to.port, "", 0, MIGRATE_TIMEOUT_MS, ...auth, "KEYS", ...keys);
}
