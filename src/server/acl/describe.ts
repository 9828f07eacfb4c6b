import { CATEGORIES } from "../command-categories.ts";
import type { AclUser } from "./acl-user.ts";
import { type CommandSets, subcommandsOf } from "./command-sets.ts";
import { type KeyPattern, Selector } from "./selector.ts";

/** A user as ACL LIST and redis.conf write it, without its name. */
export function describeUser(user: AclUser, sets: CommandSets): string {
  const [root, ...others] = user.selectors.map((selector) => describeSelector(selector, sets));
  const hashes = user.passwords.map((hash) => `#${hash}`);
  return [...user.flags, ...hashes, root, ...others.map((text) => `(${text})`)].join(" ");
}

function describeSelector(selector: Selector, sets: CommandSets): string {
  const channels = selector.allChannels ? "&*" : ["resetchannels", ...channelRules(selector)].join(" ");
  return [...keyRules(selector), channels, commandRules(selector, sets)].join(" ");
}

export function keyRules({ allKeys, keys }: Selector): string[] {
  return allKeys ? ["~*"] : keys.map((pattern) => `${rights(pattern)}~${pattern.glob}`);
}

export function channelRules({ allChannels, channels }: Selector): string[] {
  return allChannels ? ["&*"] : channels.map((glob) => `&${glob}`);
}

function rights({ read, write }: KeyPattern): string {
  if (read && write) return "";
  return read ? "%R" : "%W";
}

/**
 * Rules that allow the same commands: all or nothing first, then the categories that fit best, then what is still different.
 * Source: ACLDescribeSelectorCommandRules.
 */
export function commandRules(selector: Selector, sets: CommandSets): string {
  const adds = !selector.future;
  const made = new Selector(sets);
  made.setAll(!adds);
  const left = selector.copy();
  const rules = [adds ? "-@all" : "+@all"];
  const candidates = new Set(CATEGORIES);
  for (;;) {
    const best = bestCategory(left, sets, candidates, adds);
    if (best === undefined) break;
    candidates.delete(best);
    made.setCategory(best, adds);
    left.setCategory(best, !adds);
    rules.push(`${adds ? "+" : "-"}@${best}`);
  }
  for (const parent of sets.all) {
    if (parent.parent !== undefined) continue;
    for (const entry of [parent, ...subcommandsOf(parent)]) {
      const allowed = selector.commands.has(entry);
      if (allowed !== made.commands.has(entry)) {
        rules.push(`${allowed ? "+" : "-"}${entry.name}`);
        made.setCommand(entry, allowed);
      }
    }
    if (selector.commands.has(parent)) continue;
    for (const word of selector.firstArgs.get(parent) ?? []) rules.push(`+${parent.name}|${word}`);
  }
  return rules.join(" ");
}

/** The one with the fewest members that differ, provided that more are the same. */
function bestCategory(
  left: Selector,
  sets: CommandSets,
  candidates: ReadonlySet<string>,
  adds: boolean,
): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const category of candidates) {
    const members = sets.category(category);
    const on = members.filter((entry) => left.commands.has(entry)).length;
    const same = adds ? on : members.length - on;
    const different = members.length - same;
    if (same <= different || different > fewest || (different === fewest && same <= most)) continue;
    best = category;
    fewest = different;
    most = same;
  }
  return best;
}
