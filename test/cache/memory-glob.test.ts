import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Glob } from "../../src/cache/glob.ts";
import { describeWithServer } from "../rig/gate.ts";
import { type RigServers, startServer } from "../rig/servers.ts";

describe("a glob", () => {
  test.each([
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a*c", "abbbc", true],
    ["a*c", "abbbcd", false],
    ["a**b*?d", "axxbd", false],
    ["a**b*?d", "axxbcd", true],
    ["?", "é", false],
    ["??", "é", true],
    ["h[ae]llo", "hallo", true],
    ["h[^e]llo", "hello", false],
    ["h[a-c]llo", "hbllo", true],
    ["h[c-a]llo", "hbllo", true],
    ["[]x", "x", false],
    ["[^]x", "ax", true],
    ["[ab", "b", true],
    ["[a\\]b]", "]", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a\\", "a\\", true],
  ])("%j matches %j: %j", (pattern, key, expected) => {
    expect(new Glob(pattern).matches(key)).toBe(expected);
  });

  test("needs no exponential time for many stars", () => {
    const glob = new Glob(`${"a*".repeat(40)}b`);
    expect(glob.matches("a".repeat(2_000))).toBe(false);
  });
});

describeWithServer("a glob beside the server's own", () => {
  let server: RigServers;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test("finds what KEYS finds, for 400 patterns over 200 keys", async () => {
    const letters = ["a", "b", "c", "*", "?", "[", "]", "^", "-", "\\"];
    const word = (unit: string[]) => fc.string({ unit: fc.constantFrom(...unit), maxLength: 7 });
    // Not in patterns: whether a byte above 127 ends a range below or above the letters depends on the server's machine.
    const keyed = fc.uniqueArray(word([...letters, "é"]), { minLength: 200, maxLength: 200 });
    const [keys] = fc.sample(keyed, { numRuns: 1, seed: 7 });
    await server.node.command("MSET", ...keys!.flatMap((key) => [key, "x"]));
    for (const pattern of fc.sample(word(letters), { numRuns: 400, seed: 11 })) {
      const found = (await server.node.command("KEYS", pattern)) as string[];
      const glob = new Glob(pattern);
      expect(keys!.filter((key) => glob.matches(key)).sort(), pattern).toEqual([...found].sort());
    }
  });
});
