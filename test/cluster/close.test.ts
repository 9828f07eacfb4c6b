import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientOptions, connect, type SlotClient } from "../../src/index.ts";
import { BuiltCli } from "../cli/built-cli.ts";
import { describeWithServer, type RigCluster, startCluster, startProxy, until } from "../rig/index.ts";

const KEYS = Array.from({ length: 500 }, (_, i) => `close:${i}`);

/** How many sockets and timers keep this process alive; the test runner has some of its own. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout|Connect|Immediate/.test(name))
    .length;
}

/** As {@link handles}, when what earlier tests left to be closed by the event loop is gone. */
async function settledHandles(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return handles();
}

describeWithServer("close()", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  const open = (options?: ClientOptions) => connect(cluster.url, options);

  test("waits for all accepted calls, whose values are right", async () => {
    const client = await open();
    const writes = client.mset(KEYS.map((key) => [key, key]));
    const reads = client.mget(KEYS);
    const batch = client.batch().call("GET", KEYS[0]!).exec();
    let done = 0;
    for (const call of [writes, reads, batch]) void call.then(() => done++);
    await client.close();
    expect(done).toBe(3);
    expect((await reads).length).toBe(500);
  });

  test("refuses every new call with CLIENT_CLOSED, from the moment it is called", async () => {
    const client = await open();
    const last = client.mget(KEYS);
    const closing = client.close();
    const refused = { name: "NotAppliedError", code: "CLIENT_CLOSED" };
    const calls: ((c: SlotClient) => Promise<unknown>)[] = [
      (c) => c.mget(["a"]),
      (c) => c.mget([]),
      (c) => c.mgetSettled(["a"]),
      (c) => c.mset([["a", "1"]]),
      (c) => c.del(["a"]),
      (c) => c.batch().call("GET", "a").exec(),
      (c) => c.scan().next(),
      (c) => c.isCluster(),
    ];
    for (const call of calls) await expect(call(client)).rejects.toMatchObject(refused);
    await last;
    await closing;
    for (const call of calls) await expect(call(client)).rejects.toMatchObject(refused);
  });

  test("may be called again, and gives the same end", async () => {
    const client = await open();
    const first = client.close();
    expect(client.close()).toBe(first);
    await first;
    await client.close();
  });

  test("is what `await using` calls", async () => {
    let kept: SlotClient;
    {
      await using client = await open();
      kept = client;
      await client.mget(KEYS);
    }
    await expect(kept.mget(["a"])).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  test("leaves no socket and no timer, whatever the client has done", async () => {
    const before = await settledHandles();
    const client = await open({ topologyRefreshMs: 500 });
    await client.mset(KEYS.map((key) => [key, key]));
    await client.mget(KEYS, { timeoutMs: 20_000, signal: new AbortController().signal });
    for await (const _ of client.scan()) break;
    expect(
      process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length,
    ).toBeGreaterThanOrEqual(3);
    await client.close();
    expect(await settledHandles()).toBeLessThanOrEqual(before);
    expect(client.stats()).toMatchObject({ openConnections: 0, inFlightBytes: 0, queuedBytes: 0 });
  });

  test("leaves nothing behind after a connect() that failed", async () => {
    const before = await settledHandles();
    await expect(connect("redis-cluster://127.0.0.1:1", { connectTimeoutMs: 100 })).rejects.toThrow();
    await expect(connect(`${cluster.node.url}/1`)).rejects.toThrow();
    expect(await settledHandles()).toBeLessThanOrEqual(before);
  });

  test("does not wait for ever for a node that has fallen silent", async () => {
    await using proxy = await startProxy(cluster.node.port);
    const client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 300 });
    proxy.pause("toClient");
    await expect(client.mget(["a"], { timeoutMs: 30 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const begun = performance.now();
    await client.close();
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(client.stats().openConnections).toBe(0);
  });

  test("lets a process end by itself, after work, after a failed call and in the middle of a scan", async () => {
    using build = new BuiltCli();
    const index = new URL("../index.js", pathToFileURL(build.main)).href;
    const program = `
      import { connect } from ${JSON.stringify(index)};
      const client = await connect(${JSON.stringify(cluster.url)}, { topologyRefreshMs: 500 });
      await client.mset([["a", "1"], ["b", "2"]]);
      await client.mget(["a", "b"], { signal: new AbortController().signal });
      await client.mget(["a"], { timeoutMs: 0 }).catch(() => {});
      for await (const key of client.scan()) break;
      await client.close();
      process.stdout.write(String(Date.now()));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    expect(Date.now() - Number(stdout)).toBeLessThan(4000);
  });

  test("gives up a connection that is being made", async () => {
    await using silence = await startProxy(1);
    silence.blackhole();
    const before = await settledHandles();
    const client = await connect(silence.url, { lazyConnect: true, connectTimeoutMs: 30_000 });
    await expect(client.mget(["a"], { timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const begun = performance.now();
    await client.close();
    expect(performance.now() - begun).toBeLessThan(4000);
    silence.restore();
    await until("all sockets are gone", () => handles() <= before, 2000);
  });
});

describe("close() without a server", () => {
  test("of a lazy client that was never used resolves", async () => {
    const before = await settledHandles();
    const client = await connect("redis://127.0.0.1:1", { lazyConnect: true });
    await client.close();
    expect(await settledHandles()).toBeLessThanOrEqual(before);
  });
});
