import { randomBytes, randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Key, keySlot, keySlots, SlotMap, tagForSlot } from "../../src/slots/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";

const UNITS = ["a", "b", "{", "}", "0", ":", "é", "漢", "💀", "\ud800", "\0", "\r\n"];

function randomText(): string {
  return Array.from({ length: randomInt(60) }, () => UNITS[randomInt(UNITS.length)]).join("");
}

function randomBinary(): Buffer {
  const key = randomBytes(randomInt(200));
  // Braces are rare in random bytes, and what matters here.
  for (let i = randomInt(4); i > 0 && key.length > 0; i--)
    key[randomInt(key.length)] = randomInt(2) ? 0x7b : 0x7d;
  return key;
}

describeWithServer("CLUSTER KEYSLOT of a real server", () => {
  let server: RigServers;

  beforeAll(async () => {
    server = await startServer({ config: { "cluster-enabled": "yes" } });
  });
  afterAll(() => server?.stop());

  test("agrees about 4,000 random keys, texts and bytes", async () => {
    const keys: Key[] = Array.from({ length: 4000 }, (_, i) => (i % 2 ? randomText() : randomBinary()));
    const told = await Promise.all(keys.map((key) => server.node.command("CLUSTER", "KEYSLOT", key)));
    expect(Array.from(keySlots(keys))).toEqual(told);
    expect(keys.map(keySlot)).toEqual(told);
  });

  test("agrees about the tags of all slots", async () => {
    const slots = Array.from({ length: 16384 }, (_, slot) => slot);
    const told = await Promise.all(
      slots.map((slot) => server.node.command("CLUSTER", "KEYSLOT", `{${tagForSlot(slot)}}x`)),
    );
    expect(told).toEqual(slots);
  });
});

describeWithServer("the topology of a real cluster", () => {
  let cluster: RigCluster;

  beforeAll(async () => {
    cluster = await startCluster({ primaries: 3, replicas: 1 });
  });
  afterAll(() => cluster?.stop());

  test("reads the same from CLUSTER SLOTS, SHARDS and NODES, as text and as bytes", async () => {
    const { node } = cluster;
    for (const ask of [node.command.bind(node), node.commandRaw.bind(node)]) {
      const maps = [
        SlotMap.fromClusterSlots(await ask("CLUSTER", "SLOTS"), node.host),
        SlotMap.fromClusterShards(await ask("CLUSTER", "SHARDS"), node.host),
        SlotMap.fromClusterNodes((await ask("CLUSTER", "NODES")) as string, node.host),
      ];
      for (const map of maps) {
        expect(map.coverage).toBe(16384);
        for (const slot of [0, 1, 5460, 5461, 10922, 10923, 16383]) {
          const owner = await cluster.ownerOf(slot);
          expect(map.owner(slot)).toMatchObject({
            id: owner.id,
            host: owner.host,
            port: owner.port,
            role: "primary",
          });
        }
        const replicas = map.nodes.flatMap((primary) => primary.replicas.map(({ port }) => port));
        expect(replicas.sort()).toEqual(cluster.replicas.map(({ port }) => port).sort());
      }
    }
  });
});
