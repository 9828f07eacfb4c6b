import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type * as Slotpack from "../../src/index.ts";
import type * as EmbeddedServer from "../../src/server/index.ts";
import { BuiltCli } from "../cli/built-cli.ts";
import { describeEachServer } from "../records/each-server.ts";
import { describeWithServer, type RigServers, startScripted, startServer, until } from "../rig/index.ts";
import { chunkOf } from "./chunks.ts";

/** Starting a thread takes its time on a busy machine. */
const PATIENT = { timeoutMs: 30_000 };

// A worker is a file of its own, which Node 20 cannot run as TypeScript: the sources are compiled for these tests.
let built: BuiltCli;
let slotpack: typeof Slotpack;
beforeAll(async () => {
  built = new BuiltCli();
  slotpack = await import(/* @vite-ignore */ builtFile("index.js"));
});
afterAll(() => built[Symbol.dispose]());

function builtFile(name: string): string {
  return pathToFileURL(join(dirname(built.main), "..", name)).href;
}

test("existsSync gets its answer from an embedded server in a worker thread of the same process", async () => {
  const { startCluster }: typeof EmbeddedServer = await import(
    /* @vite-ignore */ builtFile("server/index.js")
  );
  await using cluster = await startCluster({ workers: 1 });
  const connector = await slotpack.KvConnector.connect(cluster.url, PATIENT);
  expect(connector.existsSync("k")).toBe(false);
  await connector.put("k", chunkOf(100));
  expect(connector.existsSync("k")).toBe(true);
  await connector.close();
});

describeEachServer("existsSync", (on) => {
  let connector: Slotpack.KvConnector;
  beforeAll(async () => {
    connector = await slotpack.KvConnector.connect(on.servers.url, { ...PATIENT, readLayouts: "any" });
  });
  afterAll(() => connector.close());
  beforeEach(() => on.flush());

  test("tells before it returns whether a record is whole", async () => {
    expect(connector.existsSync("k")).toBe(false);
    await connector.put("k", chunkOf(100));
    expect(connector.existsSync("k")).toBe(true);
    await on.command("{k}:kv_bytes", "DEL", "{k}:kv_bytes");
    expect(connector.existsSync("k")).toBe(false);
    await connector.put("empty", { ...chunkOf(0), bytes: new Uint8Array(0) });
    expect(connector.existsSync("empty")).toBe(true);
    await on.command("{k}:kv_bytes", "SET", "{k}:kv_bytes", "torn");
    expect(connector.existsSync("k")).toBe(false);
  });

  test("finds records of every layout", async () => {
    for (const layout of ["upstream-pair", "colon-pair", "packed"] as const) {
      const writer = new slotpack.KvConnector(connector.client, { layout });
      await writer.put(layout, chunkOf(50));
      expect(connector.existsSync(layout)).toBe(true);
      await writer.close();
    }
    await on.command("none:packed", "HSET", "none:packed", "a", "hash");
    expect(connector.existsSync("none")).toBe(false);
    const values = new slotpack.KvConnector(connector.client, {
      layout: "value-only",
      valueMetadata: (length) => (length === 16 ? chunkOf(16).metadata : undefined),
    });
    await values.put("value", chunkOf(16));
    await on.command("other", "SET", "other", "x");
    expect(["value", "other", "none"].map((key) => values.existsSync(key))).toEqual([true, false, false]);
    await values.close();
  });

  test("knows the client's key prefix and the salt", async () => {
    const prefixed = await slotpack.KvConnector.connect(on.servers.url, {
      ...PATIENT,
      keyPrefix: "p:",
      salt: "s",
    });
    await prefixed.put("k", chunkOf(10));
    expect(prefixed.existsSync("k")).toBe(true);
    expect(await on.command("p:{k@s}:metadata", "EXISTS", "p:{k@s}:metadata")).toBe(1);
    expect(connector.existsSync("k")).toBe(false);
    await prefixed.close();
  });
});

