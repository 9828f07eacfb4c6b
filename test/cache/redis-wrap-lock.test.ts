import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";
import { until } from "../rig/index.ts";

const LOCK = "\0slotpack-lock";

/** Backends of their own clients stand for processes: they share nothing but the servers. */
describeEachServer("wrapLock of a RedisBackend", (fixture) => {
  let backends: RedisBackend<string>[] = [];
  const make = (config: RedisBackendConfig<string> = {}) => {
    const backend = new RedisBackend<string>({
      url: fixture.servers.url,
      codec: "text",
      keyPrefix: "p:",
      socketTimeoutMs: 30_000,
      wrapLock: { lockMs: 60_000, pollMs: 10 },
      ...config,
    });
    backends.push(backend);
    return backend;
  };
  afterEach(async () => {
    await backends[0]?.clear();
    await Promise.all(backends.map((backend) => backend.disconnect()));
    backends = [];
  });
  const lockOf = (key: string) => `p:${key}${LOCK}`;
  const lockExists = async (key: string) => (await fixture.command(lockOf(key), "EXISTS", lockOf(key))) === 1;

  test("lets a function run once over 8 processes, and frees the lock", async () => {
    const processes = Array.from({ length: 8 }, () => make());
    await Promise.all(processes.map((backend) => backend.connect()));
    let runs = 0;
    const compute = async () => {
      runs++;
      await sleep(50);
      return `run ${runs}`;
    };
    const values = await Promise.all(
      processes.flatMap((backend) => Array.from({ length: 50 }, () => backend.wrap("cold", compute))),
    );
    expect(runs).toBe(1);
    expect(new Set(values)).toEqual(new Set(["run 1"]));
    expect(await lockExists("cold")).toBe(false);
  });

  test("lets the next process run the function where it threw in the first", async () => {
    const [one, two] = [make(), make()];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const failing = one.wrap("k", async () => {
      await gate;
      throw new Error("no luck");
    });
    await until("the first one has the lock", () => lockExists("k"));
    const second = two.wrap("k", () => "from the second");
    release();
    await expect(failing).rejects.toThrow("no luck");
    expect(await second).toBe("from the second");
    expect(await lockExists("k")).toBe(false);
  });

  test("waits no longer than waitMs for a process that has died, and leaves its lock alone", async () => {
    await fixture.command(lockOf("k"), "SET", lockOf("k"), "of another", "PX", 600_000);
    const backend = make({ wrapLock: { lockMs: 60_000, waitMs: 30, pollMs: 5 } });
    expect(await backend.wrap("k", () => "mine")).toBe("mine");
    expect(await backend.get("k")).toBe("mine");
    expect(String(await fixture.command(lockOf("k"), "GET", lockOf("k")))).toBe("of another");
  });

  test("goes by itself after lockMs", async () => {
    const backend = make({ wrapLock: { lockMs: 20, waitMs: 60_000, pollMs: 5 } });
    await fixture.command(lockOf("k"), "SET", lockOf("k"), "of another", "PX", 20);
    expect(await backend.wrap("k", () => "mine")).toBe("mine");
  });

  test("hides its keys from keys(), and clear() removes them", async () => {
    const backend = make();
    await fixture.command(lockOf("k"), "SET", lockOf("k"), "of another");
    await backend.set("k", "v");
    const keys = [];
    for await (const key of backend.keys()) keys.push(key);
    expect(keys).toEqual(["k"]);
    await backend.clear();
    expect(await lockExists("k")).toBe(false);
  });

  test("a server that refuses the lock does not keep wrap from answering", async () => {
    await Promise.all(
      fixture.servers.nodes.map((node) =>
        node.command("ACL", "SETUSER", "app", "on", ">pw", "+@all", "~*", "-eval"),
      ),
    );
    const backend = make({ username: "app", password: "pw" });
    expect(await backend.wrap("k", () => "v")).toBe("v");
    expect(await backend.get("k")).toBe("v");
    expect((await backend.getStats()).errors).toBeGreaterThan(0);
  });
});
