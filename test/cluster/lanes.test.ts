import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CallOptions, connect, RecordStore } from "../../src/index.ts";
import { describeWithServer, type RigServers, startProxy, startScripted, startServer } from "../rig/index.ts";
import { BULK, MIB, PATIENT, turn, watchNodes } from "./lane-calls.ts";

describeWithServer("the bulk lane of one server", () => {
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer();
  });
  afterAll(() => servers.stop());

  test("is a second connection, opened by the first bulk call, and nothing else travels on it", async () => {
    await using proxy = await startProxy(servers.node.port);
    const sent: number[] = [];
    proxy.transform("toServer", (chunk, connection) => {
      sent[connection] = (sent[connection] ?? 0) + chunk.length;
      return [chunk];
    });
    await using client = await connect(proxy.url, { cluster: false, ...PATIENT });
    const seen = watchNodes(client);
    await client.mset([["own", "m"]]);
    expect(client.stats()).toMatchObject({ connections: 1, openConnections: 1 });
    await client.mset([["own", Buffer.alloc(MIB)]], BULK);
    expect(client.stats()).toMatchObject({ connections: 2, openConnections: 2, reconnects: 0 });
    expect(sent[1]).toBeGreaterThan(MIB);
    const before = sent.slice();
    await client.mset([["own", Buffer.alloc(MIB)]], BULK);
    expect(sent[0]).toBe(before[0]);
    await client.mset([["own", Buffer.alloc(MIB)]], { lane: "main" });
    expect(sent[0]! - before[0]!).toBeGreaterThan(MIB);
    expect(sent.length).toBe(2);
    const list = String(await servers.node.command("CLIENT", "LIST", "TYPE", "normal"));
    // The nonce is the last command of each packed write.
    expect(list.match(/cmd=echo/g)?.length).toBe(2);
    expect(seen).toEqual([]);
  });

  test("takes every call, with the same results", async () => {
    await using client = await connect(servers.url);
    const keys = Array.from({ length: 100 }, (_, i) => `every:${i}`);
    await client.mset(
      keys.map((key) => [key, key]),
      { ...BULK, ttlMs: 60_000 },
    );
    expect((await client.mget([...keys, "no"], BULK)).map((v) => v && String(v))).toEqual([...keys, null]);
    expect(await client.exists([...keys, "no"], BULK)).toBe(100);
    expect(await client.touch(keys, BULK)).toBe(100);
    expect(await client.expire(keys, 60_000, BULK)).toBe(100);
    const settled = await client.mgetSettled(["every:1", "no"], BULK);
    expect(
      settled.map((result) => result.status === "fulfilled" && result.value && String(result.value)),
    ).toEqual(["every:1", null]);
    expect((await client.msetSettled([["every:1", "x"]], BULK)).map(({ status }) => status)).toEqual([
      "fulfilled",
    ]);
    const batch = await client.batch().call("INCR", "every:n").call("GET", "every:1").exec(BULK);
    expect(batch).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "fulfilled", value: Buffer.from("x") },
    ]);
    const scanned: string[] = [];
    for await (const key of client.scan("every:*", BULK)) scanned.push(String(key));
    expect(new Set(scanned)).toEqual(new Set([...keys, "every:n"]));
    expect(await client.del(keys.slice(0, 50), BULK)).toBe(50);
    expect(await client.unlink(keys, BULK)).toBe(50);
    expect(client.stats().openConnections).toBe(2);
  });

  test("values of any size arrive whole, however they are cut into portions", async () => {
    await using client = await connect(servers.url, { timeoutMs: 60_000 });
    const sizes = [0, 1, 2_047, 2_048, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, MIB, 20 * MIB, 3, 700_001];
    const entries = sizes.map((size, i) => [`portion:${i}`, randomBytes(size)] as const);
    await Promise.all([client.mset(entries, BULK), client.mset([["portion:x", randomBytes(5 * MIB)]], BULK)]);
    const keys = entries.map(([key]) => key);
    for (const lane of ["bulk", "main"] as const) {
      const values = await client.mget(keys, { lane });
      expect(values.map((value, i) => value?.equals(entries[i]![1]))).toEqual(sizes.map(() => true));
    }
  });

  test("the first read goes alone, since nobody knows how large its answer is", async () => {
    await using proxy = await startProxy(servers.node.port);
    await using client = await connect(proxy.url, { cluster: false, ...PATIENT });
    const value = randomBytes(3 * MIB);
    await client.mset([["first", value]], BULK);
    proxy.pause("toClient");
    const { socketWrites } = client.stats();
    const reads = Array.from({ length: 10 }, () => client.mget(["first"], BULK));
    await turn();
    expect(client.stats().socketWrites - socketWrites).toBe(1);
    proxy.resume("toClient");
    for (const [found] of await Promise.all(reads)) expect(found?.equals(value)).toBe(true);
  });

  test("close() waits for the calls of both lanes and closes both connections", async () => {
    const client = await connect(servers.url);
    await client.mset([["close", "v"]], BULK);
    const value = randomBytes(4 * MIB);
    const bulk = Array.from({ length: 8 }, (_, i) => client.mset([[`close:${i}`, value]], BULK));
    const main = client.mget(["close"]);
    let ended = 0;
    for (const call of [...bulk, main]) void call.then(() => ended++);
    await client.close();
    expect(ended).toBe(9);
    expect(client.stats()).toMatchObject({ openConnections: 0, inFlightBytes: 0, queuedBytes: 0 });
    await expect(client.mget(["close"], BULK)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(await servers.node.command("EXISTS", ...Array.from(bulk, (_, i) => `close:${i}`))).toBe(8);
  });

  test("may be the first that a lazy client uses", async () => {
    await using client = await connect(servers.url, { lazyConnect: true });
    await client.mset([["lazy", "v"]], BULK);
    expect((await client.mget(["lazy"], BULK)).map(String)).toEqual(["v"]);
    expect(client.stats().openConnections).toBe(2);
  });

  test("records travel on it, with the same results", async () => {
    await using client = await connect(servers.url);
    const store = new RecordStore<number>(client);
    const records = Array.from({ length: 40 }, (_, i) => ({
      key: `lane-record:${i}`,
      metadata: i,
      bytes: randomBytes(50_000),
    }));
    const keys = records.map(({ key }) => key);
    await store.putMany(records, BULK);
    for (const lane of ["bulk", "main"] as const) {
      const found = await store.getMany([...keys, "none"], { lane });
      expect(found.map((record) => record?.metadata)).toEqual([
        ...records.map(({ metadata }) => metadata),
        undefined,
      ]);
      for (const [i, { bytes }] of records.entries()) expect(bytes.equals(found[i]!.bytes)).toBe(true);
    }
    expect(await store.containsMany([...keys, "none"], BULK)).toEqual([...keys.map(() => true), false]);
    expect(await store.prefixLength([...keys, "none"], BULK)).toBe(40);
    expect(await store.deleteMany(keys, BULK)).toBe(40);
    expect(client.stats().openConnections).toBe(2);
  });
});

describe("a lane that there is none of", () => {
  test("is refused by every call, before anything is sent", async () => {
    await using server = await startScripted();
    await using client = await connect(server.url, { cluster: false });
    const sent = server.commands.length;
    const store = new RecordStore(client);
    const error = { name: "ConfigError", code: "BAD_OPTION", option: "lane" };
    for (const lane of ["fast", "", null, 1, "MAIN"]) {
      const options = { lane } as CallOptions;
      for (const call of [
        () => client.mget(["a"], options),
        () => client.mset([["a", "b"]], options),
        () => client.exists(["a"], options),
        () => client.batch().call("GET", "a").exec(options),
        () => client.scan("*", options).next(),
        () => store.getMany(["a"], options),
        () => store.putMany([], options),
        () => store.containsMany(["a"], options),
        () => store.deleteMany(["a"], options),
      ]) {
        await expect(call()).rejects.toMatchObject(error);
      }
    }
    expect(server.commands.length).toBe(sent);
  });
});
