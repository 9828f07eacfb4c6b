import { describe, expect, test } from "vitest";
import { CircuitBreaker, type CircuitChange } from "../../src/cache/circuit-breaker.ts";

const RULES = { failureThreshold: 3, probeIntervalMs: 1_000, rampMs: 500 };
const CAUSE = new Error("down");

function setUp({ random = 0 } = {}) {
  const clock = { nowMs: 5_000 };
  const changes: CircuitChange[] = [];
  const breaker = new CircuitBreaker(
    RULES,
    () => clock.nowMs,
    () => random,
    (change) => changes.push(change),
  );
  const fail = () => breaker.failed(breaker.admit()!, CAUSE);
  const succeed = () => breaker.succeeded(breaker.admit()!);
  /** Waits for the next probe; how long that took. */
  const probe = (alive: boolean) => {
    const waitMs = breaker.probeInMs!;
    clock.nowMs += waitMs;
    expect(breaker.beginProbe()).toBe(true);
    if (alive) breaker.probeSucceeded();
    else breaker.probeFailed();
    return waitMs;
  };
  return { clock, changes, breaker, fail, succeed, probe };
}

describe("the circuit breaker", () => {
  test("opens with the last of failureThreshold failures in a row, and tells its cause", () => {
    const { breaker, changes, fail } = setUp();
    fail();
    fail();
    expect(breaker.state).toBe("closed");
    fail();
    expect(breaker.state).toBe("open");
    expect(changes).toEqual([{ from: "closed", to: "open", cause: CAUSE }]);
    expect(breaker.admit()).toBeNull();
  });

  test("a success in between begins the count anew", () => {
    const { breaker, fail, succeed } = setUp();
    for (let i = 0; i < 10; i++) {
      fail();
      fail();
      succeed();
    }
    expect(breaker.state).toBe("closed");
  });

  test("a call that told nothing counts neither way", () => {
    const { breaker, fail } = setUp();
    fail();
    fail();
    breaker.ended(breaker.admit()!);
    fail();
    expect(breaker.state).toBe("open");
  });

  test("waits twice as long before each further probe, up to probeIntervalMs", () => {
    const { breaker, probe } = setUp({ random: 0.999_999 });
    breaker.trip(CAUSE);
    const waits = Array.from({ length: 8 }, () => Math.round(probe(false)));
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  test("varies the wait between half and all of it", () => {
    const early = setUp({ random: 0 });
    early.breaker.trip(CAUSE);
    expect(early.breaker.probeInMs).toBe(25);
  });

  test("waits longer each time for one that answers probes and fails calls", () => {
    const { breaker, probe, fail } = setUp({ random: 0.999_999 });
    breaker.trip(CAUSE);
    const waits = Array.from({ length: 4 }, () => {
      const waitMs = Math.round(probe(true));
      fail();
      return waitMs;
    });
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[3]).toBeGreaterThan(waits[0]!);
  });

  test("runs one probe at a time, and none before it is due", () => {
    const { breaker, clock } = setUp();
    breaker.trip(CAUSE);
    expect(breaker.beginProbe()).toBe(false);
    clock.nowMs += 1_000;
    expect(breaker.beginProbe()).toBe(true);
    expect(breaker.beginProbe()).toBe(false);
    expect(breaker.probeInMs).toBeNull();
    breaker.probeFailed();
    expect(breaker.probeInMs).toBeGreaterThan(0);
  });

  test("half-open lets one call in, and one more with each that succeeds", () => {
    const { breaker, probe } = setUp();
    breaker.trip(CAUSE);
    probe(true);
    expect(breaker.state).toBe("half-open");
    const first = breaker.admit()!;
    expect(first).not.toBeNull();
    expect(breaker.admit()).toBeNull();
    breaker.succeeded(first);
    const [second, third] = [breaker.admit(), breaker.admit()];
    expect([second, third]).not.toContain(null);
    expect(breaker.admit()).toBeNull();
  });

  test("one failure while half-open opens it again", () => {
    const { breaker, changes, probe, fail } = setUp();
    breaker.trip(CAUSE);
    probe(true);
    fail();
    expect(breaker.state).toBe("open");
    expect(changes.map(({ to }) => to)).toEqual(["open", "half-open", "open"]);
  });

  test("closes after rampMs without a failure, with calls and without", () => {
    for (const closing of ["settle", "admit"] as const) {
      const { breaker, clock, probe } = setUp();
      breaker.trip(CAUSE);
      probe(true);
      clock.nowMs += 499;
      breaker[closing]();
      expect(breaker.state).toBe("half-open");
      clock.nowMs += 1;
      breaker[closing]();
      expect(breaker.state).toBe("closed");
    }
  });

  test("what began before it opened tells nothing about afterwards", () => {
    const { breaker, clock, probe } = setUp();
    const [failing, succeeding] = [breaker.admit()!, breaker.admit()!];
    breaker.trip(CAUSE);
    probe(true);
    breaker.failed(failing, CAUSE);
    breaker.succeeded(succeeding);
    expect(breaker.state).toBe("half-open");
    expect(breaker.admit()).not.toBeNull();
    expect(breaker.admit()).toBeNull();
    clock.nowMs += 1_000;
    breaker.settle();
    expect(breaker.state).toBe("closed");
  });

  test("tripping what is open changes nothing", () => {
    const { breaker, changes } = setUp();
    breaker.trip(CAUSE);
    breaker.trip(new Error("another"));
    expect(changes).toHaveLength(1);
  });
});
