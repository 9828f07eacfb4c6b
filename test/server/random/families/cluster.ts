import { keySlot } from "../../../../src/slots/index.ts";
import type { Args, Family, Turn, World } from "../world.ts";

/** Slots of the keys that the generators draw. */
const SLOTS = [
  ...["a", "b", "c", "d", "e", "f", "{t}1", "n1"].map((key) => String(keySlot(key))),
  "0",
  "8191",
  "8192",
  "16383",
  "16384",
  "-1",
  "x",
  "",
] as const;

const id = (world: World): string =>
  world.draw.pick(["{node:0}", "{node:1}", "{node:1}", "0".repeat(40), "nosuch", ""]);

function looks(world: World): Turn | Args {
  const { draw } = world;
  const slot = () => draw.pick(SLOTS);
  switch (draw.integer(12)) {
    case 0:
      return ["CLUSTER", world.word("nodes", "slots", "shards")];
    case 1:
      return ["CLUSTER", world.word("info", "myid", "links")];
    case 2:
      return ["CLUSTER", world.word("keyslot"), world.key()];
    case 3:
      return ["CLUSTER", world.word("countkeysinslot"), slot()];
    case 4:
      if (draw.chance(0.5)) {
        const keys = draw.some(["{t}1", "{t}2", "{t}3", "{t}4"], 2, 4);
        return {
          steps: [
            ["MSET", ...keys.flatMap((key) => [key, "v"])],
            ["CLUSTER", "GETKEYSINSLOT", String(keySlot("{t}1")), draw.pick(["1", "2", "100"])],
          ],
        };
      }
      return ["CLUSTER", world.word("getkeysinslot"), slot(), draw.pick(["0", "1", "100", "-1", "x"])];
    case 5:
      return ["CLUSTER", world.word("replicas", "slaves", "count-failure-reports"), id(world)];
    case 6:
      return ["CLUSTER", world.word("saveconfig", "help", "nosuch")];
    case 7:
      return ["CLUSTER", "FAILOVER", ...draw.some(["force", "TAKEOVER", "x"], 0, 2)];
    case 8:
      return [draw.pick(["READONLY", "READWRITE"])];
    case 9:
      return { steps: [["ASKING"], world.keyspace.next()], mutation: "none" };
    case 10:
      return ["RESTORE-ASKING", world.key(), "0", "x", ...draw.some(["REPLACE"], 0, 1)];
    default:
      return ["ASKING"];
  }
}

/** What changes only this node's own table of open slots, so that nothing has to spread. */
function openSlots(world: World): Turn | Args {
  const { draw } = world;
  const slot = () => draw.pick(SLOTS.slice(0, draw.chance(0.9) ? 12 : SLOTS.length));
  return [
    "CLUSTER",
    "SETSLOT",
    slot(),
    ...draw.pick([
      [world.word("migrating"), id(world)],
      [world.word("importing"), id(world)],
      [world.word("stable")],
      ["nosuch"],
      ["importing"],
      ["stable", "x"],
    ]),
  ];
}

/** Only what is refused in a cluster of several nodes. */
function refusals(world: World): Turn | Args {
  const { draw } = world;
  const slot = () => draw.pick(SLOTS.slice(11));
  return {
    steps: [
      draw.pick<Args>([
        [
          "CLUSTER",
          "MEET",
          draw.pick(["nohost", "x", ""]),
          draw.pick(["1", "x", "70000"]),
          ...draw.some(["x"], 0, 1),
        ],
        ["CLUSTER", "FORGET", draw.pick(["{node:0}", "nosuch", "0".repeat(40)])],
        ["CLUSTER", "REPLICATE", draw.pick(["{node:0}", "{node:1}", "nosuch"])],
        ["CLUSTER", "SET-CONFIG-EPOCH", draw.pick(["-1", "x", "5"])],
        ["CLUSTER", "ADDSLOTS", slot(), slot()],
        ["CLUSTER", "ADDSLOTSRANGE", slot(), slot()],
        ["CLUSTER", "ADDSLOTSRANGE", "5", "3"],
        ["CLUSTER", "ADDSLOTSRANGE", "0", "1", "2"],
        ["CLUSTER", "DELSLOTS", draw.pick(["x", "16384", "-1"])],
        ["CLUSTER", "DELSLOTSRANGE", draw.pick(["x", "16384", "-1"]), "5"],
        ["CLUSTER", "RESET", "x"],
        ["CLUSTER", "RESET", "soft", "x"],
      ]),
    ],
    on: "a",
    mutation: "none",
  };
}

/** A node that is alone may give up and take slots. */
function alone(world: World): Turn | Args {
  const { draw } = world;
  const slot = () => draw.pick(SLOTS.slice(0, draw.chance(0.95) ? 12 : SLOTS.length));
  return {
    steps: [
      draw.pick<() => Args>([
        () => ["CLUSTER", "DELSLOTS", ...world.some(slot, 1, 3)],
        () => ["CLUSTER", "ADDSLOTS", ...world.some(slot, 1, 3)],
        () => [
          "CLUSTER",
          "DELSLOTSRANGE",
          ...draw.pick([
            ["0", "100"],
            ["100", "50"],
            ["8000", "8200"],
            ["15000", "16383"],
            ["0", "1", "1", "2"],
            ["0", "5", "6"],
          ]),
        ],
        () => [
          "CLUSTER",
          "ADDSLOTSRANGE",
          ...draw.pick([
            ["0", "100"],
            ["100", "50"],
            ["8000", "8200"],
            ["15000", "16383"],
            ["0", "1", "1", "2"],
            ["0", "16383"],
          ]),
        ],
        () => ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"],
        () => ["CLUSTER", "SETSLOT", slot(), "node", id(world)],
        () => ["CLUSTER", "SETSLOT", slot(), draw.pick(["migrating", "importing"]), id(world)],
        () => ["CLUSTER", "REPLICATE", id(world)],
        () => ["CLUSTER", "FORGET", id(world)],
        () => ["CLUSTER", "BUMPEPOCH"],
        () => ["FLUSHALL"],
        () => ["CONFIG", "SET", "cluster-allow-reads-when-down", draw.pick(["yes", "no"])],
      ])(),
    ],
    mutation: "none",
  };
}

export const LOOKS: Family = { name: "cluster looks", weight: 5, turn: looks };
export const OPEN_SLOTS: Family = { name: "open slots", weight: 4, turn: openSlots };
export const REFUSALS: Family = { name: "cluster refusals", weight: 2, turn: refusals };
export const ALONE: Family = { name: "a node alone", weight: 5, turn: alone };

/** Without cluster-enabled all of them are refused. */
export const DISABLED: Family = { name: "no cluster", weight: 0.5, turn: looks };
