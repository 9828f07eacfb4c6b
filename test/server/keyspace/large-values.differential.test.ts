import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithReference, ServerPair } from "../differential.ts";
import { Draw } from "../draw.ts";
import type { Argument } from "../resp-client.ts";

describeWithReference("values beyond 32 KB", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await ServerPair.start();
  });
  afterAll(() => pair.close());

  test("are answered as they were, though later commands of the same write change them in place", async () => {
    await pair.samePipeline([
      ["SETBIT", "k", 400_007, 1],
      ["SETBIT", "k", 3, 1],
      ["GET", "k"],
      ["SETBIT", "k", 5, 1],
      ["SETRANGE", "k", 100, "hello"],
      ["GET", "k"],
      ["GETRANGE", "k", 90, 110],
      ["APPEND", "k", "tail"],
      ["GET", "k"],
      ["SETRANGE", "k", 200_000, "far"],
      ["COPY", "k", "copy"],
      ["SETRANGE", "k", 0, "changed"],
      ["BITFIELD", "k", "SET", "u8", 0, 1, "GET", "u8", 0],
      ["GET", "copy"],
      ["GET", "k"],
      ["RENAME", "k", "l"],
      ["SETBIT", "l", 0, 1],
      ["MGET", "l", "copy", "k"],
    ]);
  });

  test("keep the same bytes under random edits", async () => {
    const draw = new Draw(12);
    const keys = ["a", "b"];
    const edits: (() => readonly Argument[])[] = [
      () => ["SETRANGE", draw.pick(keys), draw.integer(120_000), draw.bytes(draw.integer(3000))],
      () => ["SETBIT", draw.pick(keys), draw.integer(900_000), draw.integer(2)],
      () => ["APPEND", draw.pick(keys), draw.bytes(draw.integer(4000))],
      () => ["BITFIELD", draw.pick(keys), "INCRBY", "i64", draw.integer(900_000), draw.integer(1e9)],
      () => ["BITOP", draw.pick(["AND", "OR", "XOR"]), draw.pick(keys), "a", "b"],
      () => ["GETRANGE", draw.pick(keys), draw.integer(100_000), -draw.integer(1000)],
      () => ["BITCOUNT", draw.pick(keys), draw.integer(50_000), -1],
      () => ["BITPOS", draw.pick(keys), draw.integer(2), draw.integer(50_000)],
      () => ["STRLEN", draw.pick(keys)],
      () => ["GET", draw.pick(keys)],
      () => ["COPY", "a", "b", "REPLACE"],
      () => ["SET", draw.pick(keys), draw.bytes(1000).repeat(draw.integer(60))],
    ];
    for (let round = 0; round < 25; round += 1) {
      await pair.samePipeline(Array.from({ length: 20 }, () => draw.pick(edits)()));
    }
  });

  test("may not become longer than proto-max-bulk-len", async () => {
    await pair.same([
      ["CONFIG", "SET", "proto-max-bulk-len", 1_048_576],
      ["SETRANGE", "k", 1_048_575, "x"],
      ["SETRANGE", "k", 1_048_576, "x"],
      ["SETRANGE", "new", 1_048_576, "x"],
      ["SETRANGE", "new", 9_000_000_000_000, ""],
      ["APPEND", "k", "x"],
      ["APPEND", "k", ""],
      ["SETBIT", "k", 8_388_607, 1],
      ["SETBIT", "k", 8_388_608, 1],
      ["GETBIT", "k", 8_388_608],
      ["BITFIELD", "k", "SET", "u8", 8_388_604, 1],
      ["BITFIELD", "k", "SET", "u8", "#1048576", 1],
      ["STRLEN", "k"],
      ["SET", "l", "x".repeat(2000)],
      ["LCS", "l", "l"],
      ["LCS", "l", "l", "LEN"],
      ["CONFIG", "SET", "proto-max-bulk-len", 536_870_912],
    ]);
  });

  test("grow by small pieces without being copied each time", async () => {
    const [ours] = await pair.clients();
    const piece = "x".repeat(1000);
    for (const edit of [
      (at: number) => ["SETRANGE", "grows", at, piece],
      () => ["APPEND", "grows2", piece],
    ]) {
      const edits = Array.from({ length: 8_000 }, (_, index) => edit(index * 1000));
      // 8 MB: copied at each step they would be 32 GB.
      expect((await ours.pipeline(edits)).at(-1)).toBe(":8000000");
    }
    await ours.call("FLUSHALL");
  });
});
