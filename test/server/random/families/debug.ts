import type { Args, Family, Turn, World } from "../world.ts";

/** Never a subcommand that stops or restarts the real server, nor one with a time. */
function debug(world: World, on: string): Turn {
  const { draw, duel } = world;
  const step = (...args: Args): Turn => ({ steps: [["DEBUG", ...args]], mutation: "none" });
  switch (draw.integer(14)) {
    case 0:
    case 1:
      return step(world.word("digest"));
    case 2:
      return step(world.word("digest-value"), ...world.values.keys(0, 3));
    case 3:
      return step("OBJECT", ...world.values.keys(0, 1));
    case 4:
      return step("SDSLEN", ...world.values.keys(0, 1));
    case 5:
      return step("ERROR", draw.pick(["my text", "-MINE text", "ERR a\r\nb", ""]));
    case 6:
      return step("LOG", "text");
    case 7:
      return step("SLEEP", draw.pick(["0", "0.0001", "x", ""]));
    case 8:
      return step(
        "POPULATE",
        ...draw.pick<Args>([
          ["5"],
          ["3", "a"],
          ["3", "n", "5"],
          ["2", "k", "60"],
          ["-1"],
          ["x"],
          ["2", "p", "-1"],
          ["2", "p", "x"],
          [],
        ]),
      );
    case 9:
      // The keys of a slot have no order after it.
      return draw.chance(0.2) && !world.cluster ? step("RELOAD") : step("PAUSE-CRON", "0");
    case 10: {
      const type = draw.pick([
        "string",
        "integer",
        "double",
        "bignum",
        "null",
        "array",
        "set",
        "map",
        "verbatim",
        "true",
        "FALSE",
        "nosuch",
        "push",
      ]);
      return step("PROTOCOL", type === "push" && duel.inMulti(on) ? "true" : type);
    }
    case 11:
      return step("QUICKLIST-PACKED-THRESHOLD", draw.pick(["100b", "0", "x", "5gb", "-1", ""]));
    case 12:
      return step("SET-ACTIVE-EXPIRE", "0");
    default:
      return step(...draw.pick<Args>([[], ["HELP"], ["NOSUCH"], ["digest", "x"], ["HELP", "x"]]));
  }
}

export const DEBUG: Family = { name: "debug", weight: 3, turn: debug };
