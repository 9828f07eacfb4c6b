import { beforeEach, describe, expect, test } from "vitest";
import { KvConnector, msgpackMetadata, RecordStore } from "../../src/index.ts";
import { chunkOf, keysOf } from "../connector/chunks.ts";
import { describeEachServer } from "../records/each-server.ts";
import { startServer, until } from "../rig/index.ts";
import { describeBuiltCli } from "./built-cli.ts";
import { run } from "./memory-terminal.ts";

describeEachServer("slotpack sweep", (on) => {
  beforeEach(() => on.flush());

  /** Ten records; 3 of them lose their bytes and 2 their metadata. */
  async function spoil(): Promise<void> {
    const connector = new KvConnector(on.client);
    const keys = keysOf(10);
    await connector.batchedPut(
      keys,
      keys.map(() => chunkOf(100)),
    );
    await connector.close();
    const names = keys.slice(0, 5).map((key, i) => `{${key}}:${i < 3 ? "kv_bytes" : "metadata"}`);
    for (const name of names) await on.command(name, "DEL", name);
  }

  const nameCount = async () => {
    const counts = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
    return counts.reduce((sum: number, count) => sum + Number(count), 0);
  };

  test("prints one JSON object, counts in a dry run and removes otherwise", async () => {
    await spoil();
    const args = ["sweep", "--target", on.servers.url, "--grace", "0.1", "--json"];
    const dry = await run([...args, "--dry-run"]);
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    const figures = {
      target: on.servers.url,
      layouts: ["tagged-pair"],
      prefix: "",
      graceMs: 100,
      scanned: 15,
      total: 15,
      orphanMetadata: 3,
      orphanBytes: 2,
      byteLength: 3 * 28 + 2 * 100,
    };
    expect(JSON.parse(dry.stdout)).toMatchObject({ ...figures, dryRun: true, removed: 0 });
    expect(await nameCount()).toBe(15);
    const wet = await run(args);
    expect(JSON.parse(wet.stdout)).toMatchObject({ ...figures, dryRun: false, removed: 5 });
    expect(await nameCount()).toBe(10);
  });

  test("prints a report for people, and a bar where stderr is a terminal", async () => {
    await spoil();
    const { code, stdout, stderr } = await run(
      ["sweep", "--target", on.servers.url, "--grace", "0.1"],
      "",
      { NO_COLOR: "1" },
      true,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/orphans\s+3 metadata, 2 bytes/);
    expect(stdout).toMatch(/removed\s+5\n/);
    expect(stderr).toContain("names");
  });

  test("finds orphans that a RecordStore of the default codec left, in any pair layout", async () => {
    for (const layout of ["tagged-pair", "colon-pair", "upstream-pair"] as const) {
      const store = new RecordStore(on.client, { layout, metadata: msgpackMetadata() });
      await store.putMany([{ key: layout, metadata: { any: "thing" }, bytes: Buffer.alloc(10) }]);
    }
    for (const name of ["{tagged-pair}:kv_bytes", "colon-pair:kv_bytes", "upstream-pairkv_bytes"])
      await on.command(name, "DEL", name);
    const args = ["sweep", "--layout", "any", "--grace", "0.1", "--prefix", "", "--json"];
    const { stdout } = await run(args, "", { SLOTPACK_URL: on.servers.url });
    expect(JSON.parse(stdout)).toMatchObject({ orphanMetadata: 3, removed: 3 });
    expect(await nameCount()).toBe(0);
  });
});

const TARGET = ["--target", "redis://127.0.0.1:1"];

describe("slotpack sweep, mistyped", () => {
  test.each([
    [["sweep"], "--target"],
    [["sweep", "--target", ""], "--target"],
    [["sweep", "redis://h"], "unexpected argument"],
    [["sweep", ...TARGET, "--layout", "packed"], "--layout"],
    [["sweep", ...TARGET, "--layout", "tagged-pair,any"], "--layout"],
    [["sweep", ...TARGET, "--grace", "0"], "--grace"],
    [["sweep", ...TARGET, "--grace", "5s"], "--grace"],
    [["sweep", ...TARGET, "--grace", "100000"], "--grace"],
    [["sweep", ...TARGET, "--timeout", "0"], "--timeout"],
    [["sweep", ...TARGET, "--dry"], "--dry"],
  ] as const)("answers %j with exit code 2", async (args, mention) => {
    const outcome = await run(args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toMatch(/^slotpack: error \[BAD_OPTION\] .+\n$/);
    expect(outcome.stderr).toContain(mention);
  });

  test("explains itself", async () => {
    const { code, stdout } = await run(["sweep", "--help"]);
    expect(code).toBe(0);
    for (const option of [
      "target",
      "timeout",
      "layout",
      "prefix",
      "key-prefix",
      "salt",
      "grace",
      "dry-run",
      "json",
    ])
      expect(stdout).toContain(`--${option}`);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(101);
  });

  test("says in one line that nobody answers, without the password", async () => {
    const outcome = await run([
      "sweep",
      "--target",
      "redis://:sesame@127.0.0.1:1",
      "--json",
      "--timeout",
      "0.5",
    ]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/^slotpack: error \[[A-Z_]+\] .+\n$/);
    expect(outcome.stderr).not.toContain("sesame");
  }, 30_000);
});

describeBuiltCli("slotpack sweep as a process", startServer, (on) => {
  test("ends on SIGINT without removing anything that it had only marked", async () => {
    await on.servers.node.command("SET", "{k}:kv_bytes", "x");
    const running = on.cli.start(["sweep", "--target", on.servers.url, "--grace", "8"]);
    const life = () => on.servers.node.command("PTTL", "{k}:kv_bytes");
    const marked = async () => running.child.exitCode !== null || (await life()) !== -1;
    await until("it is marked", marked, 40_000);
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.exit;
    expect(code).toBe(130);
    expect(stdout).toBe("");
    expect(stderr).toContain("slotpack: interrupted: looked at 1 halves and removed 0");
    expect(await life()).toBe(-1);
  });
});
