import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TagTally } from "../../src/cli/tag-tally.ts";
import { keySlot } from "../../src/slots/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";
import { run } from "./memory-terminal.ts";

const KEYS = ["{a}1", "{a}2", "{a}3", "b", "c"];
/** All of them, and no slots of the last third. */
const NODES = [0, 1, 2]
  .map((i) => `${String(i).repeat(40)} 10.0.0.${i}:7000@17000 master - 0 0 ${i} connected`)
  .map((line, i) => (i === 2 ? line : `${line} ${i * 5461}-${(i + 1) * 5461 - 1}`))
  .join("\n");

describeWithServer("slotpack plan against live servers", () => {
  let cluster: RigCluster;
  let server: RigServers;
  beforeAll(async () => {
    [cluster, server] = await Promise.all([startCluster(), startServer()]);
  });
  afterAll(async () => {
    await Promise.all([cluster.stop(), server.stop()]);
  });

  test("tells for each node of a cluster what it gets", async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
    const outcome = await run(
      ["plan", "--target", cluster.url, "--chunk-size", "100", "--json"],
      keys.join("\n"),
    );
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const plan = JSON.parse(outcome.stdout);
    expect(plan).toMatchObject({ source: cluster.url, keys: 1000, keyBytes: keys.join("").length });
    for (const node of cluster.primaries) {
      const share = plan.nodes.find(({ id }: { id: string }) => id === node.id);
      const owned = await Promise.all(
        keys.map(async (key) => (await cluster.ownerOf(keySlot(key))) === node),
      );
      const count = owned.filter(Boolean).length;
      expect(share).toMatchObject({ node: node.address, keys: count, packedWrites: Math.ceil(count / 100) });
    }
    expect(plan.roundTrips).toEqual({ perKey: 1000, perSlot: new Set(keys.map(keySlot)).size, perNode: 3 });
  }, 60_000);

  test("takes one server for the owner of all slots, and its URL from the environment", async () => {
    const outcome = await run(["plan", "--json", ...KEYS], "", { SLOTPACK_URL: server.url });
    expect(outcome.code).toBe(0);
    const { nodes, uncovered, crossSlot } = JSON.parse(outcome.stdout);
    expect(nodes).toMatchObject([{ node: server.node.address, slots: 16_384, keys: 5, packedWrites: 1 }]);
    expect(uncovered.slots).toBe(0);
    expect(crossSlot.refused).toBe(false);
    const { stdout } = await run(["plan", "--target", server.url, ...KEYS]);
    expect(stdout).toContain("one command may take them all; a cluster, where they lie in 3 slots,");
  });
});

