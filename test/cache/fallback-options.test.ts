import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { FallbackBackend } from "../../src/cache/fallback-backend.ts";
import type { FallbackOptions } from "../../src/cache/fallback-options.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";

function make(options: FallbackOptions = {}, memory?: MemoryBackend) {
  return new FallbackBackend(new MemoryBackend(), memory, options);
}

describe("the options of a FallbackBackend", () => {
  test.each([
    [{ probeIntervalMs: 0 }, "probeIntervalMs"],
    [{ maxStalenessMs: -1 }, "maxStalenessMs"],
    [{ afterOutage: "forget" }, "afterOutage"],
    [{ onOverflow: "ignore" }, "onOverflow"],
  ])("refuses %j", (options, option) => {
    const refused = () => make(options as FallbackOptions);
    expect(refused).toThrow(expect.objectContaining({ code: "BAD_OPTION", option }));
  });

  test("refuses an unknown option, and a memory of another codec", () => {
    const unknown = () => make({ staleness: 1 } as FallbackOptions);
    expect(unknown).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION", option: "staleness" }));
    const other = () => make({}, new MemoryBackend({ codec: "json" }) as never);
    expect(other).toThrow(expect.objectContaining({ code: "BAD_OPTION", option: "memory" }));
  });

  test("a primary is a backend, and a memory is a MemoryBackend", () => {
    const primary = () => new FallbackBackend("redis://localhost" as never);
    expect(primary).toThrow(expect.objectContaining({ code: "BAD_OPTION", option: "primary" }));
    const memory = () => make({}, new Map() as never);
    expect(memory).toThrow(expect.objectContaining({ code: "BAD_OPTION", option: "memory" }));
  });
});

test("a server that nobody runs costs the first call its time, and no call after it", async () => {
  const placeholder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => placeholder.once("listening", resolve));
  const { port } = placeholder.address() as { port: number };
  await new Promise((resolve) => placeholder.close(resolve));
  const cache = new FallbackBackend(new RedisBackend({ host: "127.0.0.1", port }), undefined, {
    primaryTimeoutMs: 200,
    failureThreshold: 1_000,
  });
  expect(await cache.get("a")).toBeNull();
  expect(cache.state).toBe("open");
  await cache.disconnect();
});
