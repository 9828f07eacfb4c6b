import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import {
  type ClusterProxies,
  describeWithServer,
  type RigCluster,
  startCluster,
  startClusterProxies,
} from "../rig/index.ts";

const KEYS = Array.from({ length: 200 }, (_, i) => `k${i}`);

describeWithServer("natMap", () => {
  let cluster: RigCluster;
  let outside: ClusterProxies;
  beforeAll(async () => {
    cluster = await startCluster();
    outside = await startClusterProxies(cluster.primaries);
  });
  afterAll(async () => {
    await outside.stop();
    await cluster.stop();
  });
  const accepted = () => [...outside.proxies.values()].map((proxy) => proxy.accepted);

  test("every node is reached where the map says, one connection each", async () => {
    const before = accepted();
    await using client = await connect(outside.url, { natMap: outside.natMap });
    await client.mset(KEYS.map((key) => [key, key]));
    expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
    expect(accepted().map((count, i) => count - before[i]!)).toEqual([1, 1, 1]);
    for (const proxy of outside.proxies.values()) expect(proxy.connections).toBe(1);
  });

  test("the topology shows the nodes as the cluster announces them, errors the address that was used", async () => {
    await using client = await connect(outside.url, { natMap: outside.natMap });
    const announced = client.topology()!.nodes.map(({ host, port }) => `${host}:${port}`);
    expect(announced.toSorted()).toEqual(cluster.primaries.map((node) => node.address).toSorted());
    const owner = await cluster.ownerOf(await cluster.slotOf("text"));
    await client.mset([["text", "v"]]);
    const [outcome] = await client.batch().call("LPUSH", "text", "v").exec();
    const { node } = (outcome as PromiseRejectedResult).reason as { node: string };
    expect(node).toBe(outside.proxies.get(owner.port)!.address);
  });

  test("a redirect to an announced address is followed through the map", async () => {
    await using client = await connect(outside.url, { natMap: outside.natMap });
    const key = "{moving}1";
    await client.mset([[key, "v"]]);
    const slot = await cluster.slotOf(key);
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from)!;
    const redirects: object[] = [];
    client.on("redirect", (event) => redirects.push(event));
    await cluster.migrateSlot(slot, from, to);
    expect(String((await client.mget([key]))[0])).toBe("v");
    await new Promise((resolve) => setImmediate(resolve));
    const address = (port: number) => outside.proxies.get(port)!.address;
    expect(redirects).toEqual([{ kind: "moved", slot, from: address(from.port), to: address(to.port) }]);
  });

  test.each([
    ["a map that is none", "10.0.0.1:6379"],
    ["an entry without a port", { "10.0.0.1:6379": { host: "h" } }],
  ])("%s is refused", async (_, natMap) => {
    await expect(connect(cluster.url, { natMap: natMap as never })).rejects.toMatchObject({
      code: "BAD_OPTION",
      option: expect.stringMatching(/^natMap/),
    });
  });
});