describe("slotpack plan", () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "slotpack-plan-"));
    file = join(folder, "nodes.txt");
    writeFileSync(file, NODES);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("tells from pasted nodes which slots have no owner, which tags are hot and why it is CROSSSLOT", async () => {
    const { code, stdout } = await run(["plan", "--nodes", file, "--json", ...KEYS]);
    expect(code).toBe(0);
    const plan = JSON.parse(stdout);
    // a is in 15495, b in 3300, c in 7365.
    expect(plan).toMatchObject({
      source: file,
      keys: 5,
      slots: 3,
      imbalance: 1,
      uncovered: { slots: 5462, ranges: [[10_922, 16_383]], keys: 3 },
      hotTags: [{ tag: "a", slot: 15_495, keys: 3, share: 0.6 }],
      hotSlots: [{ slot: 15_495, keys: 3, share: 0.6 }],
      crossSlot: {
        refused: true,
        mainSlot: 15_495,
        keysElsewhere: 2,
        examples: [
          { slot: 3300, key: "b" },
          { slot: 7365, key: "c" },
        ],
      },
      roundTrips: { perKey: 5, perSlot: 3, perNode: 2 },
      packedWrites: 2,
    });
    expect(plan.nodes.map(({ node, keys }: { node: string; keys: number }) => [node, keys])).toEqual([
      ["10.0.0.0:7000", 1],
      ["10.0.0.1:7000", 1],
      ["10.0.0.2:7000", 0],
      [null, 3],
    ]);
  });

  test("says the same to people", async () => {
    const { stdout } = await run(["plan", "--nodes", file, ...KEYS]);
    expect(stdout).toContain("5 keys in 3 slots on ");
    expect(stdout).toMatch(/10\.0\.0\.0:7000 +5,461 +1 +20\.0 % +1 +1\n/);
    expect(stdout).toMatch(/\(no node\) +5,462 +3 +60\.0 %/);
    expect(stdout).toContain("CROSSSLOT: 2 of 5 keys differ from slot 15495: b (3300), c (7365)");
    expect(stdout).toContain("{a} holds 3 keys, 60.0 % in slot 15495");
    expect(stdout).toContain("5,462 slots have no node (10922-16383); 3 of the keys would fail there");
    expect(stdout).not.toContain("\u001b");
    expect((await run(["plan", "--nodes", file, ...KEYS], "", {}, true)).stdout).toContain("\u001b[");
    expect((await run(["plan", "--nodes", file, ...KEYS], "", { NO_COLOR: "1" }, true)).stdout).not.toContain(
      "\u001b",
    );
  });

  test("reads the nodes from the standard input where keys are arguments", async () => {
    const { code, stdout } = await run(["plan", "--nodes", "-", "--json", "{a}1", "{a}2"], NODES);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).crossSlot).toMatchObject({ refused: false, keysElsewhere: 0 });
  });

  test("shares slots evenly among so many primaries, and does with no key at all", async () => {
    const { stdout } = await run(["plan", "--primaries", "3", "--json"]);
    const plan = JSON.parse(stdout);
    expect(plan.nodes.map(({ slots }: { slots: number }) => slots)).toEqual([5461, 5462, 5461]);
    expect(plan).toMatchObject({ keys: 0, imbalance: 0, packedWrites: 0, hotTags: [], hotSlots: [] });
    expect((await run(["plan", "--primaries", "3"])).stdout).toContain("0 keys in 0 slots");
  });

  test("counts keys that are no UTF-8", async () => {
    const { stdout } = await run([
      "plan",
      "--primaries",
      "1",
      "--escapes",
      "--json",
      "{\\xff}1",
      "{\\xff}2",
      "x",
    ]);
    expect(JSON.parse(stdout).hotTags).toMatchObject([{ tagHex: "ff", keys: 2 }]);
  });

  test.each([
    [["plan", "a"], "--target"],
    [["plan", "--target", "", "a"], "--target"],
    [["plan", "--nodes", "", "a"], "--nodes"],
    [["plan", "--nodes", "-"], "--nodes"],
    [["plan", "--nodes", "x", "--primaries", "3"], "--primaries"],
    [["plan", "--primaries", "0"], "--primaries"],
    [["plan", "--primaries", "3", "--chunk-size", "0"], "--chunk-size"],
    [["plan", "--primaries", "3", "--timeout", "soon"], "--timeout"],
  ] as const)("answers %j with exit code 2 and a hint", async (args, mention) => {
    const outcome = await run(args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toMatch(/^slotpack: error \[BAD_OPTION\] .+\n$/);
    expect(outcome.stderr).toContain(mention);
  });

  test("names a file that is not there, or holds something else", async () => {
    const missing = await run(["plan", "--nodes", "/no/such/nodes.txt", "a"]);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toMatch(/\[NODES_UNREADABLE\] .*there is no such file\n$/);
    const other = await run(["plan", "--nodes", "-", "a"], "hello");
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain("[BAD_TOPOLOGY]");
  });
});

test("a tally of tags in bounded memory never loses one that has many keys", () => {
  const tally = new TagTally(100);
  for (let i = 0; i < 100_000; i++) tally.add(i % 20 === 0 ? "hot" : `cold${i}`);
  const [first] = tally.largest(1);
  expect(first![0]).toBe("hot");
  // Each time it shrinks every count loses as much as the smallest had: at most the total over the capacity.
  expect(first![1]).toBeGreaterThan(5000 - 100_000 / 100);
  expect(tally.largest(1_000_000).length).toBeLessThanOrEqual(200);
});
