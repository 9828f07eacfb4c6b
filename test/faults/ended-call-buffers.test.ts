import { expect, test } from "vitest";
import { type CallOptions, connect, msgpackMetadata, RecordStore } from "../../src/index.ts";
import { describeWithServer, startProxy, startServer, until } from "../rig/index.ts";
import { errorOf } from "./outcome.ts";

// Values of 2 KB or more are sent from the caller's own buffers. Once the call has ended they are the caller's again.

const MEGABYTES = 24;
const codec = () => msgpackMetadata<number>();

describeWithServer("the buffers of a call that ended while they were being sent", () => {
  const ends: [string, CallOptions["lane"], boolean][] = [
    ["at its deadline", "main", false],
    ["at its deadline", "bulk", false],
    ["by an abort", "main", true],
    ["by an abort", "bulk", true],
  ];

  test.each(ends)(
    "%s, in the %s lane, are not read any more: no record of mixed bytes",
    async (_, lane, abort) => {
      await using server = await startServer();
      await using proxy = await startProxy(server.node.port);
      await using client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 60_000 });
      const store = new RecordStore(client, { metadata: codec() });
      await store.putMany([{ key: "warm", metadata: 0, bytes: new Uint8Array(10) }], { lane });
      const bytes = new Uint8Array(MEGABYTES * 1024 ** 2).fill(1);
      proxy.pause("toServer");
      const controller = new AbortController();
      const options = abort ? { lane, signal: controller.signal } : { lane, timeoutMs: 300 };
      const ended = errorOf(store.putMany([{ key: "k", metadata: 1, bytes }], options));
      if (abort) {
        await until("it is on its way", () => client.stats().inFlightBytes > 0);
        controller.abort(new Error("enough"));
      }
      expect(await ended).toMatchObject({ code: abort ? "ABORTED" : "TIMEOUT" });
      bytes.fill(2);
      proxy.resume("toServer");
      const bystander = { key: "later", metadata: 2, bytes: new Uint8Array(10).fill(9) };
      await store.putMany([bystander], { lane });
      const [record, later] = await store.getMany(["k", "later"]);
      expect(later?.bytes).toEqual(Buffer.from(bystander.bytes));
      expect(record).toBeNull();
      expect(client.stats().inFlightBytes).toBe(0);
    },
  );

  test("cost the others on that connection nothing but a repetition", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, {
      cluster: false,
      deadNodeTimeoutMs: 60_000,
      timeoutMs: 20_000,
    });
    await client.mset([["small", "value"]]);
    proxy.pause("toServer");
    const large = errorOf(
      client.mset([["large", new Uint8Array(MEGABYTES * 1024 ** 2)]], { timeoutMs: 300 }),
    );
    const read = client.mget(["small"]);
    expect(await large).toMatchObject({
      code: "TIMEOUT",
      results: [{ reason: { name: "OutcomeUnknownError" } }],
    });
    proxy.resume("toServer");
    expect((await read).map(String)).toEqual(["value"]);
    expect(await client.exists(["large"])).toBe(0);
  });

  test("that had left before are no reason to give up the connection", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { cluster: false, deadNodeTimeoutMs: 60_000 });
    await client.mset([["k", "v"]]);
    proxy.pause("toClient");
    await errorOf(client.mset([["k", new Uint8Array(4096)]], { timeoutMs: 200 }));
    proxy.resume("toClient");
    expect(await client.exists(["k"])).toBe(1);
    expect(client.stats()).toMatchObject({ connections: 1, reconnects: 0 });
  });
});
