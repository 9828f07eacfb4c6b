import type { Args, Family, Turn, World } from "../world.ts";

/** To another server (`{target:0}` is a standalone one beside), or to where nobody is. */
function migrate(world: World, on: string): Turn | Args {
  const { draw, duel } = world;
  if (duel.inMulti(on)) return ["DUMP", world.key()];
  const many = draw.chance(0.4);
  const options: Args[] = draw.some(
    [["COPY"], ["REPLACE"], ["auth", "x"], ["AUTH2", "nobody", "x"], ["nosuch"]],
    0,
    2,
  );
  const keys = many ? [world.word("keys"), ...world.values.keys(draw.chance(0.05) ? 0 : 1, 3)] : [];
  return {
    steps: [
      [
        "MIGRATE",
        "127.0.0.1",
        draw.chance(0.93) ? "{target:0}" : "1",
        many && draw.chance(0.95) ? "" : world.key(),
        draw.pick(["0", "0", "0", "1", "99", "x"]),
        draw.pick(["60000", "60000", "60000", "x"]),
        ...options.flat(),
        ...keys,
      ],
    ],
    mutation: "none",
  };
}

export const MIGRATE: Family = { name: "migrate", weight: 1, turn: migrate };
