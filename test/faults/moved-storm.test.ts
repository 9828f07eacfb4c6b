import { describe, expect, test } from "vitest";
import { connect, NotAppliedError, type SlotClient } from "../../src/index.ts";
import { keySlot } from "../../src/slots/index.ts";
import { resp, type ScriptedServer, startScriptedCluster } from "../rig/index.ts";
import { errorOf } from "./outcome.ts";

// Rows 4, 5 and 32: redirections that lead nowhere.

function count(servers: readonly ScriptedServer[], name: string): number {
  return servers.reduce((sum, server) => sum + server.names.filter((seen) => seen === name).length, 0);
}

async function expectTooMany(client: SlotClient, key: string): Promise<void> {
  const error = await errorOf(client.mget([key]));
  expect(error.code).toBe("TOO_MANY_REDIRECTIONS");
  const [outcome] = error.results;
  const reason = (outcome as PromiseRejectedResult).reason as NotAppliedError;
  expect(reason).toBeInstanceOf(NotAppliedError);
  expect(reason.keyIndex).toBe(0);
  expect(String((reason.cause as Error).message)).toMatch(/^MOVED /);
}

describe("a node that sends commands to itself", () => {
  test("is connected to anew once, then the redirections run out", async () => {
    const [server] = (await startScriptedCluster(1, (_, { name, text }) =>
      name === "GET" ? `-MOVED ${keySlot(text[0] as string)} ${self()}\r\n` : undefined,
    )) as [ScriptedServer];
    const self = () => server.address;
    await using _ = server;
    await using client = await connect(server.url);
    await Promise.all(["a", "b", "c"].map((key) => expectTooMany(client, key)));
    expect(count([server], "GET")).toBe(3 * 17);
    expect(server.accepted).toBe(2);
    expect(client.stats().reconnects).toBe(1);
    await expectTooMany(client, "d");
    expect(server.accepted).toBe(2);
  });

  test("is found again when its name has come to stand for another machine", async () => {
    const [server] = (await startScriptedCluster(1, (_, { name, text }, { index }) => {
      if (name !== "GET") return undefined;
      return index === 0
        ? `-MOVED ${keySlot(text[0] as string)} ${self()}\r\n`
        : resp("from the new machine");
    })) as [ScriptedServer];
    const self = () => server.address;
    await using _ = server;
    await using client = await connect(server.url);
    const values = await client.mget(["a", "b", "c"]);
    expect(values.map(String)).toEqual(Array(3).fill("from the new machine"));
    expect(server.accepted).toBe(2);
  });

  test("keeps what else is in flight on its connection", async () => {
    let release: (answer: Buffer) => void = () => {};
    const [server] = (await startScriptedCluster(1, (_, { name, text }) => {
      if (name === "GET") return `-MOVED ${keySlot(text[0] as string)} ${self()}\r\n`;
      if (name === "STRLEN") return new Promise<Buffer>((resolve) => (release = resolve));
      return undefined;
    })) as [ScriptedServer];
    const self = () => server.address;
    await using _ = server;
    await using client = await connect(server.url);
    const moved = expectTooMany(client, "a");
    const slow = client.batch().call("STRLEN", "b").exec();
    await expect.poll(() => count([server], "STRLEN")).toBe(1);
    expect(server.accepted).toBe(1);
    release(resp(7));
    expect(await slow).toEqual([{ status: "fulfilled", value: 7 }]);
    await moved;
    expect(server.accepted).toBe(2);
  });
});

describe("two nodes that send a command to each other", () => {
  test.each([16, 3, 0])(
    "stop it after %i redirections, with the last one as cause",
    async (maxRedirections) => {
      const servers = await startScriptedCluster(2, (node, { name, text }) =>
        name === "GET" ? `-MOVED ${keySlot(text[0] as string)} ${servers[1 - node]?.address}\r\n` : undefined,
      );
      await using _first = servers[0] as ScriptedServer;
      await using _second = servers[1] as ScriptedServer;
      await using client = await connect(servers.map(({ url }) => url).join(","), { maxRedirections });
      const cpuBefore = process.cpuUsage();
      const began = performance.now();
      await expectTooMany(client, "key");
      const elapsedMs = performance.now() - began;
      const cpu = process.cpuUsage(cpuBefore);
      expect(count(servers, "GET")).toBe(maxRedirections + 1);
      expect(client.stats().moved).toBe(maxRedirections);
      if (maxRedirections < 16) return;
      // The later hops wait: twelve times 8 ms at the least, most of them 100 ms.
      expect(elapsedMs).toBeGreaterThan(500);
      expect((cpu.user + cpu.system) / 1000).toBeLessThan(elapsedMs);
      expect(count(servers, "CLUSTER")).toBeLessThan(4 + 2 * Math.ceil(elapsedMs / 1000));
    },
  );

  test("by ASK are stopped in the same way", async () => {
    const servers = await startScriptedCluster(2, (node, { name, text }) =>
      name === "GET" ? `-ASK ${keySlot(text[0] as string)} ${servers[1 - node]?.address}\r\n` : undefined,
    );
    await using _first = servers[0] as ScriptedServer;
    await using _second = servers[1] as ScriptedServer;
    await using client = await connect(servers.map(({ url }) => url).join(","), { maxRedirections: 5 });
    const error = await errorOf(client.mget(["key"]));
    expect(error.code).toBe("TOO_MANY_REDIRECTIONS");
    expect(count(servers, "GET")).toBe(6);
  });

  test("leave the other commands of the batch alone", async () => {
    const servers = await startScriptedCluster(2, (node, { name, text }) => {
      if (name !== "GET") return undefined;
      return text[0] === "bad"
        ? `-MOVED ${keySlot("bad")} ${servers[1 - node]?.address}\r\n`
        : resp(`is ${text[0]}`);
    });
    await using _first = servers[0] as ScriptedServer;
    await using _second = servers[1] as ScriptedServer;
    await using client = await connect(servers.map(({ url }) => url).join(","));
    const keys = ["a", "bad", "b", "c"];
    const outcomes = await client.mgetSettled(keys);
    expect(
      outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? String(outcome.value) : outcome.reason.code,
      ),
    ).toEqual(["is a", "TOO_MANY_REDIRECTIONS", "is b", "is c"]);
    expect(servers.flatMap(({ commands }) => commands.filter(({ text }) => text[0] === "a"))).toHaveLength(1);
  });
});
