import { expect, test } from "vitest";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { countPromises } from "./promise-count.ts";
import { startScripted } from "./scripted.ts";
import { countSocketWrites } from "./socket-writes.ts";

test("socket writes are counted by the port they go to", async () => {
  await using one = await startScripted();
  await using other = await startScripted();
  const clients = [new CommandConnection(one.port), new CommandConnection(other.port)] as const;
  await Promise.all(clients.map((client) => client.send("PING")));
  const { byPort } = await countSocketWrites(async () => {
    await clients[0].send("PING");
    await clients[0].send("PING");
    await clients[1].send("ECHO", "xyz");
  });
  expect(byPort.get(one.port)).toEqual({ writes: 2, bytes: 28 });
  expect(byPort.get(other.port)).toEqual({ writes: 1, bytes: 23 });
  for (const client of clients) client.close();
});

test("nothing is counted any more after a run, also a failed one", async () => {
  await using server = await startScripted();
  const client = new CommandConnection(server.port);
  await client.send("PING");
  await expect(countSocketWrites(() => Promise.reject(new Error("run")))).rejects.toThrow("run");
  const { writes } = await countSocketWrites(() => 1);
  await client.send("PING");
  expect(writes).toBe(0);
  client.close();
});

test("promises are counted as async_hooks sees them", async () => {
  const none = await countPromises(() => Promise.resolve(1));
  const many = await countPromises(async () => {
    for (let index = 0; index < 100; index++) void Promise.resolve(index);
    return 1;
  });
  // The runner's own reporting makes a few in the background.
  expect(many.promises).toBeGreaterThanOrEqual(100);
  expect(many.promises).toBeLessThan(130);
  expect(none.promises).toBeLessThan(30);
});
