import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide } from "./gate.ts";

describe("the gate of suites that need a program", () => {
  let empty = "";
  let filled = "";
  beforeAll(() => {
    empty = mkdtempSync(join(tmpdir(), "slotpack-gate-"));
    filled = mkdtempSync(join(tmpdir(), "slotpack-gate-"));
    writeFileSync(join(filled, "redis-server"), "#!/bin/sh\n");
    writeFileSync(join(filled, "python3"), "not executable");
    chmodSync(join(filled, "redis-server"), 0o755);
  });
  afterAll(() => {
    for (const folder of [empty, filled]) rmSync(folder, { recursive: true });
  });

  test("runs a suite whose program is on the PATH, required or not", () => {
    expect(decide("redis", { PATH: `${empty}:${filled}` })).toBe("run");
    expect(decide("redis", { PATH: filled, SLOTPACK_REQUIRE: "redis" })).toBe("run");
  });

  test("skips a suite whose program is missing or no executable", () => {
    expect(decide("redis", { PATH: empty })).toBe("skip");
    expect(decide("openssl", { PATH: filled, SLOTPACK_REQUIRE: "redis,chromium" })).toBe("skip");
    expect(decide("python", { PATH: filled })).toBe("skip");
  });

  test("fails a suite whose program is missing and required by name", () => {
    expect(decide("redis", { PATH: empty, SLOTPACK_REQUIRE: "chromium, redis" })).toBe("fail");
    expect(decide("openssl", { PATH: filled, SLOTPACK_REQUIRE: "openssl" })).toBe("fail");
    expect(decide("python", { PATH: filled, SLOTPACK_REQUIRE: "redis,openssl,python" })).toBe("fail");
  });
});
