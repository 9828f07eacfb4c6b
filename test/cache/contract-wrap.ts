import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../rig/until.ts";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, text } from "./contract-bytes.ts";

export function testWrap(fixture: ContractFixture): void {
  test("the first call computes, the next ones read", async () => {
    const { backend } = fixture;
    let runs = 0;
    const compute = async () => bytes(`run ${++runs}`);
    for (let i = 0; i < 3; i++) expect(text(await backend.wrap("k", compute))).toBe("run 1");
    expect(text(await backend.get("k"))).toBe("run 1");
    expect(await backend.ttl("k")).toBe(Number.POSITIVE_INFINITY);
    await backend.delete("k");
    expect(text(await backend.wrap("k", () => bytes(`run ${++runs}`)))).toBe("run 2");
  });

  test("TTL and metadata are those of the call", async () => {
    const { backend } = fixture;
    await backend.wrap("k", () => bytes("v"), { ttlMs: 600_000, metadata: { n: 1 } });
    const entry = await backend.getWithMetadata("k");
    expect(entry?.metadata).toEqual({ n: 1 });
    expect(entry?.ttlMs).toBeGreaterThan(300_000);
    expect(entry?.ttlMs).toBeLessThanOrEqual(600_000);
  });

  test("10,000 concurrent calls of one cold key run the function once, and each gets a value of its own", async () => {
    const { backend } = fixture;
    let runs = 0;
    const compute = async () => {
      runs++;
      await sleep(20);
      return bytes("computed");
    };
    const values = await Promise.all(Array.from({ length: 10_000 }, () => backend.wrap("cold", compute)));
    expect(runs).toBe(1);
    expect(values.every((value) => text(value) === "computed")).toBe(true);
    values[0]!.fill(120);
    expect(text(values[1])).toBe("computed");
    expect(text(values[9_999])).toBe("computed");
  });

  test("concurrent calls of different keys run their own functions", async () => {
    const { backend } = fixture;
    const values = await Promise.all(
      Array.from({ length: 100 }, (_, i) => backend.wrap(`k${i}`, async () => bytes(`${i}`))),
    );
    expect(values.map(text)).toEqual(values.map((_, i) => `${i}`));
  });

  test("an error reaches every waiter as it was thrown and is cached nowhere", async () => {
    const { backend } = fixture;
    const thrown = new Error("no luck");
    let runs = 0;
    const fail = async () => {
      runs++;
      await sleep(20);
      throw thrown;
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10_000 }, () => backend.wrap("cold", fail)),
    );
    expect(runs).toBe(1);
    expect(
      outcomes.every((outcome) => outcome.status === "rejected" && Object.is(outcome.reason, thrown)),
    ).toBe(true);
    expect(await backend.exists("cold")).toBe(false);
    expect(text(await backend.wrap("cold", () => bytes("now")))).toBe("now");
  });

  test("a function that throws at once is an error as well", async () => {
    const { backend } = fixture;
    const thrown = new RangeError("at once");
    const wrapped = backend.wrap("k", () => {
      throw thrown;
    });
    await expect(wrapped).rejects.toBe(thrown);
    expect(await backend.exists("k")).toBe(false);
  });

  test("an expired value is computed again", async () => {
    const { backend } = fixture;
    let runs = 0;
    const compute = () => bytes(`run ${++runs}`);
    await backend.wrap("k", compute, { ttlMs: 30 });
    await until("it is computed again", async () => {
      return text(await backend.wrap("k", compute, { ttlMs: 600_000 })) === "run 2";
    });
  });

  test("within staleMs the old value is served while one call computes the next", async () => {
    const { backend } = fixture;
    let runs = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const compute = async () => {
      const run = ++runs;
      if (run > 1) await gate;
      return bytes(`run ${run}`);
    };
    const options = { ttlMs: 50, staleMs: 600_000 };
    expect(text(await backend.wrap("stale", compute, options))).toBe("run 1");
    await until("the value is stale", async () => {
      expect(text(await backend.wrap("stale", compute, options))).toBe("run 1");
      return runs === 2;
    });
    // The second run is held: whoever asks meanwhile is served at once, and starts no third.
    const meanwhile = await Promise.all(
      Array.from({ length: 100 }, () => backend.wrap("stale", compute, options)),
    );
    expect(meanwhile.map(text)).toEqual(meanwhile.map(() => "run 1"));
    expect(runs).toBe(2);
    release();
    await until("the next value is there", async () => {
      return text(await backend.wrap("stale", compute, options)) !== "run 1";
    });
  });

  test("a background computation that fails leaves the old value, and rejects nobody", async () => {
    const { backend } = fixture;
    let runs = 0;
    const compute = async () => {
      if (++runs > 1) throw new Error("no luck");
      return bytes("run 1");
    };
    const options = { ttlMs: 30, staleMs: 600_000 };
    await backend.wrap("failing", compute, options);
    await until("the function has failed twice", async () => {
      expect(text(await backend.wrap("failing", compute, options))).toBe("run 1");
      return runs >= 3;
    });
  });

  test("a set during the computation is not overwritten by it", async () => {
    const { backend } = fixture;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let running = false;
    const wrapped = backend.wrap("k", async () => {
      running = true;
      await gate;
      return bytes("old");
    });
    await until("the function runs", () => running);
    await backend.set("k", bytes("new"));
    release();
    expect(text(await wrapped)).toBe("old");
    expect(text(await backend.get("k"))).toBe("new");
  });
}
