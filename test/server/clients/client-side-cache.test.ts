import { BasicClientSideCache, createClient } from "redis";
import { afterEach, expect, test } from "vitest";
import { type Server, startServer } from "../../../src/server/index.ts";
import { until } from "../../rig/index.ts";
import { RespClient } from "../resp-client.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

async function start(): Promise<{ server: Server; writer: RespClient }> {
  const server = await startServer();
  const writer = await RespClient.connect(server.port);
  open.push(server, writer);
  return { server, writer };
}

test("node-redis keeps what it read until the server tells of a change", async () => {
  const { server, writer } = await start();
  const cache = new BasicClientSideCache({ maxEntries: 100 });
  const client = createClient({ url: server.url, RESP: 3, clientSideCache: cache });
  client.on("error", () => {});
  await client.connect();
  open.push({ close: () => client.destroy() });
  await writer.call("SET", "k", "1");
  for (let round = 0; round < 3; round += 1) expect(await client.get("k")).toBe("1");
  expect(await client.get("none")).toBeNull();
  expect(server.node.commands.find("get")?.calls).toBe(2);
  expect(cache.stats().hitCount).toBe(2);
  await writer.call("SET", "k", "2");
  await until("it is told", async () => (await client.get("k")) === "2");
  await client.set("k", "3");
  expect(await client.get("k")).toBe("3");
  await writer.call("SET", "k", "4", "PX", 20);
  await until("it is told that the key expired", async () => (await client.get("k")) === null);
  await writer.call("SET", "k", "5");
  await until("it is told", async () => (await client.get("k")) === "5");
  await writer.call("FLUSHALL");
  await until("it is told of FLUSHALL", async () => (await client.get("k")) === null);
});
