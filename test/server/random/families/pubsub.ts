import type { Args, Family, Turn, World } from "../world.ts";

const CHANNELS = ["ch", "ch:1", "", "{t}c", "x\xff\x00", "__keyevent@0__:set", "__keyspace@0__:a"] as const;
const PATTERNS = ["*", "ch*", "ch:?", "[", "__key*__:*", "__keyevent@*__:expired", "", "x\xff*"] as const;

function pubsub(world: World, on: string): Turn | Args {
  const { draw, duel } = world;
  // Within EXEC each may write one confirmation only, else the array's length is wrong, with the real server too.
  const one = duel.inMulti(on);
  const names = (list: readonly string[]) => draw.some(list, 1, one ? 1 : 3);
  const listener = !one && draw.chance(0.5) ? "s" : undefined;
  const away = (list: readonly string[]) =>
    one && listener === undefined ? names(list) : draw.some(list, 0, 2);
  const turn = (...args: string[]): Turn => ({
    steps: [args],
    ...(listener === undefined || duel.inMulti(listener) ? {} : { on: listener }),
    mutation: "none",
  });
  switch (draw.integer(14)) {
    case 0:
      return turn("SUBSCRIBE", ...names(CHANNELS));
    case 1:
      return turn("PSUBSCRIBE", ...names(PATTERNS));
    case 2:
      return turn("SSUBSCRIBE", ...(world.cluster ? [draw.pick(CHANNELS)] : names(CHANNELS)));
    case 3:
      return turn("UNSUBSCRIBE", ...away(CHANNELS));
    case 4:
      return turn("PUNSUBSCRIBE", ...away(PATTERNS));
    case 5:
      return turn("SUNSUBSCRIBE", ...away(CHANNELS));
    case 6:
    case 7:
    case 8:
      // To other nodes it takes the real bus some time.
      return [world.several ? "SPUBLISH" : "PUBLISH", draw.pick(CHANNELS), world.values.value()];
    case 9:
      return ["SPUBLISH", draw.pick(CHANNELS), world.values.value()];
    case 10:
      return { steps: [["PUBSUB", world.word("channels", "shardchannels"), ...draw.some(PATTERNS, 0, 1)]] };
    case 11:
      return ["PUBSUB", "NUMPAT"];
    case 12:
      return ["PUBSUB", world.word("numsub", "shardnumsub"), ...draw.some(CHANNELS, 0, 3)];
    default:
      if (one) return ["PUBSUB", "NOSUCH"];
      // Arities and odd arguments.
      return {
        steps: [
          draw.pick<Args>([
            ["SUBSCRIBE"],
            ["PSUBSCRIBE"],
            ["SSUBSCRIBE"],
            ["PUBLISH"],
            ["SPUBLISH"],
            ["PUBSUB"],
            ["PUBSUB", "HELP"],
            ["PUBSUB", "nosuch", "x"],
          ]),
        ],
        mutation: "none",
      };
  }
}

function events(world: World): Args {
  const flags = world.draw
    .some(["K", "E", "A", "g", "$", "x", "e", "m", "n", "t", "d", "l", "s", "h", "z"], 0, 6)
    .join("");
  return [
    "CONFIG",
    "SET",
    "notify-keyspace-events",
    world.draw.chance(0.5) ? "KEA" : world.draw.chance(0.05) ? "KEAq" : flags,
  ];
}

export const PUBSUB: Family = { name: "pubsub", weight: 8, turn: pubsub };
export const EVENTS: Family = { name: "events", weight: 2, turn: events };
