import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../../../src/server/start-server.ts";
import { type RigServers, startServer as startReal } from "../../rig/index.ts";
import { describeWithReference, ServerPair } from "../differential.ts";
import { RespClient } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";

describeWithReference("MIGRATE compared with a real server", () => {
  let pair: ServerPair;
  /** Targets: each side's own, and one with a password. */
  let ours: Server;
  let real: RigServers;
  let locked: Server;

  beforeAll(async () => {
    pair = await ServerPair.start();
    ours = await startServer();
    real = await startReal();
    locked = await startServer({ password: "secret" });
  });

  afterAll(async () => {
    await pair.close();
    await Promise.all([ours.close(), locked.close(), real.stop()]);
  });

  /** Ours migrates to a real server, the real one to ours. */
  async function crossed(...words: string[]): Promise<WireReply> {
    const [mine, theirs] = await pair.clients();
    const to = (port: number) => words.map((word) => (word === "@" ? String(port) : word));
    const replies = [
      await mine.call("MIGRATE", "127.0.0.1", ...to(real.node.port)),
      await theirs.call("MIGRATE", "127.0.0.1", ...to(ours.port)),
    ];
    expect(replies[0]).toEqual(replies[1]);
    return replies[0] as WireReply;
  }

  async function targets(...words: string[]): Promise<WireReply> {
    const replies: WireReply[] = [];
    for (const port of [real.node.port, ours.port]) {
      const client = await RespClient.connect(port);
      replies.push(await client.call(...words));
      client.close();
    }
    expect(replies[0]).toEqual(replies[1]);
    return replies[0] as WireReply;
  }

  test("moves keys both ways between an embedded and a real server", async () => {
    await pair.same([
      ["SET", "plain", "v"],
      ["SET", "number", "12345"],
      ["SET", "long", "x".repeat(100_000)],
      ["SET", "short-lived", "1", "PX", "600000"],
    ]);
    expect(await crossed("@", "plain", "0", "5000")).toBe("+OK");
    expect(await crossed("@", "plain", "0", "5000")).toBe("+NOKEY");
    expect(await crossed("@", "", "0", "5000", "KEYS", "number", "long", "none", "short-lived")).toBe("+OK");
    expect(await targets("MGET", "plain", "number", "long")).toHaveLength(4);
    expect(await targets("PERSIST", "short-lived")).toBe(":1");
    await pair.same([["DBSIZE"]]);
  });

  test("COPY leaves the key, REPLACE overwrites, and without it the target's refusal comes back", async () => {
    await pair.same([["SET", "twice", "1"]]);
    expect(await crossed("@", "twice", "0", "5000", "COPY")).toBe("+OK");
    expect(await crossed("@", "twice", "0", "5000", "COPY")).toMatch(/^-ERR Target instance replied/);
    await pair.same([["SET", "twice", "2"]]);
    expect(await crossed("@", "twice", "0", "5000", "REPLACE")).toBe("+OK");
    expect(await targets("GET", "twice")).toBe("$2");
    await pair.same([["EXISTS", "twice"]]);
  });

  test("goes to another database, and refuses one that is not there", async () => {
    await pair.same([["SET", "elsewhere", "1"]]);
    expect(await crossed("@", "elsewhere", "99", "5000")).toMatch(/DB index is out of range/);
    expect(await crossed("@", "elsewhere", "3", "5000")).toBe("+OK");
    // The first attempt's RESTORE came to the database that was selected before.
    expect(await targets("EXISTS", "elsewhere")).toBe(":1");
  });

  test("logs in with AUTH and AUTH2", async () => {
    await pair.same([["SET", "secret", "1"]]);
    const port = String(locked.port);
    for (const login of [[], ["AUTH", "wrong"], ["AUTH2", "default", "wrong"]]) {
      await pair.same([["MIGRATE", "127.0.0.1", port, "secret", "0", "5000", ...login]]);
    }
    await pair.same([
      ["MIGRATE", "127.0.0.1", port, "secret", "0", "5000", "COPY", "REPLACE", "AUTH", "secret"],
      ["MIGRATE", "127.0.0.1", port, "secret", "0", "5000", "REPLACE", "AUTH2", "default", "secret"],
    ]);
  });

  test("refuses wrong arguments and unreachable targets in the same words", async () => {
    await pair.same([
      ["SET", "k", "v"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0", "100"],
      ["MIGRATE", "127.0.0.1", "1", "none", "0", "100"],
      ["MIGRATE", "127.0.0.1", "1", "k", "x", "100"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0", "x"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0", "100", "AUTH"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0", "100", "AUTH2", "u"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0", "100", "WHAT"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0", "100", "KEYS", "k"],
      ["MIGRATE", "127.0.0.1", "1", "", "0", "100", "KEYS"],
      ["MIGRATE", "127.0.0.1", "1", "k", "0"],
    ]);
  });
});
