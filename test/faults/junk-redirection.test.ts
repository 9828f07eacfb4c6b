import { describe, expect, test } from "vitest";
import { connect, ServerError } from "../../src/index.ts";
import { resp, type ScriptedServer, startScripted, startScriptedCluster } from "../rig/index.ts";

// Row 7: a redirection that makes no sense changes nothing but its own command's outcome.

describe("a redirection with junk in it", () => {
  test.each([
    "MOVED __proto__ 127.0.0.1:1",
    "MOVED constructor 127.0.0.1:1",
    "MOVED -1 127.0.0.1:1",
    "MOVED 99999 127.0.0.1:1",
    "MOVED 1e9 127.0.0.1:1",
    "MOVED 1000000000 127.0.0.1:1",
    "MOVED 5 127.0.0.1:0",
    "MOVED 5 127.0.0.1:99999",
    "MOVED 5 127.0.0.1:port",
    "MOVED 5",
    "MOVED",
    "ASK __proto__ 127.0.0.1:1",
    "ASK 99999 127.0.0.1:1",
    "ASK 5 127.0.0.1:99999",
  ])("%s is the error of its command, and the slot table stays as it was", async (text) => {
    const servers = await startScriptedCluster(2, (_, { name, text: [key = ""] }) => {
      if (name !== "GET") return undefined;
      return key === "bad" ? `-${text}\r\n` : resp(key);
    });
    await using _first = servers[0] as ScriptedServer;
    await using _second = servers[1] as ScriptedServer;
    await using client = await connect(servers.map(({ url }) => url).join(","));
    const map = client.topology();
    const [version, table] = [map?.version, Uint16Array.from(map?.nodeOfSlot ?? [])];
    const outcomes = await client.mgetSettled(["good", "bad", "also good"]);
    expect(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? String(outcome.value) : "error")),
    ).toEqual(["good", "error", "also good"]);
    const { reason } = outcomes[1] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(ServerError);
    expect(reason).toMatchObject({ code: text.split(" ")[0], message: text, keyIndex: 1 });
    expect(client.topology()).toBe(map);
    expect(map?.version).toBe(version);
    expect(map?.nodeOfSlot).toEqual(table);
    expect(map?.nodes).toHaveLength(2);
    expect(client.stats()).toMatchObject({ moved: 0, ask: 0, retries: 0, connections: 2 });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("from a server that is no cluster is the command's error, however well formed", async () => {
    await using server = await startScripted(({ name }) =>
      name === "GET" ? "-MOVED 5 127.0.0.1:1\r\n" : undefined,
    );
    await using client = await connect(server.url);
    const [outcome] = await client.mgetSettled(["key"]);
    expect((outcome as PromiseRejectedResult).reason).toMatchObject({ name: "ServerError", code: "MOVED" });
  });
});
