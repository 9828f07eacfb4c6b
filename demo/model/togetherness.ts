import { type HashedKey, readKey } from "./key-bytes.ts";

export interface KeyReason {
  readonly key: HashedKey;
  readonly differs: boolean;
  readonly reason: string;
  /** A spelling that would stay with the others. */
  readonly instead?: string;
}

export interface Togetherness {
  readonly together: boolean;
  readonly verdict: string;
  readonly reasons: readonly KeyReason[];
}

/** Whether one command takes all of `keys`, and what keeps so many of them apart. `ownerOf` names a slot's owner. */
export function judge(
  keys: readonly string[],
  ownerOf: (slot: number) => string,
  mostReasons: number = Number.POSITIVE_INFINITY,
): Togetherness {
  const read = keys.map(readKey);
  const slots = new Map<number, number>();
  for (const { slot } of read) slots.set(slot, (slots.get(slot) ?? 0) + 1);
  let home = read[0]?.slot ?? 0;
  for (const [slot, members] of slots) if (members > slots.get(home)!) home = slot;
  const reference = read.find(({ slot }) => slot === home);
  const apart = read.length - (slots.get(home) ?? 0);
  const reasons = read.slice(0, mostReasons).map((key) => explain(key, key.slot !== home, reference));
  return { together: apart === 0, verdict: verdictOf(read, slots, home, apart, ownerOf), reasons };
}

function verdictOf(
  keys: readonly HashedKey[],
  slots: ReadonlyMap<number, number>,
  home: number,
  apart: number,
  ownerOf: (slot: number) => string,
): string {
  if (keys.length === 0) return "No keys yet.";
  if (apart === 0) {
    const what = keys.length === 1 ? "One key is" : `Together: all ${keys.length} keys are`;
    const chance =
      new Set(keys.map(({ hashed }) => hashed)).size > 1 ? ", though they hash different bytes" : "";
    return `${what} in slot ${home} on ${ownerOf(home)}${chance}.`;
  }
  const owners = new Set(Array.from(slots.keys(), ownerOf));
  const same = owners.size === 1 ? ` All are on ${ownerOf(home)}, but the server refuses by slot.` : "";
  if (slots.get(home) === 1) return `CROSSSLOT: no two of these ${keys.length} keys share a slot.${same}`;
  const who =
    apart === 1 ? `this one of ${keys.length} keys differs` : `these ${apart} of ${keys.length} keys differ`;
  return `CROSSSLOT: ${who}.${same}`;
}

function explain(key: HashedKey, differs: boolean, reference: HashedKey | undefined): KeyReason {
  if (!differs) {
    const tag = key.kind === "tag" ? `tag {${key.hashed}}` : "the whole key is hashed";
    return { key, differs, reason: tag };
  }
  const tag = reference?.kind === "tag" ? reference.hashed : undefined;
  const reason = reasonOf(key, tag);
  const instead = tag === undefined ? undefined : respell(key, tag);
  return instead === undefined ? { key, differs, reason } : { key, differs, reason, instead };
}

function reasonOf(key: HashedKey, tag: string | undefined): string {
  if (key.kind === "empty") return "its first braces are empty, so the whole key is hashed";
  if (key.kind === "unclosed") return "its { is never closed, so the whole key is hashed";
  if (key.kind === "none") return "it has no {tag}: the whole key is hashed";
  if (key.hashed.startsWith("{")) return `its tag begins behind the first brace: ${key.hashed}`;
  return tag === undefined ? `its tag is {${key.hashed}}` : `its tag is {${key.hashed}}, not {${tag}}`;
}

/** The same key with the others' tag: braces around what it shares with them, or the tag in place of its own. */
function respell(key: HashedKey, tag: string): string | undefined {
  const bare = key.key.replace(/[{}]/g, "");
  const at = bare.indexOf(tag);
  if (at < 0) return undefined;
  const text = `${bare.slice(0, at)}{${tag}}${bare.slice(at + tag.length)}`;
  return readKey(text).hashed === tag ? text : undefined;
}
