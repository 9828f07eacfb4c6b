import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, RecordStore } from "../../src/index.ts";
import { tagForSlot } from "../../src/slots/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigNode,
  type RigServers,
  startCluster,
  startProxy,
  startServer,
  until,
} from "../rig/index.ts";
import { TelemetryWatch } from "./telemetry-watch.ts";

const NONE = { succeeded: 0, failed: 0, notApplied: 0, unknown: 0, misses: 0 };

let watch: TelemetryWatch;
beforeEach(() => {
  watch = new TelemetryWatch();
});
afterEach(() => watch[Symbol.dispose]());

describeWithServer("telemetry of redirects", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test("counts MOVED and ASK to items of the call, and its further writes", async () => {
    await using client = await connect(cluster.url, { topologyRefreshMs: 600_000 });
    const slots = [100, 200, 300];
    const keys = slots.map((slot) => `{${tagForSlot(slot)}}`);
    await client.mset(keys.map((key) => [key, "v"]));
    const from = cluster.primaries[0] as RigNode;
    const to = cluster.primaries[1] as RigNode;
    await cluster.migrateSlot(100, from, to);
    await cluster.migrateSlot(200, from, to, { keys: 1, finish: false });
    watch.clear();
    expect((await client.mget(keys)).map(String)).toEqual(["v", "v", "v"]);
    expect(watch.last).toMatchObject({ operation: "mget", redirects: 2, retries: 0, error: undefined });
    expect(watch.last.outcomes).toEqual({ ...NONE, succeeded: 3 });
    const own = watch.packets.filter(({ batch }) => batch === watch.last);
    expect(own.length).toBe(watch.last.writeCount);
    expect(own.length).toBeGreaterThanOrEqual(2);
    expect(new Set(own.map(({ node }) => node))).toEqual(new Set([from.address, to.address]));
    const redirects = () => watch.events.filter(({ name }) => name === "redirect");
    await until("both redirects are told", () => redirects().length === 2);
    const told = redirects().map(({ message }) => message);
    expect(told).toContainEqual({ kind: "moved", slot: 100, from: from.address, to: to.address });
    expect(told).toContainEqual({ kind: "ask", slot: 200, from: from.address, to: to.address });
  });
});

describeWithServer("telemetry of errors", () => {
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer();
  });
  afterAll(() => servers.stop());

  test("a call that rejects publishes its error before it ends; the settled form of it does not", async () => {
    await using client = await connect(servers.url);
    await servers.node.command("LPUSH", "list", "x");
    watch.clear();
    await expect(client.mget(["list", "other"])).rejects.toMatchObject({ name: "BatchError" });
    expect(watch.batches.map(({ step }) => step)).toEqual([
      "start",
      "end",
      "error",
      "asyncStart",
      "asyncEnd",
    ]);
    const error = { name: "BatchError", code: "WRONGTYPE", node: servers.node.address, message: undefined };
    expect(watch.last.error).toEqual(error);
    expect(watch.last.outcomes).toEqual({ ...NONE, succeeded: 1, failed: 1, misses: 1 });
    watch.clear();
    await client.mgetSettled(["list", "other"]);
    expect(watch.batches.map(({ step }) => step)).not.toContain("error");
    expect(watch.last.outcomes).toEqual({ ...NONE, succeeded: 1, failed: 1, misses: 1 });
    expect(watch.packets.map(({ error }) => error)).toEqual([undefined]);
  });

  test("a RecordStore's error has the outcomes of its records", async () => {
    await using client = await connect(servers.url);
    const store = new RecordStore<number>(client, { layout: "packed" });
    await store.putMany([{ key: "whole", metadata: 1, bytes: Buffer.from("x") }]);
    await servers.node.command("LPUSH", "broken:packed", "x");
    await expect(store.getMany(["whole", "broken", "absent"])).rejects.toMatchObject({ name: "BatchError" });
    expect(watch.last).toMatchObject({ operation: "getMany", error: { name: "BatchError" } });
    expect(watch.last.outcomes).toEqual({ ...NONE, succeeded: 2, failed: 1, misses: 1 });
  });

  test("an abort ends the call at once, and its write when the reply is there", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 60_000 });
    proxy.pause("toClient");
    const abort = new AbortController();
    const call = client.mget(["held"], { signal: abort.signal });
    await until("it is written", () => client.stats().socketWrites > 1);
    abort.abort(new Error("no longer wanted"));
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(watch.last.error).toMatchObject({ name: "AbortError", code: "ABORTED" });
    expect(watch.last.outcomes).toEqual({ ...NONE, notApplied: 1 });
    expect(watch.packets).toEqual([]);
    proxy.resume("toClient");
    await until("its reply came", () => watch.packets.length === 1);
    expect(watch.packets[0]).toMatchObject({ operation: "mget", error: undefined });
    expect(watch.packets[0]!.batch).toBe(watch.last);
  });

  test("a deadline leaves a write unknown and a read not applied", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 60_000 });
    proxy.pause("toClient");
    const options = { timeoutMs: 50 };
    await expect(client.del(["a", "b"], options)).rejects.toMatchObject({ name: "TimeoutError" });
    expect(watch.last.error).toMatchObject({ name: "TimeoutError", code: "TIMEOUT" });
    expect(watch.last.outcomes).toEqual({ ...NONE, unknown: 2 });
    await expect(client.mget(["a", "b", "c"], options)).rejects.toMatchObject({ name: "TimeoutError" });
    expect(watch.last.outcomes).toEqual({ ...NONE, notApplied: 3 });
    proxy.resume("toClient");
  });

  test("a lost connection is the write's error, and a retry of the read", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 60_000 });
    await client.mset([["lost", "v"]]);
    watch.clear();
    proxy.pause("toClient");
    const call = client.mget(["lost"]);
    await until("it is written", () => watch.writes.length > 0);
    proxy.cut();
    proxy.resume("toClient");
    expect((await call).map(String)).toEqual(["v"]);
    expect(watch.last).toMatchObject({ writeCount: 2, error: undefined });
    expect(watch.last.retries).toBeGreaterThanOrEqual(1);
    const [lost, again] = watch.packets;
    expect(lost!.error).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: undefined });
    expect(lost!.responseBytes).toBeUndefined();
    expect(again!.error).toBeUndefined();
    expect(watch.writes.map(({ step }) => step)).toContain("error");
    await until("the node is back", () => watch.events.some(({ name }) => name === "reconnect"));
    expect(watch.events.map(({ name }) => name)).toEqual(["nodeDown", "nodeUp", "reconnect"]);
  });

  test("a call on a closed client is one that was not applied", async () => {
    const client = await connect(servers.url);
    await client.close();
    await expect(client.mget(["a"])).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(new RecordStore(client).getMany(["a"])).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(watch.calls.map(({ error, outcomes }) => [error?.code, outcomes])).toEqual([
      ["CLIENT_CLOSED", { ...NONE, notApplied: 1 }],
      ["CLIENT_CLOSED", { ...NONE, notApplied: 1 }],
    ]);
  });

  test("of two writes to one key that was refused, both count as failed", async () => {
    await servers.node.command("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@all", "-set");
    await using client = await connect(servers.url, { username: "reader", password: "pw" });
    const call = client.mset([
      ["twice", "1"],
      ["twice", "2"],
    ]);
    await expect(call).rejects.toMatchObject({ code: "NOPERM" });
    const { outcomes } = watch.last;
    expect(outcomes!.succeeded).toBe(0);
    expect(outcomes!.failed + outcomes!.notApplied).toBe(2);
  });
});

