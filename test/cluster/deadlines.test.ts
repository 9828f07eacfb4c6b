import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import {
  countSocketWrites,
  describeWithServer,
  type RigServers,
  startProxy,
  startServer,
  until,
  type WireProxy,
} from "../rig/index.ts";

const KEYS = Array.from({ length: 20 }, (_, i) => `d${i}`);
const texts = (values: readonly (Buffer | null)[]) => values.map((value) => value && String(value));

describeWithServer("deadlines and AbortSignal", () => {
  let servers: RigServers;
  let proxy: WireProxy;
  let client: SlotClient;
  beforeAll(async () => {
    servers = await startServer();
    proxy = await startProxy(servers.node.port);
    // The node is not to be suspected here: a call's end is its own.
    client = await connect(proxy.url, { deadNodeTimeoutMs: 60_000 });
  });
  beforeEach(async () => {
    proxy.resume();
    await client.mset(KEYS.map((key) => [key, `${key}!`]));
  });
  afterAll(async () => {
    proxy.resume();
    await client.close();
    await proxy.stop();
    await servers.stop();
  });

  test("a read without a reply ends at its deadline as not applied, a write as unknown", async () => {
    proxy.pause("toClient");
    for (const [call, reason] of [
      [client.mget(KEYS, { timeoutMs: 100 }), "NotAppliedError"],
      [client.mset([["w", "1"]], { timeoutMs: 100 }), "OutcomeUnknownError"],
    ] as const) {
      const begun = performance.now();
      await expect(call).rejects.toMatchObject({
        name: "TimeoutError",
        code: "TIMEOUT",
        results: expect.arrayContaining([
          {
            status: "rejected",
            reason: expect.objectContaining({ name: reason, code: "TIMEOUT", keyIndex: 0 }),
          },
        ]),
      });
      expect(performance.now() - begun).toBeLessThan(2500);
    }
    proxy.resume();
    expect(texts(await client.mget(["w"]))).toEqual(["1"]);
  });

  test("late replies are dropped, and later calls see their own values", async () => {
    proxy.pause("toClient");
    const late = client.mgetSettled(KEYS, { timeoutMs: 60 });
    const abort = new AbortController();
    const aborted = client.mget([...KEYS].reverse(), { signal: abort.signal });
    const patient = client.mget(["d3", "none", "d1"]);
    setTimeout(() => abort.abort(), 60);
    expect((await late).every(({ status }) => status === "rejected")).toBe(true);
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    const after = client.mget(["d7"]);
    proxy.resume();
    expect(texts(await patient)).toEqual(["d3!", null, "d1!"]);
    expect(texts(await after)).toEqual(["d7!"]);
    for (let i = 0; i < 50; i++) expect(texts(await client.mget([`d${i % 20}`]))).toEqual([`d${i % 20}!`]);
    expect(client.stats().desyncs).toBe(0);
    expect(client.stats().reconnects).toBe(0);
    expect(client.stats().inFlightBytes).toBe(0);
  });

  test("aborting a large reply in its middle leaves the connection in step", async () => {
    const large = Buffer.alloc(2_000_000, "L");
    await client.mset([["large", large]]);
    const abort = new AbortController();
    const before = proxy.bytes("toClient");
    // Lets the beginning through and holds the rest, so that the abort meets the reply in its middle on every machine.
    proxy.transform("toClient", (chunk) => {
      if (proxy.bytes("toClient") - before > 100_000) setImmediate(() => proxy.pause("toClient"));
      return [chunk];
    });
    const call = client.mget(["large", "large", "large"], { signal: abort.signal });
    await until("the first bytes are there", () => proxy.bytes("toClient") > before + 100_000);
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    proxy.transform("toClient", undefined);
    proxy.resume();
    expect(texts(await client.mget(["d1", "d2"]))).toEqual(["d1!", "d2!"]);
    expect((await client.mget(["large"]))[0]?.equals(large)).toBe(true);
    expect(client.stats().reconnects).toBe(0);
  });

  test("what is done at the deadline keeps its value", async () => {
    await using slow = await connect(proxy.url, { chunkSize: 5, deadNodeTimeoutMs: 60_000 });
    await slow.mget(KEYS);
    const forty = KEYS.map((key) => [key, Buffer.alloc(10_000, key)] as const);
    await client.mset(forty);
    const before = proxy.bytes("toClient");
    // Lets the first chunks through and holds the rest.
    proxy.transform("toClient", (chunk) => {
      if (proxy.bytes("toClient") - before > 60_000) setImmediate(() => proxy.pause("toClient"));
      return [chunk];
    });
    const results = await slow.mgetSettled(KEYS, { timeoutMs: 150 });
    proxy.transform("toClient", undefined);
    proxy.resume();
    const done = results.filter(({ status }) => status === "fulfilled").length;
    results.forEach((result, i) => {
      if (result.status === "fulfilled") expect(result.value).toEqual(forty[i]![1]);
      else expect(result.reason).toMatchObject({ code: "TIMEOUT", keyIndex: i });
    });
    expect([5, 10, 15]).toContain(done);
  });

  test("the signal's reason is the cause, whatever it is", async () => {
    proxy.pause("toClient");
    for (const reason of [new Error("own"), "a string", { custom: 1 }]) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(reason), 20);
      await expect(client.mget(KEYS, { signal: abort.signal })).rejects.toMatchObject({
        name: "AbortError",
        code: "ABORTED",
        cause: reason,
      });
    }
    await expect(client.mget(KEYS, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: "AbortError",
      cause: { name: "TimeoutError" },
    });
  });

  test("an aborted batch tells of each command, an aborted write is unknown", async () => {
    proxy.pause("toClient");
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    await expect(
      client.batch().call("GET", "d1").call("INCR", "n").exec({ signal: abort.signal }),
    ).rejects.toMatchObject({
      name: "AbortError",
      results: [
        { reason: { name: "NotAppliedError" } },
        { reason: { name: "OutcomeUnknownError", keyIndex: 1 } },
      ],
    });
  });

  test("a signal that has fired already ends every call before anything is sent", async () => {
    const reason = new Error("too late");
    const signal = AbortSignal.abort(reason);
    const notApplied = {
      status: "rejected",
      reason: { name: "NotAppliedError", code: "ABORTED", cause: reason },
    };
    const { bytes } = await countSocketWrites(async () => {
      for (const call of [
        client.mget(["a", "b"], { signal }),
        client.mgetSettled(["a", "b"], { signal }),
        client.mset(
          [
            ["a", "1"],
            ["b", "1"],
          ],
          { signal },
        ),
        client.del(["a", "b"], { signal }),
        client.expire(["a", "b"], 5, { signal }),
        client.batch().call("INCR", "n").call("INCR", "m").exec({ signal }),
      ]) {
        await expect(call).rejects.toMatchObject({
          name: "AbortError",
          code: "ABORTED",
          cause: reason,
          results: [notApplied, notApplied],
        });
      }
      await expect(client.scan("*", { signal }).next()).rejects.toMatchObject({
        name: "AbortError",
        cause: reason,
      });
    });
    expect(bytes).toBe(0);
  });

  test("a signal that outlives many calls keeps no listener of them", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    for (let i = 0; i < 10; i++) await client.mget(KEYS, { signal });
    expect(listeners).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "5", null])(
    "timeoutMs %s is refused, and nothing is sent",
    async (timeoutMs) => {
      const options = { timeoutMs: timeoutMs as number };
      const { bytes } = await countSocketWrites(async () => {
        for (const call of [
          client.mget(["a"], options),
          client.mset([["a", "1"]], options),
          client.unlink(["a"], options),
          client.batch().call("INCR", "n").exec(options),
        ]) {
          await expect(call).rejects.toMatchObject({
            name: "ConfigError",
            code: "BAD_OPTION",
            option: "timeoutMs",
          });
        }
      });
      expect(bytes).toBe(0);
    },
  );
});
