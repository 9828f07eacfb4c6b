import { expect, test } from "vitest";
import { BatchError, connect, ServerError } from "../../src/index.ts";
import { describeWithServer, startScripted, startServer } from "../rig/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

async function batchError(call: Promise<unknown>): Promise<BatchError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BatchError);
  return error as BatchError;
}

describeInBothPlaces("a batch of which a part fails", (place) => {
  const KEYS = Array.from({ length: 30 }, (_, i) => `p${i}`);

  async function withLists(...indexes: number[]): Promise<void> {
    await place.client.mset(KEYS.map((key) => [key, `${key}!`]));
    for (const index of indexes) {
      const key = KEYS[index]!;
      const node = await place.nodeOf(key);
      await node.command("DEL", key);
      await node.command("RPUSH", key, "element");
    }
  }

  test("mget rejects with BatchError, whose results hold every value and every error at its index", async () => {
    await withLists(3, 17);
    const error = await batchError(place.client.mget([...KEYS, "none"]));
    expect(error).toMatchObject({ name: "BatchError", code: "WRONGTYPE", keyIndex: expect.any(Number) });
    expect(error.message).toMatch(/^mget: 2 of 31 items failed/);
    expect(error.cause).toBeInstanceOf(ServerError);
    expect(error.results.length).toBe(31);
    error.results.forEach((result, i) => {
      if (i === 3 || i === 17) {
        expect(result).toMatchObject({
          status: "rejected",
          reason: { name: "ServerError", code: "WRONGTYPE", keyIndex: i },
        });
      } else expect(result).toEqual({ status: "fulfilled", value: i === 30 ? null : Buffer.from(`p${i}!`) });
    });
  });

  test("an error of the server names the node, and the slot on a cluster", async () => {
    await withLists(5);
    const [, result] = await place.client.mgetSettled(["p1", "p5"]);
    const { reason } = result as PromiseRejectedResult;
    const node = await place.nodeOf("p5");
    expect(reason).toMatchObject({ node: node.address, keyIndex: 1 });
    expect(reason.slot).toBe(place.isCluster ? await node.command("CLUSTER", "KEYSLOT", "p5") : undefined);
  });

  test("mgetSettled gives the same outcomes and does not reject", async () => {
    await withLists(0, 29);
    const results = await place.client.mgetSettled(KEYS);
    expect(results.filter(({ status }) => status === "rejected").length).toBe(2);
    expect(results[0]).toMatchObject({ reason: { code: "WRONGTYPE", keyIndex: 0 } });
    expect(results[1]).toEqual({ status: "fulfilled", value: Buffer.from("p1!") });
  });

  test("msetSettled gives an outcome per entry, duplicates included", async () => {
    const results = await place.client.msetSettled([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]);
    expect(results).toEqual(Array(3).fill({ status: "fulfilled", value: undefined }));
    expect(String(await place.stored("a"))).toBe("3");
  });
});

describeWithServer("a server whose memory is full", () => {
  test("refuses each write on its own, while reads and deletes of the same batch succeed", async () => {
    await using servers = await startServer({ config: { "maxmemory-policy": "noeviction" } });
    await using client = await connect(servers.url);
    await client.mset([
      ["kept", "v"],
      ["doomed", "v"],
      ["counter", "5"],
    ]);
    await servers.node.command("CONFIG", "SET", "maxmemory", "1");
    const outcomes = await client
      .batch()
      .call("GET", "kept")
      .call("SET", "new", "v")
      .call("DEL", "doomed")
      .call("INCR", "counter")
      .call("GET", "counter")
      .call("GET", "none")
      .exec();
    const oom = { status: "rejected", reason: { name: "ServerError", code: "OOM" } };
    expect(outcomes).toMatchObject([
      { value: Buffer.from("v") },
      { ...oom, reason: { ...oom.reason, keyIndex: 1 } },
      { value: 1 },
      { ...oom, reason: { ...oom.reason, keyIndex: 3 } },
      { value: Buffer.from("5") },
      { value: null },
    ]);
    const error = await batchError(
      client.mset([
        ["x", "1"],
        ["y", "2"],
      ]),
    );
    expect(error).toMatchObject({ code: "OOM", results: [oom, oom] });
    expect(await client.del(["kept", "none"])).toBe(1);
    await servers.node.command("CONFIG", "SET", "maxmemory", "0");
    expect(await client.msetSettled([["x", "1"]])).toMatchObject([{ status: "fulfilled" }]);
    expect(await servers.node.command("DBSIZE")).toBe(2);
  });
});

test("of two writes to one key that are put off, the later one is tried again, and its error is both outcomes, each with its own index", async () => {
  let writes = 0;
  await using server = await startScripted(({ name }) => {
    if (name !== "SET") return undefined;
    writes++;
    return writes <= 2 ? "-LOADING wait\r\n" : "-OOM command not allowed\r\n";
  });
  await using client = await connect(server.url);
  const results = await client.msetSettled([
    ["k", "first"],
    ["k", "second"],
  ]);
  expect(results).toMatchObject([
    { status: "rejected", reason: { name: "ServerError", code: "OOM", keyIndex: 0 } },
    { status: "rejected", reason: { name: "ServerError", code: "OOM", keyIndex: 1 } },
  ]);
  expect((results[0] as PromiseRejectedResult).reason).toBeInstanceOf(ServerError);
  expect(writes).toBe(3);
});
