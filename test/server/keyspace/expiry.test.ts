import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, type Server, startServer } from "../../../src/server/index.ts";
import { RespClient } from "../resp-client.ts";

describe("expiry under a clock that stands still", () => {
  let clock: ManualClock;
  let server: Server;
  let client: RespClient;
  beforeEach(async () => {
    clock = new ManualClock();
    server = await startServer({ clock });
    client = await RespClient.connect(server.port);
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  test("comes in the millisecond after the last, and not before", async () => {
    server.node.activeExpire = false;
    await client.call("SET", "k", "v", "PX", 1000);
    await clock.advance(1000);
    expect(
      await client.pipeline([
        ["PTTL", "k"],
        ["GET", "k"],
      ]),
    ).toEqual([":0", "$v"]);
    await clock.advance(1);
    expect(await client.pipeline([["DBSIZE"], ["PTTL", "k"], ["DBSIZE"]])).toEqual([":1", ":-2", ":0"]);
    expect(server.node.stats.expiredKeys).toBe(1);
  });

  test("deletes keys that nobody asks for within two rounds of `hz`", async () => {
    await client.pipeline(Array.from({ length: 3000 }, (_, number) => ["SET", `k${number}`, "v", "PX", 500]));
    await client.pipeline(
      Array.from({ length: 50 }, (_, number) => ["SET", `stays${number}`, "v", "EX", 100]),
    );
    await client.call("SET", "for ever", "v");
    await clock.advance(450);
    expect(await client.call("DBSIZE")).toBe(":3051");
    await clock.advance(300);
    const left = Number(String(await client.call("DBSIZE")).slice(1));
    // A tenth of those with an expiry may be left to later rounds.
    expect(left).toBeLessThan(70);
    expect(left).toBeGreaterThanOrEqual(51);
    await clock.advance(5000);
    expect(await client.call("DBSIZE")).toBe(":51");
    expect(server.node.stats.expiredKeys).toBe(3000);
  });

  test("is suspended for deletion while clients are paused, although the key is hidden", async () => {
    await client.call("SET", "k", "v", "PX", 100);
    await client.call("CLIENT", "PAUSE", 10_000, "WRITE");
    await clock.advance(1000);
    expect(await client.pipeline([["GET", "k"], ["EXISTS", "k"], ["DBSIZE"]])).toEqual(["$-1", ":0", ":1"]);
    await clock.advance(10_000);
    expect(await client.call("DBSIZE")).toBe(":0");
  });

  test("keeps the mean time to live that INFO shows", async () => {
    await client.pipeline(Array.from({ length: 40 }, (_, number) => ["SET", `k${number}`, "v", "EX", 100]));
    await clock.advance(1000);
    const info = String(await client.call("INFO", "keyspace"));
    expect(info).toMatch(/db0:keys=40,expires=40,avg_ttl=9\d{4}/);
  });

  test("holds still while a transaction runs", async () => {
    await client.call("SET", "k", "v", "PX", 100);
    const run = [["MULTI"], ["PTTL", "k"], ["SET", "other", "1", "PX", 50], ["PTTL", "other"], ["EXEC"]];
    expect((await client.pipeline(run)).at(-1)).toEqual(["*", ":100", "+OK", ":50"]);
  });
});
