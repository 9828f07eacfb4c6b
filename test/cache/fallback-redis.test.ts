import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CircuitChange } from "../../src/cache/circuit-breaker.ts";
import { FallbackBackend } from "../../src/cache/fallback-backend.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { AbortError } from "../../src/errors.ts";
import { describeWithServer } from "../rig/gate.ts";
import { type RigServers, startServer } from "../rig/servers.ts";
import { until } from "../rig/until.ts";
import { bytes, text } from "./contract-bytes.ts";

const KEYS = Array.from({ length: 200 }, (_, i) => `key:${i}`);
/** Far above what is needed, for a machine that is busy with other things. */
const PATIENCE_MS = 30_000;

/** Callers of every kind, until `stop` is called. */
function load(cache: FallbackBackend) {
  const seen = { calls: 0, hits: 0, errors: [] as unknown[] };
  let running = true;
  const call = (turn: number): Promise<unknown> => {
    const key = KEYS[turn % KEYS.length]!;
    if (turn % 10 === 1) return cache.set(key, bytes(key), { ttlMs: 600_000 });
    if (turn % 10 === 2) return cache.getMany(KEYS.slice(0, 20));
    if (turn % 10 === 3) return cache.wrap(key, () => bytes(key));
    if (turn % 100 === 4) return cache.delete(`other:${key}`);
    return cache.get(key);
  };
  const worker = async (first: number) => {
    for (let turn = first; running; turn += 7) {
      try {
        if ((await call(turn)) !== null) seen.hits++;
      } catch (error) {
        seen.errors.push(error);
      }
      seen.calls++;
      await sleep(1);
    }
  };
  const workers = Array.from({ length: 10 }, (_, i) => worker(i * 13));
  const stop = async () => {
    running = false;
    await Promise.all(workers);
  };
  return { seen, stop };
}

describeWithServer("FallbackBackend over a server that fails", () => {
  let server: RigServers;
  let primary: RedisBackend;
  let cache: FallbackBackend;
  const changes: CircuitChange[] = [];

  beforeAll(async () => {
    server = await startServer();
    primary = new RedisBackend({ url: server.url, keyPrefix: "p:" });
    cache = new FallbackBackend(primary, new MemoryBackend());
    cache.on("state", (change) => changes.push(change));
    await cache.connect({ timeoutMs: PATIENCE_MS });
  });
  afterAll(async () => {
    await cache.disconnect();
    await server.stop();
  });

  test("killed under load and started again: no caller sees an error, hits go on, and it returns", async () => {
    await cache.setMany(KEYS.map((key) => [key, bytes(key)]));
    const { seen, stop } = load(cache);
    await until("there is load", () => seen.calls > 200);
    await server.kill(server.node);
    await until("memory has taken over", () => cache.state === "open", PATIENCE_MS);
    const { calls, hits } = seen;
    await until("memory serves", () => seen.calls > calls + 500, PATIENCE_MS);
    expect(seen.hits - hits).toBeGreaterThan(400);
    expect(await cache.set("written meanwhile", bytes("new"), { ttlMs: 600_000 })).toBe(true);
    expect(await cache.delete(KEYS[0]!)).toBe(true);

    await server.restart(server.node);
    await until("the server is in use again", () => cache.state === "closed", PATIENCE_MS);
    await stop();
    const settled = async () => {
      const { state, pendingWrites } = await cache.getStats();
      return state === "closed" && pendingWrites === 0;
    };
    await until("it has what was written", settled, PATIENCE_MS);
    expect(seen.errors).toEqual([]);
    expect(text(await primary.get("written meanwhile"))).toBe("new");
    const stats = await cache.getStats();
    expect(stats.fallbackHits).toBeGreaterThan(400);
    expect(stats).toMatchObject({ errors: 0, lostWrites: 0 });
    expect(stats.outages).toBeGreaterThanOrEqual(1);
    expect(stats.outageMs).toBeGreaterThan(0);
    expect(stats.replayedWrites).toBeGreaterThan(0);
    expect(changes[0]).toMatchObject({ from: "closed", to: "open", cause: expect.any(Error) });
    expect(changes.at(-1)).toMatchObject({ from: "half-open", to: "closed", cause: undefined });
  }, 120_000);

  test("10,000 concurrent wraps of one cold key run the function once, over Redis and without", async () => {
    for (const key of ["up", "down"]) {
      if (key === "down") await server.kill(server.node);
      let runs = 0;
      const compute = async () => bytes(`run ${++runs}`);
      const values = await Promise.all(Array.from({ length: 10_000 }, () => cache.wrap(key, compute)));
      expect(runs).toBe(1);
      expect(values.every((value) => text(value) === "run 1")).toBe(true);
    }
    await server.restart(server.node);
    await until("the server is in use again", () => cache.state === "closed", PATIENCE_MS);
  }, 120_000);

  test("a server that has stopped answering is an outage too, and nobody waits longer than primaryTimeoutMs", async () => {
    const frozen = await startServer();
    const options = { primaryTimeoutMs: 300, failureThreshold: 1 };
    const own = new FallbackBackend(new RedisBackend({ url: frozen.url }), new MemoryBackend(), options);
    try {
      await own.connect({ timeoutMs: PATIENCE_MS });
      await own.set("a", bytes("1"));
      frozen.pause(frozen.node);
      await until("memory has taken over", async () => {
        expect(text(await own.get("a"))).toBe("1");
        return own.state === "open";
      });
      expect(await own.set("a", bytes("2"))).toBe(true);
      expect(text(await own.get("a"))).toBe("2");
      frozen.resume(frozen.node);
      await until("the server is in use again", () => own.state === "closed", PATIENCE_MS);
      await until("it has the last value", async () => {
        return (await frozen.node.command("GET", "a")) === "2";
      });
    } finally {
      frozen.resume(frozen.node);
      await own.disconnect();
      await frozen.stop();
    }
  }, 120_000);

  test("an abort reaches its caller while the server hangs, and opens nothing", async () => {
    const hanging = await startServer();
    const own = new FallbackBackend(new RedisBackend({ url: hanging.url }));
    try {
      await own.connect({ timeoutMs: PATIENCE_MS });
      hanging.pause(hanging.node);
      const controller = new AbortController();
      const reading = own.get("a", { signal: controller.signal });
      controller.abort(new Error("changed my mind"));
      await expect(reading).rejects.toBeInstanceOf(AbortError);
      expect(own.state).toBe("closed");
    } finally {
      hanging.resume(hanging.node);
      await own.disconnect();
      await hanging.stop();
    }
  });

  test("without a server at the start it works from memory, and finds the server when it comes", async () => {
    const late = await startServer();
    await late.kill(late.node);
    const own = new FallbackBackend(new RedisBackend({ url: late.url }));
    try {
      await own.connect({ timeoutMs: 200 });
      expect(own.state).toBe("open");
      expect(await own.set("a", bytes("1"))).toBe(true);
      expect(text(await own.get("a"))).toBe("1");
      await late.restart(late.node);
      await until("the server is in use", () => own.state === "closed", PATIENCE_MS);
      await until("it has the value", async () => (await late.node.command("GET", "a")) === "1");
    } finally {
      await own.disconnect();
      await late.stop();
    }
  }, 120_000);
});