describeWithServer("what telemetry tells of the data", () => {
  const KEY = "secret-key-4711";
  const VALUE = "secret-value-4711";
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer();
  });
  afterAll(() => servers.stop());

  async function everything(options: { telemetry?: { keys?: boolean } }): Promise<string> {
    await using client = await connect(servers.url, options);
    const store = new RecordStore<string>(client);
    const packed = new RecordStore<string>(client, { layout: "packed" });
    await client.mset([[KEY, VALUE]]);
    await client.mget([KEY]);
    await client.mgetSettled([Buffer.from(KEY)]);
    await store.putMany([{ key: KEY, metadata: VALUE, bytes: Buffer.from(VALUE) }]);
    await store.getMany([KEY]);
    await client.batch().call("HGET", KEY, VALUE).call("NOSUCHCOMMAND", KEY, VALUE).call("PING").exec();
    const script = `return redis.error_reply(KEYS[1] .. ' ' .. ARGV[1])`;
    await client.batch().call("EVAL", script, 1, KEY, VALUE).exec();
    await servers.node.command("LPUSH", `${KEY}:packed`, VALUE);
    await expect(packed.getMany([KEY])).rejects.toMatchObject({ name: "BatchError" });
    await servers.node.command("DEL", `${KEY}:packed`);
    const abort = new AbortController();
    abort.abort(new Error(VALUE));
    await expect(client.mget([KEY], { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(watch.calls.length).toBeGreaterThan(6);
    return inspect([watch.batches, watch.writes, watch.events], { depth: 12, maxArrayLength: null });
  }

  test("is neither a key nor a value, in whatever it publishes", async () => {
    const text = await everything({});
    expect(text).not.toContain("4711");
    expect(text).not.toContain(Buffer.from("4711").toString("hex").match(/../g)!.join(" "));
  });

  test("is the keys as they were given, and the errors' texts, where the client is asked to", async () => {
    const text = await everything({ telemetry: { keys: true } });
    expect(text).toContain(KEY);
    const byOperation = (name: string) => watch.calls.filter(({ operation }) => operation === name);
    expect(byOperation("mget")[0]!.keys).toEqual([KEY]);
    expect(byOperation("mgetSettled")[0]!.keys).toEqual([Buffer.from(KEY)]);
    expect(byOperation("getMany")[0]!.keys).toEqual([KEY]);
    expect(byOperation("batch")[0]!.keys).toEqual([KEY, KEY, undefined]);
    expect(byOperation("getMany")[1]!.error!.message).toMatch(/WRONGTYPE/);
  });

  test("is asked for by an option that knows nothing else", async () => {
    const bad = (telemetry: unknown) => connect(servers.url, { telemetry: telemetry as never });
    for (const telemetry of [true, null, { keys: 1 }, { values: true }])
      await expect(bad(telemetry)).rejects.toMatchObject({ code: "BAD_OPTION", name: "ConfigError" });
  });
});
