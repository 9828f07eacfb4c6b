import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { describeWithServer, startProxy, startServer, until } from "../rig/index.ts";
import { errorOf, outcomeOf } from "./outcome.ts";

// Rows 24 and 25: a peer that reads nothing, and a caller that does not stop.

const MIB = 1024 * 1024;
const IN_FLIGHT = 4 * MIB;
const QUEUED = 16 * MIB;
const VALUE_BYTES = 64 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describeWithServer("20,000 writes to a peer that reads nothing", () => {
  // Copied into each packet, as small values are: what waits is the client's own memory.
  const options = {
    maxInFlightBytes: IN_FLIGHT,
    maxQueuedBytes: QUEUED,
    gatherFromBytes: 1024 * MIB,
    cluster: false,
  };
  const value = Buffer.alloc(VALUE_BYTES, "v");

  test("stay within the two bounds, are refused at once beyond them, and drain to nothing", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, {
      ...options,
      deadNodeTimeoutMs: 120_000,
      timeoutMs: 100_000,
    });
    const before = usedBytes();
    proxy.pause("toServer");
    const ends: Promise<void>[] = [];
    let [stored, refused] = [0, 0];
    let [mostInFlight, mostQueued] = [0, 0];
    for (let i = 0; i < 20_000; i++) {
      // Only the ends are kept: 20,000 errors would weigh more than what is measured.
      const onError = ({ code }: { code: string }) => {
        if (code === "QUEUE_OVERFLOW") refused++;
      };
      const onStored = () => {
        stored++;
      };
      ends.push(client.mset([[`key:${i}`, value]]).then(onStored, onError));
      if (i % 500 !== 499) continue;
      await new Promise(setImmediate);
      mostInFlight = Math.max(mostInFlight, client.stats().inFlightBytes);
      mostQueued = Math.max(mostQueued, client.stats().queuedBytes);
    }
    // Nothing has reached the peer, and yet all that is refused has been refused.
    const refusedAtOnce = refused;
    const growth = usedBytes() - before;
    proxy.resume("toServer");
    await Promise.all(ends);

    expect(mostInFlight).toBeGreaterThan(IN_FLIGHT * 0.9);
    expect(mostInFlight).toBeLessThanOrEqual(IN_FLIGHT);
    expect(mostQueued).toBeGreaterThan(QUEUED * 0.9);
    // Calls are let in by the bytes of their values; names and lengths come on top.
    expect(mostQueued).toBeLessThanOrEqual(QUEUED * 1.02);
    expect(refusedAtOnce).toBeGreaterThan(19_000);
    expect(refused).toBe(refusedAtOnce);
    // 20 % more, and 20,000 promises.
    expect(growth).toBeLessThan((IN_FLIGHT + QUEUED) * 1.2 + 8 * MIB);
    expect(stored + refused).toBe(20_000);
    expect(await server.node.command("DBSIZE")).toBe(stored);
    expect(client.stats()).toMatchObject({ inFlightBytes: 0, queuedBytes: 0 });
    ends.length = 0;
    await until("the memory is given back", () => usedBytes() - before < 6 * MIB);
  });

  test("all end at their deadline, and give back every byte they held", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { ...options, deadNodeTimeoutMs: 120_000, timeoutMs: 500 });
    proxy.pause("toServer");
    const began = performance.now();
    const ends: number[] = [];
    const calls = Array.from({ length: 400 }, async (_, i) => {
      const [outcome] = await client.msetSettled([[`key:${i}`, value]]);
      ends.push(performance.now() - began);
      return outcomeOf(outcome as PromiseSettledResult<unknown>);
    });
    const outcomes = await Promise.all(calls);
    expect(new Set(outcomes)).toEqual(new Set(["unknown", "not-applied"]));
    expect(outcomes.filter((outcome) => outcome === "unknown").length * VALUE_BYTES).toBeLessThanOrEqual(
      IN_FLIGHT,
    );
    expect(Math.max(...ends)).toBeLessThan(4000);
    expect(client.stats().queuedBytes).toBe(0);
    proxy.resume("toServer");
    await until("the window is free again", () => client.stats().inFlightBytes === 0);
    await client.mset([["after", "1"]]);
  });

  test("are refused by number of bytes while the node is out of reach, too", async () => {
    const server = await startServer();
    await using client = await connect(server.url, { ...options, timeoutMs: 1500 });
    await server.stop();
    const outcomes = new Map<string, number>();
    const end = performance.now() + 1000;
    const calls: Promise<void>[] = [];
    while (performance.now() < end) {
      for (let i = 0; i < 20; i++) {
        const call = errorOf(client.mset([[`key:${i}`, value]]));
        calls.push(call.then(({ code }) => void outcomes.set(code, (outcomes.get(code) ?? 0) + 1)));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(client.stats().queuedBytes).toBeLessThanOrEqual(QUEUED * 1.02);
    }
    await Promise.all(calls);
    expect(outcomes.get("QUEUE_OVERFLOW")).toBeGreaterThan(100);
    expect(client.stats()).toMatchObject({ inFlightBytes: 0, queuedBytes: 0 });
  });
});
