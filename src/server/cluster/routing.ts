import type { Client } from "../client.ts";
import { type CommandEntry, FLAG } from "../command-entry.ts";
import { keyIndexes } from "../command-table.ts";
import { slotOfKey } from "../key-slot.ts";
import type { Bytes } from "../protocol/arg.ts";
import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";
import { portFor, preferredEndpoint } from "./endpoint.ts";

const CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot";
const TRY_AGAIN = "TRYAGAIN Multiple keys request during rehashing of slot";
const DOWN = "CLUSTERDOWN The cluster is down";
const READS_ONLY = "CLUSTERDOWN The cluster is down and only accepts read commands";
const NOT_SERVED = "CLUSTERDOWN Hash slot not served";

const SHARDED = new Set(["ssubscribe", "sunsubscribe", "spublish"]);

interface Found {
  slot: number;
  owner: ClusterPeer;
  first: string;
  several: boolean;
  migrating: boolean;
  importing: boolean;
  missing: number;
  existing: number;
}

/** The error that redirects or refuses a command with keys, undefined where this node serves it. Source: getNodeByQuery. */
export function route(
  member: ClusterMember,
  client: Client,
  entry: CommandEntry,
  args: readonly Bytes[],
): string | undefined {
  if (client.master) return undefined;
  const exec = entry.name === "exec";
  if (exec && !client.multi) return undefined;
  const sharded = SHARDED.has(entry.name);
  const found = exec ? lookAt(member, client.queue, sharded) : lookAt(member, [{ entry, args }], sharded);
  if (found === undefined || typeof found === "string") return found;
  const down = member.view.ok ? undefined : refusalWhenDown(member, entry, sharded);
  if (down !== undefined) return down;
  const { slot, owner, migrating, importing, missing, existing, several } = found;
  if ((migrating || importing) && entry.name === "migrate") return undefined;
  if (migrating && missing > 0) {
    if (existing > 0) return TRY_AGAIN;
    const target = member.view.migrating.get(slot) as ClusterPeer;
    // A slot may be said to migrate to where it is.
    return target === member.view.self ? undefined : redirect("ASK", member, client, slot, target);
  }
  if (importing && (client.asking || entry.spec.flags.includes("asking"))) {
    return several && missing > 0 ? TRY_AGAIN : undefined;
  }
  const { self } = member.view;
  const writes = ((exec ? client.queueBits : 0) | entry.bits) & FLAG.write;
  if ((client.clusterReadonly || sharded) && !writes && self.replica && self.primary === owner)
    return undefined;
  return owner === self ? undefined : redirect("MOVED", member, client, slot, owner);
}

function lookAt(
  member: ClusterMember,
  commands: readonly { readonly entry: CommandEntry; readonly args: readonly Bytes[] }[],
  sharded: boolean,
): Found | string | undefined {
  const { node, view } = member;
  const db = node.databases[0];
  let found: Found | undefined;
  for (const { entry, args } of commands) {
    for (const index of keyIndexes(entry, args, true) ?? []) {
      const arg = args[index] as Bytes;
      const key = typeof arg === "string" ? arg : arg.toString("latin1");
      const slot = slotOfKey(key);
      if (found === undefined) {
        const owner = view.owner(slot);
        if (owner === undefined) return NOT_SERVED;
        const migrating = owner === view.self && view.migrating.has(slot);
        const importing = !migrating && view.importing.has(slot);
        found = { slot, owner, first: key, several: false, migrating, importing, missing: 0, existing: 0 };
      } else if (key !== found.first) {
        if (slot !== found.slot) return CROSS_SLOT;
        found.several = true;
      }
      if ((!found.migrating && !found.importing) || sharded) continue;
      if (db?.has(key) && !db.isExpired(key)) found.existing += 1;
      else found.missing += 1;
    }
  }
  return found;
}

function refusalWhenDown(member: ClusterMember, entry: CommandEntry, sharded: boolean): string | undefined {
  const { config } = member.node;
  if (sharded) return config.flag("cluster-allow-pubsubshard-when-down") ? undefined : DOWN;
  if (!config.flag("cluster-allow-reads-when-down")) return DOWN;
  return (entry.bits & FLAG.write) !== 0 ? READS_ONLY : undefined;
}

function redirect(
  word: "ASK" | "MOVED",
  member: ClusterMember,
  client: Client,
  slot: number,
  to: ClusterPeer,
): string {
  return `${word} ${slot} ${preferredEndpoint(member, to)}:${portFor(member, client, to)}`;
}
