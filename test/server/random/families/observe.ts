import type { Args, Family, Turn, World } from "../world.ts";

const SECTIONS = [
  "commandstats",
  "errorstats",
  "keyspace",
  "stats",
  "clients",
  "server",
  "memory",
  "cluster",
  "replication",
  "nosuch",
  "CPU",
  "everything",
  "all",
  "default",
  "persistence",
  "latencystats",
] as const;

function observe(world: World, on: string): Turn | Args {
  const { draw, duel } = world;
  switch (draw.integer(16)) {
    case 0:
      return ["CONFIG", "SET", "slowlog-log-slower-than", draw.pick(["0", "0", "-1", "9223372036854775807"])];
    case 1:
      return ["CONFIG", "SET", "slowlog-max-len", draw.pick(["0", "1", "5", "12", "128"])];
    case 2:
    case 3:
      return ["SLOWLOG", world.word("get"), ...draw.some(["1", "20", "-1", "-2", "x", "0"], 0, 1)];
    case 4:
      return ["SLOWLOG", world.word("len", "reset", "help", "nosuch")];
    case 5:
      return ["LATENCY", world.word("latest", "reset", "doctor", "help", "nosuch")];
    case 6:
      return [
        "LATENCY",
        world.word("history", "graph", "reset"),
        draw.pick(["command", "x", "expire-cycle", ""]),
      ];
    case 7:
      return [
        "LATENCY",
        "HISTOGRAM",
        ...draw.some(["get", "set", "config", "client|id", "nosuch", "object"], 0, 3),
      ];
    case 8:
      return [
        "MEMORY",
        "USAGE",
        world.key(),
        ...draw.pick([
          [],
          [],
          ["SAMPLES", "0"],
          ["samples", "-1"],
          ["samples"],
          ["x", "1"],
          ["SAMPLES", "5", "samples", "1"],
        ]),
      ];
    case 9:
      return ["MEMORY", world.word("stats", "doctor", "malloc-stats", "help", "nosuch")];
    case 10:
      // Other connections' monitors would be told twice.
      return draw.chance(0.2) ? ["MEMORY", "PURGE"] : ["INFO", draw.pick(SECTIONS)];
    case 11:
    case 12:
      return ["INFO", ...draw.some(SECTIONS, 0, 3)];
    case 13:
      if (draw.chance(0.7) || duel.inMulti("m"))
        return duel.inMulti(on) ? { steps: [["MONITOR"]], mutation: "none" } : ["DBSIZE"];
      return { steps: [["MONITOR"]], on: "m", mutation: "none" };
    case 14:
      return ["MONITOR", "x"];
    default:
      return {
        steps: [
          draw.pick<Args>([
            ["SHUTDOWN", "x"],
            ["SHUTDOWN", "ABORT"],
            ["SHUTDOWN", "NOSAVE", "SAVE"],
            ["SHUTDOWN", "abort", "now"],
            ["SHUTDOWN", "now", "x"],
          ]),
        ],
        mutation: "none",
      };
  }
}

export const OBSERVE: Family = { name: "observe", weight: 5, turn: observe };
