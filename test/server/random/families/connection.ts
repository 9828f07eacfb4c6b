import type { Args, Family, Turn, World } from "../world.ts";

const NAMES = ["", "one", "two", "a b", "né", "x\ny", "!~", "name-1"] as const;

function connection(world: World): Turn | Args {
  const { draw } = world;
  const user = () => draw.pick(["default", "u1", "u2", "nobody"]);
  const password = () => draw.pick(["", "one", "two", "bad"]);
  switch (draw.integer(12)) {
    case 0:
      return ["PING", ...draw.some(["x", "\x00\xff", "a\r\nb", ""], 0, 1)];
    case 1:
      return ["ECHO", world.values.value()];
    case 2:
      return ["SELECT", draw.pick(["0", "1", "2", "15", "16", "-1", "x", "01", ""])];
    case 3:
      return ["RESET"];
    case 4:
      return draw.chance(0.3) ? ["QUIT", ...draw.some(["x"], 0, 1)] : ["PING"];
    case 5:
      return ["AUTH", password()];
    case 6:
      return ["AUTH", user(), password()];
    case 7:
      return ["HELLO"];
    case 8: {
      // AUTH comes first and once: what stands behind a failure is blanked in logs here, and not by the real server.
      const options = [...draw.some(["auth"], 0, 1), ...draw.some(["setname", "setname", "nosuch"], 0, 1)];
      return [
        "HELLO",
        draw.pick(["2", "3", "3", "1", "4", "x"]),
        ...options.flatMap((option) =>
          option === "auth"
            ? [world.word("auth"), user(), password()]
            : option === "setname"
              ? [world.word("setname"), draw.pick(NAMES)]
              : [option],
        ),
      ];
    }
    case 9:
      return ["HELLO", draw.pick(["2", "3"])];
    case 10:
      return [
        draw.pick(["nosuch", "no\r\nsuch", "\x00", "GETT", "get|get"]),
        ...world.some(() => world.values.value(), 0, 3),
      ];
    default:
      return draw.chance(0.5) ? ["TIME"] : ["ROLE"];
  }
}

function kill(world: World): Turn {
  const { draw } = world;
  const other = () => world.connection();
  const filter = (): string[] => {
    switch (draw.integer(7)) {
      case 0:
        return ["id", draw.pick([`{id:${other()}}`, `{id:${other()}}`, "0", "-1", "x", "99999999"])];
      case 1:
        return ["addr", draw.pick([`{addr:${other()}}`, "1.2.3.4:5"])];
      case 2:
        return ["laddr", draw.pick([`{laddr:${other()}}`, "1.2.3.4:5"])];
      case 3:
        return ["type", world.word("normal", "master", "replica", "slave", "pubsub", "x")];
      case 4:
        return ["user", draw.pick(["u1", "u2", "nobody"])];
      case 5:
        return ["skipme", world.word("yes", "no", "x")];
      default:
        return [draw.pick(["nosuch", "id"])];
    }
  };
  const kinds: Args = draw.chance(0.15)
    ? [draw.pick([`{addr:${other()}}`, "1.2.3.4:5", "x"])]
    : Array.from({ length: 1 + draw.integer(2) }, filter).flat();
  // One connection beside those of the test must not be hit: it would be the rig's.
  const wide =
    !kinds.some((word) => /^\{(id|addr)/.test(String(word))) &&
    kinds.some((word) => /^(type|laddr|skipme)$/i.test(String(word)));
  return {
    steps: [["CLIENT", "KILL", ...kinds, ...(wide ? ["ID", `{id:${other()}}`] : [])]],
    ends: true,
    mutation: "words",
  };
}

function client(world: World, on: string): Turn | Args {
  const { draw, duel } = world;
  const multi = duel.inMulti(on);
  switch (draw.integer(15)) {
    case 0:
      return ["CLIENT", world.word("id")];
    case 1:
      return ["CLIENT", world.word("getname")];
    case 2:
      return ["CLIENT", world.word("setname"), draw.pick(NAMES)];
    case 3:
      return ["CLIENT", "INFO"];
    case 4:
      return ["CLIENT", "LIST"];
    case 5:
      return [
        "CLIENT",
        "LIST",
        world.word("type"),
        world.word("normal", "master", "replica", "slave", "pubsub", "x"),
      ];
    case 6:
      return [
        "CLIENT",
        "LIST",
        world.word("id"),
        ...world.some(() => draw.pick([`{id:${world.connection()}}`, "99999999", "x", "-1"]), 0, 3),
      ];
    case 7:
      return multi ? ["CLIENT", "ID"] : kill(world);
    case 8:
      return ["CLIENT", "NO-EVICT", world.word("on", "off", "x")];
    case 9:
      if (multi) return ["CLIENT", "REPLY", "x"];
      // Off ends with on, so that there is something to wait for.
      return {
        steps: draw.chance(0.5)
          ? [
              ["CLIENT", "REPLY", world.word("skip")],
              ["CLIENT", "REPLY", "ON"],
            ]
          : [["CLIENT", "REPLY", world.word("on", "x")]],
        mutation: "none",
      };
    case 10:
      return {
        steps: [
          [
            "CLIENT",
            "PAUSE",
            draw.pick(["0", "x", "-1", "9223372036854775807", "1.5"]),
            ...draw.some(["write", "ALL", "x"], 0, 2),
          ],
        ],
        mutation: "none",
      };
    case 11:
      if (multi) return ["CLIENT", "UNPAUSE"];
      return {
        steps: [
          ["CLIENT", "PAUSE", "100000", "WRITE"],
          ["GET", world.key()],
          ["CLIENT", "INFO"],
          ["CLIENT", "UNPAUSE"],
        ],
        mutation: "none",
      };
    case 12:
      return ["CLIENT", "UNPAUSE"];
    case 13:
      return [
        "CLIENT",
        "UNBLOCK",
        draw.pick([`{id:${world.connection()}}`, "99999999", "x", "-1"]),
        ...draw.some(["timeout", "ERROR", "x"], 0, 1),
      ];
    default:
      return ["CLIENT", draw.pick(["HELP", "NOSUCH", "help", "SETINFO"])];
  }
}

export const CONNECTION: Family = { name: "connection", weight: 6, turn: connection };
export const CLIENT: Family = { name: "client", weight: 6, turn: client };
