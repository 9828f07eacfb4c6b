import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { ManualClock, type Server, startServer } from "../../src/server/index.ts";
import { RespClient } from "./resp-client.ts";

let clock: ManualClock;
let server: Server;
beforeEach(async () => {
  clock = new ManualClock(1_700_000_000_000);
  server = await startServer({ clock });
});
afterEach(() => server.close());

describe("the journal", () => {
  test("tells each connection's commands with time, outcome and whether they ran", async () => {
    const { journal } = server.node;
    const [client, other] = [await RespClient.connect(server.port), await RespClient.connect(server.port)];
    await client.call("CLIENT", "SETNAME", "writer");
    journal.start();
    await client.call("SET", "a", "x".repeat(300));
    await clock.advance(5);
    await other.call("INCR", "a");
    await client.call("NONSENSE");
    const entries = journal.entries();
    expect(
      entries.map(({ number, connectionName, outcome, executions }) => [
        number,
        connectionName,
        outcome,
        executions,
      ]),
    ).toEqual([
      [1, "writer", "ok", 1],
      [2, "", "ERR value is not an integer or out of range", 1],
      [3, "writer", "ERR unknown command 'NONSENSE', with args beginning with: ", 0],
    ]);
    expect(entries.map(({ time }) => time - 1_700_000_000_000)).toEqual([0, 5, 5]);
    expect(entries[0]?.args.map((arg) => arg.length)).toEqual([3, 1, 256]);
    expect(journal.entries(entries[1]?.connection)).toHaveLength(1);
  });

  test("says of queued commands whether EXEC ran them", async () => {
    const { journal } = server.node;
    journal.start();
    const client = await RespClient.connect(server.port);
    await client.pipeline([["MULTI"], ["INCR", "a"], ["EXEC"], ["MULTI"], ["INCR", "b"], ["DISCARD"]]);
    const outcomes = journal.entries().map(({ args, outcome, executions }) => [args[0], outcome, executions]);
    expect(outcomes).toEqual([
      ["MULTI", "ok", 1],
      ["INCR", "ok", 1],
      ["EXEC", "ok", 1],
      ["MULTI", "ok", 1],
      ["INCR", "queued", 0],
      ["DISCARD", "ok", 1],
    ]);
    expect(journal.executions("incr")).toBe(1);
  });

  test("is bounded, and its counters are not", async () => {
    const { journal } = server.node;
    journal.start({ limit: 10 });
    const client = await RespClient.connect(server.port);
    await client.pipeline(Array.from({ length: 50 }, (_, index) => ["APPEND", "log", `token-${index % 25}`]));
    expect(journal.entries().map(({ number }) => number)).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50]);
    expect(journal.executions("APPEND")).toBe(50);
    expect(journal.executions("append", "token-3")).toBe(2);
    expect(journal.executions("append", "token-99")).toBe(0);
    expect(() => journal.executions("append", "x".repeat(257))).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT" }),
    );
    journal.stop();
    await client.call("APPEND", "log", "token-3");
    expect(journal.executions("append", "token-3")).toBe(2);
    journal.clear();
    expect([journal.entries(), journal.executions("append")]).toEqual([[], 0]);
  });

  test("shows that a write whose reply was lost ran exactly once", async () => {
    const { journal, faults } = server.node;
    journal.start();
    await using client = await connect(server.url);
    faults.closeAfter({ commands: 1 }, { command: "append" });
    const [outcome] = await client.batch().call("APPEND", "log", "token-1").exec();
    expect(outcome).toMatchObject({ status: "rejected", reason: { name: "OutcomeUnknownError" } });
    expect(journal.executions("append", "token-1")).toBe(1);
  });
});
