import type { Args, Family, Turn, World } from "../world.ts";

function transaction(world: World, on: string): Turn | Args {
  const { draw, duel } = world;
  if (duel.inMulti(on)) {
    return draw.pick<Args>([
      ["EXEC"],
      ["EXEC"],
      ["EXEC"],
      ["DISCARD"],
      ["MULTI"],
      ["WATCH", world.key()],
      ["UNWATCH"],
      ["PING"],
    ]);
  }
  return draw.pick<Args>([
    ["MULTI"],
    ["MULTI"],
    ["MULTI"],
    ["WATCH", ...world.values.keys(1, 3)],
    ["WATCH", ...world.values.keys(1, 3)],
    ["UNWATCH"],
    ["EXEC"],
    ["DISCARD"],
  ]);
}

export const TRANSACTION: Family = { name: "transaction", weight: 8, turn: transaction };
