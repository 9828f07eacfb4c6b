import { describe, expect, test } from "vitest";
import { connect, NotAppliedError } from "../../src/index.ts";
import {
  describeWithServer,
  resp,
  type ScriptedServer,
  startCluster,
  startScriptedCluster,
  startServer,
} from "../rig/index.ts";
import { replyOf } from "./outcome.ts";

// Row 13: keys of one command in different slots.

describe("a command whose keys lie in different slots", () => {
  test("is refused before a byte of it is sent, and the others of its batch run", async () => {
    const servers = await startScriptedCluster(2, (_, { name, text }) => {
      if (name === "GET") return resp(`value of ${text[0]}`);
      return name === "INCR" ? resp(1) : undefined;
    });
    await using _first = servers[0] as ScriptedServer;
    await using _second = servers[1] as ScriptedServer;
    await using client = await connect(servers.map(({ url }) => url).join(","));
    const before = client.stats();
    const outcomes = await client
      .batch()
      .call("GET", "a")
      .call("MGET", "a", "b")
      .call("INCR", "n")
      .call("MSET", "x", "1", "y", "2")
      .call("GET", "b")
      .exec();
    expect([0, 2, 4].map((i) => replyOf(outcomes[i]))).toEqual(["value of a", 1, "value of b"]);
    for (const index of [1, 3]) {
      const { reason } = outcomes[index] as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(NotAppliedError);
      expect(reason).toMatchObject({ code: "CROSSSLOT", keyIndex: index });
    }
    const names = servers.flatMap((server) => server.names);
    expect(names).not.toContain("MGET");
    expect(names).not.toContain("MSET");
    expect(client.stats().commands - before.commands).toBe(3);
  });

  test("alone in its batch sends nothing at all", async () => {
    const servers = await startScriptedCluster(2);
    await using _first = servers[0] as ScriptedServer;
    await using _second = servers[1] as ScriptedServer;
    await using client = await connect(servers.map(({ url }) => url).join(","));
    const seen = servers.map(({ commands }) => commands.length);
    const [outcome] = await client.batch().call("RENAME", "a", "b").exec();
    expect((outcome as PromiseRejectedResult).reason.code).toBe("CROSSSLOT");
    expect(servers.map(({ commands }) => commands.length)).toEqual(seen);
  });
});

describeWithServer("keys in different slots on real servers", () => {
  test("go into one call of mget and mset, and into one command only where they share a tag", async () => {
    await using cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
    await using client = await connect(cluster.url);
    await client.mset([
      ["a", "1"],
      ["b", "2"],
      ["{t}a", "3"],
      ["{t}b", "4"],
    ]);
    const outcomes = await client.batch().call("MGET", "a", "b").call("MGET", "{t}a", "{t}b").exec();
    expect((outcomes[0] as PromiseRejectedResult).reason.code).toBe("CROSSSLOT");
    expect(replyOf(outcomes[1])).toEqual(["3", "4"]);
    expect((await client.mget(["a", "b"])).map(String)).toEqual(["1", "2"]);
  });

  test("are no trouble on a server without slots", async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    const [, both] = await client.batch().call("MSET", "a", "1", "b", "2").call("MGET", "b", "a").exec();
    expect(replyOf(both)).toEqual(["2", "1"]);
  });
});
