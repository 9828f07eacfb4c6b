import type { Args, Family, World } from "../world.ts";

/** FUNCTION of a server without libraries; both sides stay without. */
function functions(world: World): Args {
  const { draw, word } = { draw: world.draw, word: (text: string) => world.word(text) };
  return draw.pick<() => Args>([
    () => ["FUNCTION", word("flush"), ...draw.some(["async", "SYNC", "x"], 0, 1)],
    () => ["FUNCTION", word("list"), ...draw.some(["withcode", "WITHCODE", "nosuch"], 0, 2)],
    () => ["FUNCTION", word("list"), "LIBRARYNAME", ...draw.some(["x*", "withcode"], 0, 2)],
    () => ["FUNCTION", word("dump")],
    () => ["FUNCTION", word("delete"), world.key()],
    () => ["FUNCTION", word("kill")],
    () => ["FUNCTION", word("restore"), "x", ...draw.some(["flush", "APPEND", "replace", "bad"], 0, 2)],
    () => ["FUNCTION", word("nosuch")],
    () => ["FUNCTION"],
  ])();
}

export const FUNCTIONS: Family = { name: "functions", weight: 2, turn: functions };
