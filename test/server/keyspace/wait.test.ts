import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, type Server, startServer } from "../../../src/server/index.ts";
import { until } from "../../rig/index.ts";
import { RespClient } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";

describe("WAIT", () => {
  let clock: ManualClock;
  let server: Server;
  let client: RespClient;
  beforeEach(async () => {
    clock = new ManualClock();
    server = await startServer({ clock });
    client = await RespClient.connect(server.port);
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  /** A WAIT that is held back; its reply is within, for a promise of a promise would be waited for. */
  async function waiting(replicas: number, timeoutMs: number): Promise<{ reply: Promise<WireReply> }> {
    const reply = client.call("WAIT", replicas, timeoutMs);
    await until("the connection is blocked", () =>
      [...server.node.clients].some(({ blocked }) => blocked !== undefined),
    );
    return { reply };
  }

  test("answers at once where enough replicas have everything, and in a transaction", async () => {
    expect(await client.call("WAIT", 0, 0)).toBe(":0");
    const run = [["MULTI"], ["WAIT", 3, 0], ["EXEC"]];
    expect((await client.pipeline(run)).at(-1)).toEqual(["*", ":0"]);
    server.node.hooks.acknowledged.push(() => 2);
    expect(await client.call("WAIT", 2, 0)).toBe(":2");
  });

  test("answers how many there were when its time is over", async () => {
    const { reply } = await waiting(1, 5000);
    await clock.advance(5000);
    expect(await reply).toBe(":0");
    expect(await client.call("PING")).toBe("+PONG");
  });

  test("answers when a replica acknowledges, and when the connection is unblocked", async () => {
    let acknowledged = 0;
    server.node.hooks.acknowledged.push(() => acknowledged);
    const first = await waiting(1, 0);
    acknowledged = 1;
    for (const { blocked } of server.node.clients) blocked?.replicaAcknowledged?.();
    expect(await first.reply).toBe(":1");
    acknowledged = 0;
    const second = await waiting(1, 0);
    const other = await RespClient.connect(server.port);
    const id = [...server.node.clients].find(({ blocked }) => blocked !== undefined)?.id as number;
    expect(await other.call("CLIENT", "UNBLOCK", id, "ERROR")).toBe(":1");
    expect(await second.reply).toBe("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
    other.close();
  });
});
