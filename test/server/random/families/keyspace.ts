import type { Args, Family, Turn, World } from "../world.ts";

/** These with another number would wait, or write hundreds of megabytes. */
const HELD = /^(wait|setrange|setbit|bitfield|debug|migrate)$/i;

function keyspace(world: World): Turn | Args {
  const { draw } = world;
  // It deletes what it draws if its time is over: there must be no such key then.
  if (draw.chance(0.03)) return { steps: [["SCAN", "0", "COUNT", "1000"], ["RANDOMKEY"]], mutation: "none" };
  if (draw.chance(0.02)) return { steps: [["OBJECT", "HELP"]] };
  let args = world.keyspace.next();
  // Keys that nobody has set are boring.
  if (draw.chance(0.15)) args = ["SET", world.key(), world.values.value()];
  return HELD.test(String(args[0])) ? { steps: [args], mutation: "words" } : args;
}

function scan(world: World, on: string): Turn | Args {
  const { draw } = world;
  if (world.duel.inMulti(on) || world.duel.observed) return ["DBSIZE"];
  const options = draw
    .some(["match", "count", "type"], 0, 3)
    .flatMap((option) => [
      world.word(option),
      option === "match"
        ? world.values.pattern()
        : option === "count"
          ? draw.pick(["1", "2", "10", "1000"])
          : world.word("string", "hash"),
    ]);
  return { steps: [], scan: options };
}

/** What the families draw too seldom for a short run. */
function seldom(world: World): Turn | Args {
  const key = () => world.key();
  return world.draw.pick<() => Turn | Args>([
    () => ["EXPIRETIME", key()],
    () => ["PEXPIRETIME", key()],
    () => ["TTL", key()],
    () => ["PTTL", key()],
    () => ["PERSIST", key()],
    () => ["DEL", key()],
    () => ["UNLINK", key()],
    () => ["EXISTS", key(), key()],
    () => ["TOUCH", key()],
    () => ["RENAMENX", key(), key()],
    () => ["FLUSHDB"],
    () => ["FLUSHALL"],
    () => ["OBJECT", world.word("freq", "idletime", "refcount"), key()],
    () => [world.draw.pick(["MEMORY", "OBJECT", "CLUSTER", "SLOWLOG", "LATENCY", "PUBSUB", "ACL"])],
    () => ({ steps: [["DEBUG"]], mutation: "none" }),
  ])();
}

export const SELDOM: Family = { name: "seldom", weight: 4, turn: seldom };
export const KEYSPACE: Family = { name: "keyspace", weight: 30, turn: keyspace };
export const SCAN: Family = { name: "scan", weight: 1, turn: scan };
