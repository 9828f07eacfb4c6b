import { afterAll, beforeAll, describe, test } from "vitest";
import { describeWithReference, ServerPair } from "../differential.ts";

const LENGTHS = [
  0, 1, 5, 19, 20, 21, 43, 44, 45, 46, 60, 100, 250, 252, 253, 256, 300, 1000, 5000, 16_384, 32_000, 32_768,
  40_000, 70_000, 200_000,
];

describeWithReference("what the server knows of a key", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await ServerPair.start();
  });
  afterAll(() => pair.close());

  test("MEMORY USAGE is the real server's for every length of keys and of strings that were SET", async () => {
    for (const length of LENGTHS) {
      await pair.same([
        ["SET", "k", "x".repeat(length)],
        ["MEMORY", "USAGE", "k"],
        ["SET", "k".repeat(length), "1"],
        ["MEMORY", "USAGE", "k".repeat(length)],
      ]);
    }
    await pair.same([
      ["MEMORY", "USAGE", "nosuch"],
      ["INCR", "n"],
      ["MEMORY", "USAGE", "n"],
    ]);
  });

  test("OBJECT ENCODING and REFCOUNT follow from what wrote the string", async () => {
    const writes: string[][] = [
      ["SET", "k", "5"],
      ["SET", "k", "9999"],
      ["SET", "k", "10000"],
      ["SET", "k", "05"],
      ["SET", "k", "x".repeat(44)],
      ["SET", "k", "x".repeat(45)],
      ["APPEND", "k", ""],
      ["SET", "k", "5"],
      ["APPEND", "k", ""],
      ["SET", "k", "5"],
      ["SETRANGE", "k", "0", "6"],
      ["SET", "k", "5"],
      ["SETRANGE", "k", "0", ""],
      ["SET", "k", "5"],
      ["INCR", "k"],
      ["INCRBYFLOAT", "k", "1"],
      ["INCR", "k"],
      ["SETBIT", "k", "0", "0"],
      ["SET", "k", "5"],
      ["BITFIELD", "k", "SET", "u8", "0", "53"],
      ["SET", "k", "5"],
      ["BITFIELD", "k", "GET", "u8", "0"],
      ["BITOP", "OR", "k", "k"],
      ["SET", "k", "5"],
      ["GETSET", "k", "-7"],
      ["GETEX", "k", "EX", "100"],
    ];
    for (const write of writes) {
      await pair.same([write, ["OBJECT", "ENCODING", "k"], ["OBJECT", "REFCOUNT", "k"]]);
    }
    await pair.same([
      ["SET", "k", "7"],
      ["COPY", "k", "l"],
      ["OBJECT", "REFCOUNT", "l"],
      ["INCR", "l"],
      ["OBJECT", "REFCOUNT", "l"],
      ["RENAME", "k", "m"],
      ["OBJECT", "REFCOUNT", "m"],
      ["MSET", "a", "1", "b", "x"],
      ["OBJECT", "REFCOUNT", "a"],
      ["CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"],
      ["SET", "k", "8"],
      ["OBJECT", "REFCOUNT", "k"],
      ["CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction"],
    ]);
  });

  describe("OBJECT FREQ and IDLETIME", () => {
    test("belong to one kind of policy each", async () => {
      await pair.same([
        ["SET", "k", "v"],
        ["OBJECT", "IDLETIME", "k"],
        ["OBJECT", "FREQ", "k"],
        ["OBJECT", "FREQ", "nosuch"],
        ["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"],
        ["SET", "l", "v"],
        ["OBJECT", "FREQ", "l"],
        ["OBJECT", "IDLETIME", "l"],
        ["GET", "l"],
        ["OBJECT", "FREQ", "l"],
        ["EXISTS", "l"],
        ["TTL", "l"],
        ["TYPE", "l"],
        ["OBJECT", "FREQ", "l"],
        ["OBJECT", "HELP", "x"],
        ["OBJECT", "FREQ"],
        ["OBJECT"],
        ["OBJECT", "NOSUCH", "k"],
        ["CONFIG", "SET", "maxmemory-policy", "noeviction"],
      ]);
    });

    test("are what RESTORE sets", async () => {
      const payload = Buffer.from("\0\x01v\n\0X\xb6\x9b`\x0cL\xf3\xaf", "latin1");
      const [ours] = await pair.clients();
      await pair.same([["SET", "k", "v"]]);
      const dumped = Buffer.from(String(await ours.call("DUMP", "k")).slice(1), "latin1");
      await pair.same([
        ["RESTORE", "bad", 0, payload],
        ["RESTORE", "r", 0, dumped, "IDLETIME", 1000],
        ["OBJECT", "FREQ", "r"],
        ["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"],
        ["RESTORE", "f", 0, dumped, "FREQ", 200],
        ["OBJECT", "FREQ", "f"],
        ["RESTORE", "f", 0, dumped, "FREQ", 200, "IDLETIME", 3],
        ["RESTORE", "f", 0, dumped, "IDLETIME", 3, "REPLACE"],
        ["OBJECT", "FREQ", "f"],
        ["CONFIG", "SET", "maxmemory-policy", "noeviction"],
      ]);
    });
  });
});
