import type { Args, Family, Turn, World } from "../world.ts";

const NAMES = [
  "get",
  "SET",
  "mset",
  "copy",
  "migrate",
  "restore",
  "bitfield",
  "bitop",
  "object|freq",
  "client|kill",
  "config|get",
  "config",
  "memory",
  "slowlog",
  "latency",
  "acl",
  "pubsub",
  "cluster",
  "cluster|nodes",
  "object",
  "client",
  "command",
  "command|docs",
  "subscribe",
  "spublish",
  "debug",
  "lcs",
  "wait",
  "nosuch",
  "get|x",
  "config|",
  "",
] as const;

/** Commands with keys in all the ways in which keys are found. */
function call(world: World): Args {
  const { draw } = world;
  const key = () => world.key();
  return draw.pick<() => Args>([
    () => ["GET", key()],
    () => ["MSET", key(), "1", key(), "2"],
    () => ["MSET", key(), "1", key()],
    () => ["MGET", ...world.values.keys(1, 4)],
    () => ["SET", key(), "v", ...draw.some(["GET", "nx", "ex"], 0, 2)],
    () => ["BITFIELD", key(), ...draw.some(["get", "u8", "0", "set", "1"], 0, 5)],
    () => ["BITFIELD_RO", key(), "get", "u8", "0"],
    () => ["BITOP", "and", key(), ...world.values.keys(0, 2)],
    () => ["COPY", key(), key(), "REPLACE"],
    () => ["MIGRATE", "h", "1", key(), "0", "10"],
    () => [
      "MIGRATE",
      "h",
      "1",
      "",
      "0",
      "10",
      ...draw.some(["copy", "REPLACE"], 0, 1),
      world.word("keys"),
      ...world.values.keys(0, 3),
    ],
    () => ["MIGRATE", "h", "1", "keys", "0", "10", "auth", "keys", "KEYS", key()],
    () => ["MIGRATE", "h", "1", "", "0", "10", "auth2", "keys", "x", "KEYS", key()],
    () => ["OBJECT", "FREQ", key()],
    () => ["OBJECT", "HELP"],
    () => ["MEMORY", "USAGE", key()],
    () => ["WATCH", ...world.values.keys(1, 3)],
    () => ["RENAME", key(), key()],
    () => ["LCS", key(), key(), "IDX"],
    () => ["RESTORE", key(), "0", "x"],
    () => ["SSUBSCRIBE", "ch"],
    () => ["SPUBLISH", "ch", "x"],
    () => ["PING"],
    () => ["EXEC"],
    () => ["CONFIG", "GET", "x"],
    () => ["NOSUCH", "x"],
    () => ["GET"],
    () => ["DEL", ...world.values.keys(0, 2)],
    () => ["KEYS", "*"],
    () => ["SCAN", "0"],
    () => ["CLIENT", "NOSUCH", "x"],
  ])();
}

function command(world: World): Turn | Args {
  const { draw } = world;
  switch (draw.integer(9)) {
    case 0:
      return draw.chance(0.1) ? ["COMMAND"] : ["COMMAND", "COUNT"];
    case 1:
    case 2:
      return ["COMMAND", world.word("info"), ...(draw.chance(0.02) ? [] : draw.some(NAMES, 1, 3))];
    case 3:
      return ["COMMAND", world.word("docs"), ...(draw.chance(0.02) ? [] : draw.some(NAMES, 1, 3))];
    case 4:
      return [
        "COMMAND",
        "LIST",
        ...draw.pick([
          [],
          ["FILTERBY", "PATTERN", draw.pick(["get*", "*", "CONFIG|*", "client|?d", "nosuch"])],
          ["filterby", world.word("aclcat"), draw.pick(["read", "WRITE", "string", "nosuch", "pubsub"])],
          ["FILTERBY", "module", "x"],
          ["FILTERBY", "nosuch", "x"],
          ["FILTERBY"],
          ["x", "y", "z"],
        ]),
      ];
    case 5:
    case 6:
      return ["COMMAND", world.word("getkeys"), ...call(world)];
    case 7:
      return ["COMMAND", world.word("getkeysandflags"), ...call(world)];
    default:
      return ["COMMAND", draw.pick(["HELP", "NOSUCH", "info"]), ...draw.some(["x"], 0, 1)];
  }
}

export const COMMAND: Family = { name: "command", weight: 4, turn: command };
