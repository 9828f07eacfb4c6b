import type { Args, Family, Turn, World } from "../world.ts";

const HASH = "2c9341ca4cf3d87b9e4eb905d6a3ec45cc8a2f7a1ffa2e4cd4d8a1c0a1f6e5b1";
const RULES = [
  "on",
  "on",
  "off",
  "nopass",
  "resetpass",
  ">one",
  ">two",
  "<one",
  "<bad",
  `#${HASH}`,
  `!${HASH}`,
  "#short",
  "~*",
  "~a",
  "~{t}*",
  "%R~a*",
  "%W~b*",
  "%RW~c",
  "%~x",
  "%X~x",
  "allkeys",
  "resetkeys",
  "&*",
  "&ch*",
  "allchannels",
  "resetchannels",
  "+@all",
  "+@all",
  "-@all",
  "+@read",
  "-@write",
  "+@string",
  "-@dangerous",
  "+@nosuch",
  "allcommands",
  "nocommands",
  "+get",
  "-get",
  "+set",
  "+config|get",
  "-config|set",
  "+config",
  "-client",
  "+client|id",
  "-client|nosuch",
  "+select|0",
  "+get|x|y",
  "+nosuch",
  "reset",
  "(+get ~a)",
  "(+set %W~b*",
  "+mget)",
  "(-@all +@read ~*)",
  "clearselectors",
  "sanitize-payload",
  "skip-sanitize-payload",
  "nosuch",
  "",
  "+",
  "~",
  "(",
  "()",
] as const;

function acl(world: World): Turn | Args {
  const { draw } = world;
  const user = () => draw.pick(["u1", "u1", "u2", "nobody", "a b", ""]);
  switch (draw.integer(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {
        steps: [["ACL", "SETUSER", user(), ...draw.some(RULES, 0, draw.chance(0.8) ? 3 : 8)]],
        ends: true,
        mutation: "words",
      };
    case 4:
      return {
        steps: [["ACL", "SETUSER", user(), "on", "nopass", "~*", "&*", "+@all", ...draw.some(RULES, 0, 2)]],
        ends: true,
        mutation: "words",
      };
    case 5:
      return {
        steps: [["ACL", "DELUSER", ...world.some(user, 1, 2), ...(draw.chance(0.1) ? ["default"] : [])]],
        ends: true,
        mutation: "words",
      };
    case 6:
      return ["ACL", "GETUSER", draw.pick(["default", user(), user()])];
    case 7:
      return ["ACL", "LIST"];
    case 8:
      return ["ACL", draw.pick(["USERS", "WHOAMI"])];
    case 9:
      return [
        "ACL",
        "CAT",
        ...draw.some(
          [
            "read",
            "WRITE",
            "keyspace",
            "string",
            "bitmap",
            "connection",
            "transaction",
            "fast",
            "slow",
            "dangerous",
            "admin",
            "pubsub",
            "nosuch",
          ],
          0,
          1,
        ),
      ];
    case 10:
      return ["ACL", "GENPASS", ...draw.some(["1", "5", "128", "4096", "4097", "0", "-1", "x"], 0, 1)];
    case 11:
      return ["ACL", "LOG", ...draw.some(["reset", "1", "3", "-1", "x"], 0, 1)];
    case 12:
    case 13:
      return ["ACL", "DRYRUN", draw.pick(["default", user()]), ...dry(world)];
    case 14:
      return ["ACL", draw.pick(["LOAD", "SAVE", "HELP", "NOSUCH"])];
    default:
      return ["AUTH", draw.pick(["u1", "u2", "default"]), draw.pick(["one", "two", "x"])];
  }
}

function dry(world: World): Args {
  const { draw } = world;
  return draw.pick<Args>([
    ["GET", world.key()],
    ["SET", world.key(), "x"],
    ["MGET", ...world.values.keys(1, 3)],
    ["COPY", world.key(), world.key()],
    ["CONFIG", "GET", "x"],
    ["CLIENT", "ID"],
    ["SELECT", "0"],
    ["PUBLISH", "ch", "x"],
    ["SUBSCRIBE", "ch:1"],
    ["PSUBSCRIBE", "ch*"],
    ["NOSUCH"],
    ["GET"],
    ["CONFIG", "NOSUCH"],
    ["SET", world.key(), "x", "GET"],
    ["BITFIELD", world.key(), "get", "u8", "0"],
    ["MIGRATE", "h", "1", "", "0", "1", "KEYS", world.key()],
  ]);
}

export const ACL: Family = { name: "acl", weight: 5, turn: acl };
