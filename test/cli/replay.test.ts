import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLIENT_NAMES } from "../../src/cli/block-store.ts";
import { describeWithServer } from "../rig/gate.ts";
import { type RigCluster, startCluster } from "../rig/servers.ts";
import { run } from "./memory-terminal.ts";
import { predict, RECORDED, SAMPLE } from "./trace-file.ts";

describeWithServer("a trace replayed on a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    await Promise.all(cluster.primaries.map((node) => node.command("FLUSHALL")));
  });

  async function storedKeys(): Promise<string[]> {
    const perNode = await Promise.all(cluster.primaries.map((node) => node.command("KEYS", "*")));
    return (perNode.flat() as string[]).sort();
  }

  async function report(args: readonly string[], input = "") {
    const outcome = await run(["replay", ...args, "--json"], input);
    expect(outcome.stderr).toBe("");
    expect(outcome.code).toBe(0);
    return JSON.parse(outcome.stdout);
  }

  const line = (...ids: number[]) =>
    `${JSON.stringify({ timestamp: 0, input_length: 512 * ids.length, output_length: 1, hash_ids: ids })}\n`;

  describe("slotpack replay", () => {
    test.each(CLIENT_NAMES)(
      "with %s finds exactly the hits that a set of block ids predicts",
      async (client) => {
        const limit = client === "ioredis-sequential" ? 100 : undefined;
        const limited = limit === undefined ? [] : ["--requests", String(limit)];
        const figures = await report([
          SAMPLE,
          "--target",
          cluster.url,
          "--client",
          client,
          "--value-bytes",
          "64",
          ...limited,
        ]);
        const expected = predict(SAMPLE, limit);
        expect(figures).toMatchObject({
          client,
          requests: expected.requests,
          blocks: expected.blocks,
          hits: expected.hits,
          hitRate: expected.hits / expected.blocks,
          verifiedBytes: expected.hits * 64,
          writtenRecords: expected.stored,
          writtenBytes: expected.stored * 64,
          vanished: 0,
          malformedLines: 0,
        });
      },
    );

    test.runIf(RECORDED)(
      "finds exactly the predicted hits of the recorded conversation trace",
      async () => {
        const file = RECORDED as string;
        const figures = await report([file, "--target", cluster.url, "--value-bytes", "16"]);
        const { stored, ...expected } = predict(file);
        expect(figures).toMatchObject({
          ...expected,
          writtenRecords: stored,
          verifiedBytes: expected.hits * 16,
        });
        // One request after another: 22 s were seen, and 83 s on two cores with a load of nine.
      },
      300_000,
    );

    test("packs its commands: fewer socket writes than requests have nodes and phases", async () => {
      const figures = await report([SAMPLE, "--target", cluster.url]);
      // Per request at most one write to each of three nodes for the look-up, the read and the store.
      expect(figures.socketWrites).toBeLessThanOrEqual(figures.requests * 9);
      expect(figures.commands).toBeGreaterThan(figures.blocks);
    });

    test("reports times and rates that fit together", async () => {
      const figures = await report([SAMPLE, "--target", cluster.url]);
      const { p50, p95, p99, max } = figures.latencyMs;
      expect(p50).toBeGreaterThan(0);
      expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));
      const seconds = figures.elapsedMs / 1000;
      expect(figures.requestsPerSecond).toBeCloseTo(figures.requests / seconds, 6);
      expect(figures.megabytesPerSecond).toBeCloseTo(
        (figures.verifiedBytes + figures.writtenBytes) / 1e6 / seconds,
        6,
      );
      expect(figures.cpuMs.user + figures.cpuMs.system).toBeGreaterThan(0);
    });

    test("counts a repeated id as often as it stands there and writes it once", async () => {
      const figures = await report(["-", "--target", cluster.url], line(5, 5, 7) + line(5, 5, 7, 5));
      expect(figures).toMatchObject({ requests: 2, blocks: 7, hits: 4, writtenRecords: 2 });
    });

    test("counts a request without blocks", async () => {
      const figures = await report(["-", "--target", cluster.url], line() + line(1) + line());
      expect(figures).toMatchObject({ requests: 3, blocks: 1, hits: 0, writtenRecords: 1 });
    });

    test("ends the prefix at the first gap", async () => {
      const figures = await report(["-", "--target", cluster.url], line(1, 2) + line(1, 9, 2));
      expect(figures).toMatchObject({ hits: 1, writtenRecords: 4 });
    });

    test("reports zeros for an empty trace", async () => {
      const figures = await report(["-", "--target", cluster.url]);
      expect(figures).toMatchObject({
        requests: 0,
        blocks: 0,
        hits: 0,
        hitRate: 0,
        latencyMs: { p50: 0, max: 0 },
      });
    });

    test("takes values larger than one call may hold", async () => {
      const megabytes40 = String(40 * 1024 * 1024);
      const figures = await report(
        ["-", "--target", cluster.url, "--value-bytes", megabytes40],
        line(1, 2) + line(1, 2),
      );
      expect(figures).toMatchObject({ hits: 2, verifiedBytes: 2 * Number(megabytes40) });
    });

    test("with several requests in flight replays every request once and loses at most hits", async () => {
      const figures = await report([SAMPLE, "--target", cluster.url, "--concurrency", "8"]);
      const expected = predict(SAMPLE);
      expect(figures).toMatchObject({ requests: expected.requests, blocks: expected.blocks });
      expect(figures.hits).toBeLessThanOrEqual(expected.hits);
      expect(figures.hits).toBeGreaterThan(expected.hits / 2);
      expect(await storedKeys()).toEqual([]);
    });

    test("leaves a user's server as it found it", async () => {
      const [node] = cluster.primaries;
      // Tag 3 lands on the first primary (slot 1584), which the test may then ask directly.
      await node!.command("SET", "{3}:mine", "kept");
      await report([SAMPLE, "--target", cluster.url, "--requests", "50"]);
      expect(await storedKeys()).toEqual(["{3}:mine"]);
      expect(await node!.command("GET", "{3}:mine")).toBe("kept");
    });

    test("says when the trace holds fewer requests than asked for", async () => {
      const outcome = await run(
        ["replay", "-", "--target", cluster.url, "--requests", "9", "--json"],
        line(1),
      );
      expect(outcome.code).toBe(0);
      expect(JSON.parse(outcome.stdout).requests).toBe(1);
      expect(outcome.stderr).toBe("slotpack: the trace holds 1 requests, fewer than the 9 asked for\n");
    });

    test("prints a report for people without --json", async () => {
      const outcome = await run(["replay", "-", "--target", cluster.url], line(1) + line(1, 2));
      expect(outcome.stdout).toMatch(/requests +2 .*\n.*blocks +3 .*\n.*hits +1 +hit rate 33\.33 %/);
      expect(outcome.stdout).not.toContain("\u001b");
    });

    test("on a terminal draws a bar on stderr that is gone at the end, around the notes", async () => {
      const args = ["replay", "-", "--target", cluster.url, "--requests", "3"];
      const outcome = await run(args, `${line(1)}nonsense\n${line(1, 2)}${line(3)}`, {}, true);
      expect(outcome.code).toBe(0);
      expect(outcome.stderr).toContain("100% · 3 requests · 25.0 % hit rate");
      expect(outcome.stderr).toContain(
        "\r\u001b[K\u001b[33mslotpack:\u001b[39m line 2 is not JSON: skipped\n",
      );
      expect(outcome.stdout).toContain("hit rate 25.00 %");
      expect(outcome.stdout).toContain("\u001b[1m");
      expect((await run(args, line(1), { NO_COLOR: "1" }, true)).stdout).not.toContain("\u001b");
    });

    test("skips a malformed line, names its number and counts it", async () => {
      const outcome = await run(
        ["replay", "-", "--target", cluster.url, "--json"],
        `${line(1)}nonsense\n${line(1)}{"timestamp":3}\n`,
      );
      expect(outcome.code).toBe(0);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ requests: 2, hits: 1, malformedLines: 2 });
      expect(outcome.stderr.split("\n")).toEqual([
        "slotpack: line 2 is not JSON: skipped",
        'slotpack: line 4 has no token count in "input_length": skipped',
        "",
      ]);
    });

    test("under --strict stops at a malformed line with exit code 1, no report and nothing left behind", async () => {
      const outcome = await run(
        ["replay", "-", "--target", cluster.url, "--json", "--strict"],
        `${line(1, 2)}${line(3)}nonsense\n${line(4)}`,
      );
      expect(outcome).toEqual({
        code: 1,
        stdout: "",
        stderr: "slotpack: error [TRACE_MALFORMED] line 3 of the trace is not JSON\n",
      });
      expect(await storedKeys()).toEqual([]);
    });

    test("calls a file without a single request no trace", async () => {
      const outcome = await run(["replay", "-", "--target", cluster.url, "--json"], "a\nb\n");
      expect(outcome.code).toBe(1);
      expect(outcome.stdout).toBe("");
      expect(outcome.stderr).toContain("[TRACE_MALFORMED]");
    });
  });
});
