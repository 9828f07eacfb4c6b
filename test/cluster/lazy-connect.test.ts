import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  startCluster,
  startProxy,
  type WireProxy,
} from "../rig/index.ts";

const NOWHERE = "redis://127.0.0.1:1";

describeWithServer("lazyConnect", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test("nothing is connected before the first call, which connects", async () => {
    await using client = await connect(cluster.url, { lazyConnect: true });
    expect(client.stats().connections).toBe(0);
    expect(client.topology()).toBeUndefined();
    await client.mset([["a", "1"]]);
    expect((await client.mget(["a"])).map(String)).toEqual(["1"]);
    expect(client.topology()?.coverage).toBe(16_384);
  });

  test("calls that begin together share one connecting", async () => {
    await using client = await connect(cluster.url, { lazyConnect: true });
    await Promise.all([
      client.mset([["b", "1"]]),
      client.mget(["b"]),
      client.batch().call("GET", "b").exec(),
      client.isCluster(),
    ]);
    expect(client.stats().connections).toBe(3);
    expect(client.stats().refreshes).toBe(1);
  });

  test("a scan may be the first call", async () => {
    await using client = await connect(cluster.url, { lazyConnect: true });
    await cluster.primaries[0]!.command("FLUSHALL");
    let count = 0;
    for await (const _ of client.scan("none*")) count++;
    expect(count).toBe(0);
    expect(client.stats().connections).toBe(3);
  });

  test("close() before any call leaves nothing to wait for, and later calls are refused", async () => {
    const client = await connect(NOWHERE, { lazyConnect: true });
    await client.close();
    await expect(client.mget(["a"])).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  test("bad options are refused at once all the same", async () => {
    await expect(connect(cluster.url, { lazyConnect: true, chunkSize: 0 })).rejects.toMatchObject({
      code: "BAD_OPTION",
      option: "chunkSize",
    });
  });
});

describe("a lazy client of a server that does not answer", () => {
  let silence: WireProxy;
  let client: SlotClient;
  beforeAll(async () => {
    silence = await startProxy(1);
    silence.blackhole();
  });
  beforeEach(async () => {
    client = await connect(silence.url, { lazyConnect: true, connectTimeoutMs: 1500 });
    return () => client.close();
  });
  afterAll(() => silence.stop());

  const calls: [string, (client: SlotClient, options: object) => Promise<unknown>][] = [
    ["mget", (lazy, options) => lazy.mget(["a"], options)],
    ["mset", (lazy, options) => lazy.mset([["a", "v"]], options)],
    ["del", (lazy, options) => lazy.del(["a"], options)],
    ["scan", (lazy, options) => lazy.scan("*", options).next()],
  ];

  test.each(calls)("%s honours its own timeoutMs while connecting", async (_, call) => {
    const begun = performance.now();
    await expect(call(client, { timeoutMs: 100 })).rejects.toMatchObject({
      name: "TimeoutError",
      code: "TIMEOUT",
    });
    expect(performance.now() - begun).toBeGreaterThan(80);
    expect(performance.now() - begun).toBeLessThan(1400);
  });

  test.each(calls)("%s settles at once when it is aborted while connecting", async (_, call) => {
    const abort = new AbortController();
    const reason = new Error("changed my mind");
    const begun = performance.now();
    setTimeout(() => abort.abort(reason), 50);
    await expect(call(client, { signal: abort.signal })).rejects.toMatchObject({
      name: "AbortError",
      cause: reason,
    });
    expect(performance.now() - begun).toBeLessThan(1400);
  });

  test("a batch settles with NotApplied per command at its deadline, and rejects on an abort", async () => {
    const outcomes = await client.batch().call("GET", "a").call("SET", "b", 1).exec({ timeoutMs: 80 });
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({
        reason: { name: "NotAppliedError", code: "TIMEOUT", keyIndex: index },
      });
    }
    const signal = AbortSignal.timeout(50);
    await expect(client.batch().call("GET", "a").exec({ signal })).rejects.toMatchObject({
      name: "AbortError",
      results: [{ reason: { name: "NotAppliedError" } }],
    });
  });

  test("mgetSettled settles with NotApplied per key at its deadline", async () => {
    expect(await client.mgetSettled(["a", "b"], { timeoutMs: 80 })).toMatchObject([
      { reason: { name: "NotAppliedError", code: "TIMEOUT", keyIndex: 0 } },
      { reason: { name: "NotAppliedError", code: "TIMEOUT", keyIndex: 1 } },
    ]);
  });

  test("a call with more time than connecting has ends with CONNECT_FAILED, and the next one tries again", async () => {
    await using lazy = await connect(NOWHERE, { lazyConnect: true, connectTimeoutMs: 100 });
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(lazy.mget(["a"])).rejects.toMatchObject({ name: "BatchError", code: "CONNECT_FAILED" });
    const notApplied = { reason: { name: "NotAppliedError", code: "CONNECT_FAILED", keyIndex: 0 } };
    expect(await lazy.msetSettled([["a", "v"]])).toMatchObject([notApplied]);
    expect(await lazy.batch().call("INCR", "a").exec()).toMatchObject([notApplied]);
  });
});