describeWithServer("existsSync and its thread", () => {
  let server: RigServers;
  const open: Slotpack.KvConnector[] = [];
  beforeAll(async () => {
    server = await startServer({ config: { requirepass: "sesame" } });
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    for (const connector of open.splice(0)) await connector.close();
  });

  async function connect(...args: Parameters<typeof Slotpack.KvConnector.connect>) {
    const connector = await slotpack.KvConnector.connect(...args);
    open.push(connector as Slotpack.KvConnector);
    return connector as Slotpack.KvConnector;
  }

  test("takes along credentials, also those that a function gives", async () => {
    const { host, port } = server.node;
    const fixed = await connect(`redis://:sesame@${host}:${port}`, PATIENT);
    await fixed.put("k", chunkOf(10));
    expect(fixed.existsSync("k")).toBe(true);
    const asked = await connect({ host, port, credentials: async () => ({ password: "sesame" }) }, PATIENT);
    expect(asked.existsSync("k")).toBe(true);
  });

  test("throws the error that exists() rejects with, and recovers", async () => {
    const { host, port } = server.node;
    let password = "sesame";
    const connector = await connect({ host, port, credentials: () => ({ password }), lazyConnect: true });
    expect(() => connector.existsSync("k", PATIENT)).toThrow(slotpack.ConfigError);
    expect(await connector.exists("k")).toBe(true);
    await server.node.command("CONFIG", "SET", "requirepass", "changed");
    const failure = thrown(() => connector.existsSync("k", PATIENT));
    expect(failure).toBeInstanceOf(slotpack.BatchError);
    expect(failure).toMatchObject({ code: "CONNECT_FAILED" });
    expect(String(failure)).not.toContain("sesame");
    password = "changed";
    await server.node.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await connector.exists("k");
    expect(connector.existsSync("k", PATIENT)).toBe(true);
    await server.node.command("CONFIG", "SET", "requirepass", "sesame");
  });

  test("gives up at its deadline when nobody answers", async () => {
    await using silent = await startScripted(({ name }) => (name === "STRLEN" ? null : undefined));
    const connector = await connect(silent.url);
    // The thread is there and connected before the clock matters.
    expect(thrown(() => connector.existsSync("k", { timeoutMs: 3000 }))).toBeInstanceOf(
      slotpack.TimeoutError,
    );
    const began = performance.now();
    const failure = thrown(() => connector.existsSync("k", { timeoutMs: 300 }));
    expect(failure).toBeInstanceOf(slotpack.TimeoutError);
    expect(failure).toMatchObject({ code: "TIMEOUT" });
    expect(performance.now() - began).toBeGreaterThanOrEqual(299);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test("answers when its thread has started, though no call can wait for that", async () => {
    const { host, port } = server.node;
    const connector = await connect(`redis://:sesame@${host}:${port}`);
    await connector.put("k", chunkOf(10));
    // Each is over before a thread has started.
    await until("it answers", () => connector.existsSync("k", { timeoutMs: 20 }), 50_000);
  });

  test("tells why nothing could be reached, though no call can wait for its thread", async () => {
    const gone = await startServer();
    const { host, port } = gone.node;
    await gone.stop();
    const connector = await connect({ host, port, lazyConnect: true });
    const why = () => thrown(() => connector.existsSync("k", { timeoutMs: 20 })) as Error;
    await until("the cause is told", () => String(why().cause).includes("ECONNREFUSED"), 50_000);
  });

  test("refuses calls once the client is closed, whoever made it", async () => {
    const { host, port } = server.node;
    const owner = await connect(`redis://:sesame@${host}:${port}`, PATIENT);
    const guest = new slotpack.KvConnector(owner.client);
    expect(guest.existsSync("none")).toBe(false);
    await owner.client.close();
    for (const failure of [
      thrown(() => guest.existsSync("none")),
      await guest.exists("none").catch((e) => e),
    ]) {
      expect(failure).toBeInstanceOf(slotpack.NotAppliedError);
      expect(failure).toMatchObject({ code: "CLIENT_CLOSED" });
    }
    await guest.close();
  });

  test("starts another thread when its own has died", async () => {
    const started: Worker[] = [];
    const note = (worker: Worker) => started.push(worker);
    process.on("worker", note);
    try {
      const { host, port } = server.node;
      const connector = await connect(`redis://:sesame@${host}:${port}`, PATIENT);
      await connector.put("k", chunkOf(10));
      expect([connector.existsSync("k"), connector.existsSync("none")]).toEqual([true, false]);
      await until("the thread is announced", () => started.length === 1);
      await started[0]!.terminate();
      expect(connector.existsSync("k")).toBe(true);
      await until("another thread is announced", () => started.length === 2);
      const ended = once(started[1]!, "exit");
      await connector.close();
      await ended;
      expect(() => connector.existsSync("k")).toThrow(/closed/);
    } finally {
      process.off("worker", note);
    }
  });

  test("keeps no process alive with its thread", async () => {
    const { host, port } = server.node;
    const script = `
      import { connect, KvConnector } from ${JSON.stringify(builtFile("index.js"))};
      const client = await connect("redis://:sesame@${host}:${port}");
      console.log(new KvConnector(client).existsSync("none", { timeoutMs: 30_000 }));
      await client.close();
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, "close");
    expect([code, output]).toEqual([0, "false\n"]);
  });

  test("refuses a target that cannot cross a thread, in so many words", async () => {
    const { host, port } = server.node;
    const redis = new Redis({ host, port, password: "sesame", lazyConnect: true });
    const connector = await connect(redis as never);
    expect(thrown(() => connector.existsSync("k"))).toMatchObject({
      code: "UNSUPPORTED_TARGET",
      message: expect.stringContaining("an ioredis instance"),
    });
    redis.disconnect();
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
