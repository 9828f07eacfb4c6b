import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { keySlot } from "../../src/slots/index.ts";
import {
  abandonMigration,
  describeWithServer,
  type RigCluster,
  type RigNode,
  resp,
  type ScriptedServer,
  startCluster,
  startScriptedCluster,
} from "../rig/index.ts";
import { replyOf } from "./outcome.ts";

// Rows 8, 9 and 10: ASK for single commands, reads, writes and transactions.

describe("ASK on the wire", () => {
  /** Node 0 has all slots and no key that begins with "gone"; node 1 has those. */
  async function startHalves(): Promise<readonly [ScriptedServer, ScriptedServer]> {
    const servers = await startScriptedCluster(2, (node, { name, text: [key = ""] }) => {
      if (!["GET", "SET", "INCR"].includes(name)) return undefined;
      if (node === 0 && key.startsWith("gone")) return `-ASK ${keySlot(key)} ${servers[1]?.address}\r\n`;
      if (name === "SET") return "+OK\r\n";
      return name === "INCR" ? resp(node + 1) : resp(`${key} of ${node}`);
    });
    const [source, target] = servers as [ScriptedServer, ScriptedServer];
    const node = { host: source.host, port: source.port, id: "a".repeat(40) };
    source.topology = [{ first: 0, last: 16_383, nodes: [node] }];
    target.topology = source.topology;
    return [source, target];
  }

  test("puts exactly one ASKING right in front of each command, in one write, and leaves the slot table alone", async () => {
    const [source, target] = await startHalves();
    await using _source = source;
    await using _target = target;
    await using client = await connect(source.url);
    const map = client.topology();
    const version = map?.version;
    const keys = ["stay1", "gone1", "stay2", "gone2", "gone3"];
    expect((await client.mget(keys)).map(String)).toEqual(
      keys.map((key) => `${key} of ${key.startsWith("gone") ? 1 : 0}`),
    );
    const asked = target.names.filter((name) => ["ASKING", "GET"].includes(name));
    expect(asked).toEqual(["ASKING", "GET", "ASKING", "GET", "ASKING", "GET"]);
    expect(source.names.filter((name) => name === "GET")).toHaveLength(5);
    expect(client.topology()).toBe(map);
    expect(map?.version).toBe(version);
    expect(client.stats()).toMatchObject({ ask: 3, moved: 0, retries: 0 });
    // The table still says node 0: the next call asks there first.
    await client.mget(["gone1"]);
    expect(source.names.filter((name) => name === "GET")).toHaveLength(6);
  });

  test("holds for writes and for the commands of a batch, whose others are not sent again", async () => {
    const [source, target] = await startHalves();
    await using _source = source;
    await using _target = target;
    await using client = await connect(source.url);
    await client.mset([
      ["stay", "1"],
      ["gone", "2"],
    ]);
    const outcomes = await client
      .batch()
      .call("INCR", "stay")
      .call("INCR", "gone")
      .call("GET", "stay2")
      .exec();
    expect(outcomes.map(replyOf)).toEqual([1, 2, "stay2 of 0"]);
    const writes = [source, target].map(({ commands }) =>
      commands
        .filter(({ name }) => name === "SET" || name === "INCR")
        .map(({ name, text }) => `${name} ${text[0]}`),
    );
    expect(writes).toEqual([
      ["SET stay", "SET gone", "INCR stay", "INCR gone"],
      ["SET gone", "INCR gone"],
    ]);
  });
});

describeWithServer("a half-migrated slot", () => {
  let cluster: RigCluster;
  const tag = "half";
  const slot = keySlot(tag);
  let from: RigNode;
  let to: RigNode;

  beforeAll(async () => {
    cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
    from = await cluster.ownerOf(slot);
    to = cluster.primaries.find((node) => node !== from) as RigNode;
    for (let i = 0; i < 40; i++) await from.command("SET", `{${tag}}${i}`, `value ${i}`);
    await cluster.migrateSlot(slot, from, to, { keys: "half", finish: false });
  });
  afterAll(async () => {
    await abandonMigration(slot, from, to);
    await cluster.stop();
  });

  const keys = Array.from({ length: 45 }, (_, i) => `{${tag}}${i}`);
  const values = keys.map((_, i) => (i < 40 ? `value ${i}` : null));

  test("answers every key of an mget at its index, and null only for what does not exist", async () => {
    await using client = await connect(cluster.url);
    const owner = client.topology()?.owner(slot);
    expect((await client.mget(keys)).map((value) => value && String(value))).toEqual(values);
    expect(client.stats()).toMatchObject({ ask: 25, moved: 0 });
    expect(client.topology()?.owner(slot)).toBe(owner);
  });

  test("answers a batch of GETs in the same way, with keys of other slots between them", async () => {
    await using client = await connect(cluster.url);
    await client.mset(keys.map((_, i) => [`other${i}`, `other ${i}`]));
    const batch = client.batch();
    keys.forEach((key, i) => {
      batch.call("GET", key).call("GET", `other${i}`);
    });
    const replies = (await batch.exec()).map(replyOf);
    expect(replies).toEqual(values.flatMap((value, i) => [value, `other ${i}`]));
  });

  test("keeps the order of commands on one key, on either side and on neither yet", async () => {
    await using client = await connect(cluster.url);
    const names = ["{half}list", ...Array.from({ length: 10 }, (_, i) => `{half}fresh${i}`)];
    const batch = client.batch();
    for (let i = 0; i < 20; i++) for (const name of names) batch.call("RPUSH", name, i);
    for (const name of names) batch.call("LRANGE", name, 0, -1);
    const outcomes = (await batch.exec()).map(replyOf);
    const expected = Array.from({ length: 20 }, (_, i) => String(i));
    expect(outcomes.slice(-names.length)).toEqual(names.map(() => expected));
    expect(outcomes.slice(0, names.length)).toEqual(names.map(() => 1));
    expect(await client.del(names)).toBe(names.length);
  });

  test("runs a transaction of a batch whole on the side that has its key", async () => {
    await using client = await connect(cluster.url);
    const moved = await to.command("CLUSTER", "COUNTKEYSINSLOT", slot);
    expect(moved).toBe(20);
    const batch = client.batch();
    for (let i = 0; i < 40; i++) batch.call("APPEND", `{half}${i}`, "!").call("STRLEN", `{half}${i}`);
    const replies = (await batch.exec()).map(replyOf);
    const lengths = Array.from({ length: 40 }, (_, i) => `value ${i}!`.length);
    expect(replies).toEqual(lengths.flatMap((length) => [length, length]));
    const [here, there] = await Promise.all(
      [from, to].map((node) => node.command("CLUSTER", "COUNTKEYSINSLOT", slot)),
    );
    expect([here, there]).toEqual([20, 20]);
    await client.mset(values.slice(0, 40).map((value, i) => [`{half}${i}`, value as string]));
  });

  test("counts what del, exists, touch and expire find on both sides", async () => {
    await using client = await connect(cluster.url);
    expect(await client.exists(keys)).toBe(40);
    expect(await client.touch(keys)).toBe(40);
    expect(await client.expire(keys, 3_600_000)).toBe(40);
    expect(await client.del(keys.slice(30))).toBe(10);
    await client.mset(keys.slice(30, 40).map((key, i) => [key, `value ${30 + i}`]));
    expect(await client.exists(keys)).toBe(40);
  });
});
