import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { describeWithServer, type RigServers, startProxy, startServer, until } from "../rig/index.ts";
import { BULK, MIB, PATIENT, turn, watchNodes } from "./lane-calls.ts";

/** Of bytes in flight on a bulk connection. */
const BULK_WINDOW = 4 * MIB;

describeWithServer("the bulk lane in trouble", () => {
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer();
  });
  afterAll(() => servers.stop());

  test("answers a main call while every answer to the bulk lane is withheld, and stays the node's business alone", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, {
      cluster: false,
      deadNodeTimeoutMs: 3_000,
      timeoutMs: 30_000,
    });
    await client.mset([["quiet", "v"]], BULK);
    const seen = watchNodes(client);
    let withheld = true;
    proxy.transform("toClient", (chunk, connection) => (withheld && connection > 0 ? [] : [chunk]));
    const bulk = client.mget(["quiet"], BULK);
    for (let i = 0; i < 20; i++) expect((await client.mget(["quiet"])).map(String)).toEqual(["v"]);
    await until("the bulk connection is suspected", () => client.stats().suspicions > 0);
    withheld = false;
    expect((await bulk).map(String)).toEqual(["v"]);
    expect((await client.mget(["quiet"])).map(String)).toEqual(["v"]);
    expect(seen).toEqual([]);
    expect(client.stats().reconnects).toBeGreaterThan(0);
  });

  test("settles with the main lane when the node falls silent, and the node is suspected", async () => {
    await using proxy = await startProxy(servers.node.port);
    const client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 1_000, retry: "never" });
    await client.mset([["silent", "v"]], BULK);
    const suspected: boolean[] = [];
    client.on("nodeDown", (event) => suspected.push(event.suspected));
    proxy.pause();
    const outcomes = await Promise.allSettled([
      client.mset([["silent", "1"]], { timeoutMs: 30_000 }),
      client.mset([["silent", "2"]], { ...BULK, timeoutMs: 30_000 }),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "NODE_SILENT" } });
    }
    await until("the node is suspected", () => suspected.includes(true));
    await client.close();
    expect(client.stats()).toMatchObject({ openConnections: 0, inFlightBytes: 0, queuedBytes: 0 });
  });

  test("finds a silent node out although nothing is under way on its main connection", async () => {
    await using proxy = await startProxy(servers.node.port);
    const client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 1_000, retry: "never" });
    await client.mset([["silent", "v"]], BULK);
    const suspected: boolean[] = [];
    client.on("nodeDown", (event) => suspected.push(event.suspected));
    proxy.pause();
    await expect(client.mget(["silent"], { ...BULK, timeoutMs: 30_000 })).rejects.toMatchObject({
      code: "NODE_SILENT",
    });
    await until("the node is suspected", () => suspected.includes(true));
    await client.close();
  });

  test("is connected anew after its connection was killed, and the node was never down", async () => {
    await using client = await connect(servers.url, PATIENT);
    await client.mset([["killed", "v"]], BULK);
    const seen = watchNodes(client);
    const list = String(await servers.node.command("CLIENT", "LIST", "TYPE", "normal"));
    const ids = list
      .split("\n")
      .flatMap((line) => (/cmd=client/.test(line) ? [] : [Number(/^id=(\d+)/.exec(line)?.[1])]));
    await servers.node.command("CLIENT", "KILL", "ID", Math.max(...ids.filter(Number.isInteger)));
    await until("the loss is noticed", () => client.stats().openConnections === 1);
    expect((await client.mget(["killed"], BULK)).map(String)).toEqual(["v"]);
    expect(client.stats()).toMatchObject({ openConnections: 2, reconnects: 1 });
    expect(seen).toEqual([]);
  });

  test("goes over the main connection while the server takes no second one", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, { cluster: false, ...PATIENT });
    const seen = watchNodes(client);
    proxy.refuse();
    await client.mset([["refused", "v"]], BULK);
    expect((await client.mget(["refused"], BULK)).map(String)).toEqual(["v"]);
    expect(client.stats()).toMatchObject({ connections: 1, openConnections: 1 });
    expect(seen).toEqual([]);
    proxy.refuse(false);
    await until("the second connection is there", async () => {
      await client.mget(["refused"], BULK);
      return client.stats().openConnections === 2;
    });
    expect(seen).toEqual([]);
  });

  test("keeps within its window, and an abort takes a waiting call out of the queue", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, { cluster: false, ...PATIENT });
    await client.mset([["abort:0", "v"]], BULK);
    proxy.pause("toServer");
    const value = randomBytes(MIB);
    const first = client.mset(
      [1, 2, 3, 4, 5, 6, 7].map((i) => [`abort:${i}`, value] as const),
      BULK,
    );
    await turn();
    const { inFlightBytes, queuedBytes } = client.stats();
    expect(inFlightBytes).toBeGreaterThan(2 * MIB);
    expect(inFlightBytes).toBeLessThanOrEqual(BULK_WINDOW);
    const controller = new AbortController();
    const second = client.mset([["abort:8", value]], { ...BULK, signal: controller.signal });
    await turn();
    expect(client.stats().queuedBytes - queuedBytes).toBeGreaterThanOrEqual(MIB);
    controller.abort("enough");
    await expect(second).rejects.toMatchObject({
      name: "AbortError",
      cause: "enough",
      results: [{ reason: { name: "NotAppliedError", code: "ABORTED" } }],
    });
    expect(client.stats()).toMatchObject({ inFlightBytes, queuedBytes });
    proxy.resume("toServer");
    await first;
    const stored = await client.mget([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `abort:${n}`));
    expect(stored.map((bytes) => bytes?.equals(value) ?? null)).toEqual([...Array(7).fill(true), null]);
    expect(client.stats()).toMatchObject({ inFlightBytes: 0, queuedBytes: 0 });
  });

  test("finds its way when a primary is killed: what was read is read again, or fails as in the main lane", async () => {
    await using servers = await startServer();
    await using client = await connect(servers.url);
    await client.mset([["dead", "v"]], BULK);
    await servers.kill(servers.node);
    await expect(client.mget(["dead"], { ...BULK, timeoutMs: 300 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await servers.restart(servers.node);
    expect(await client.mget(["dead"], BULK)).toEqual([null]);
  });
});
