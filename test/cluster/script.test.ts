import { beforeEach, describe, expect, test } from "vitest";
import { Script } from "../../src/cluster/script.ts";
import { connect } from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { resp, startScripted } from "../rig/index.ts";

const APPEND = new Script(
  "redis.call('RPUSH', KEYS[1], ARGV[1]) return {redis.call('LLEN', KEYS[1]), KEYS[1]}",
);

// Row 48: a server that was restarted, or a replica that was promoted, does not know the script.

describeEachServer("a script", (on) => {
  beforeEach(() => on.flush());
  const forget = () => Promise.all(on.servers.nodes.map((node) => node.command("SCRIPT", "FLUSH")));
  const runs = Array.from({ length: 60 }, (_, i) => ({ keys: [`list:${i}`], args: [i] }));
  const expected = runs.map(({ keys }, i) => [1 + Math.floor(i / 60), Buffer.from(keys[0]!)]);

  test("runs on keys of all slots, at the caller's index, though no server knows it yet", async () => {
    await forget();
    expect(await APPEND.run(on.client, runs)).toEqual(expected);
  });

  test("runs once more as EVAL where it is not known, and as EVALSHA alone from then on", async () => {
    await forget();
    const client = await on.connect({ topologyRefreshMs: 600_000 });
    const commands = async (work: () => Promise<unknown>) => {
      const before = client.stats().commands;
      await work();
      return client.stats().commands - before;
    };
    expect(await commands(() => APPEND.run(client, runs))).toBe(120);
    expect(await commands(() => APPEND.run(client, runs))).toBe(60);
    const lengths = await APPEND.run(client, runs);
    expect(lengths.every((reply) => (reply as unknown[])[0] === 3)).toBe(true);
  });

  test("keeps the order of runs on one key, where they are repeated too", async () => {
    await forget();
    const many = Array.from({ length: 30 }, (_, i) => ({ keys: ["order"], args: [i] }));
    await APPEND.run(on.client, many);
    const list = (await on.command("order", "LRANGE", "order", 0, -1)) as Buffer[];
    expect(list.map(Number)).toEqual(many.map((_, i) => i));
  });

  test("fails for the keys that it fails on, with their index, and answers for the others", async () => {
    await forget();
    await on.command("text", "SET", "text", "no list");
    const mixed = [runs[0]!, { keys: ["text"], args: ["x"] }, runs[2]!];
    for (const _ of ["as EVAL", "as EVALSHA"]) {
      const error = await APPEND.run(on.client, mixed).catch((reason) => reason);
      expect(error).toMatchObject({ name: "BatchError", keyIndex: 1, cause: { keyIndex: 1 } });
      const states = error.results.map(({ status }: { status: string }) => status);
      expect(states).toEqual(["fulfilled", "rejected", "fulfilled"]);
    }
  });
});

describe("a server that answers NOSCRIPT to EVAL, too", () => {
  test("is asked once with each, and its error is the run's", async () => {
    await using server = await startScripted(({ name }) => {
      if (name === "EVALSHA" || name === "EVAL") return "-NOSCRIPT No matching script.\r\n";
      return undefined;
    });
    await using client = await connect(server.url);
    const [outcome] = await APPEND.runSettled(client, [{ keys: ["a"], args: [1] }]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "NOSCRIPT", keyIndex: 0 } });
    expect(server.names.filter((name) => name.startsWith("EVAL"))).toEqual(["EVALSHA", "EVAL"]);
  });

  test("has one deadline for both", async () => {
    await using server = await startScripted(({ name }) => {
      if (name === "EVALSHA") return "-NOSCRIPT No matching script.\r\n";
      return name === "EVAL" ? null : undefined;
    });
    await using client = await connect(server.url, { deadNodeTimeoutMs: 3000 });
    const [outcome] = await APPEND.runSettled(client, [{ keys: ["a"], args: [1] }], { timeoutMs: 500 });
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "TIMEOUT", name: "OutcomeUnknownError" },
    });
  });

  test("is not asked again when the runs were known", async () => {
    await using server = await startScripted(({ name }) => (name === "EVALSHA" ? resp(7) : undefined));
    await using client = await connect(server.url);
    expect(await APPEND.run(client, [{ keys: ["a"], args: [] }])).toEqual([7]);
    expect(server.names).not.toContain("EVAL");
    expect(await APPEND.run(client, [])).toEqual([]);
  });
});
