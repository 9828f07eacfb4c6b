import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startServer } from "../../src/server/index.ts";
import { LatencyHistogram } from "../../src/server/latency/latency-histogram.ts";
import { ManualClock } from "../../src/server/manual-clock.ts";
import { describeWithReference, ServerPair, type Step } from "./differential.ts";
import { RespClient } from "./resp-client.ts";
import type { WireReply } from "./resp-reply.ts";
import { Transcripts } from "./transcripts.ts";

/** Ids, times and addresses aside. */
const slowEntries = (reply: WireReply): WireReply =>
  typeof reply === "string"
    ? reply
    : reply.map((entry) => (typeof entry === "string" ? entry : [entry[4] as WireReply, entry[6] as string]));

describeWithReference("the slowlog", () => {
  for (const resp of [2, 3] as const) {
    test(`logs what the real one logs in RESP${resp}`, async () => {
      const config = { "slowlog-log-slower-than": 0, "slowlog-max-len": 12 };
      const pair = await ServerPair.start({
        resp,
        config,
        normalise: { "slowlog get": slowEntries, hello: () => "" },
      });
      const many = Array.from({ length: 40 }, (_, index) => `k${index}`);
      const check: Step[] = [
        ["SLOWLOG", "GET", "20"],
        ["SLOWLOG", "LEN"],
      ];
      try {
        await pair.same([
          ["SLOWLOG", "RESET"],
          ["SLOWLOG", "GET"],
          ["SET", "k", "v".repeat(300)],
          ["SET", "k", Buffer.alloc(50_000, "v")],
          ["MGET", ...many],
          ["MGET", ...many.slice(0, 31)],
          ["MGET", ...many.slice(0, 32)],
          ["CLIENT", "SETNAME", "me"],
          ...check,
          ["MULTI"],
          ["GET", "k2"],
          ["INCR", "n"],
          ["EXEC"],
          ...check,
          ["AUTH", "x", "y"],
          ["AUTH", "secret"],
          ["HELLO", String(resp), "SETNAME", "n"],
          ["HELLO", String(resp), "AUTH", "default", "x"],
          ["CONFIG", "SET", "masteruser", "me", "masterauth", "secret"],
          ["CONFIG", "SET", "slowlog-max-len", "100"],
          ["NOSUCH"],
          ["GET"],
          ...check,
          ["CONFIG", "SET", "slowlog-max-len", "2"],
          ["SLOWLOG", "LEN"],
          ["CONFIG", "SET", "slowlog-log-slower-than", "-1"],
          ["GET", "k3"],
          ...check,
          ["SLOWLOG", "GET", "-1"],
          ["SLOWLOG", "GET", "-2"],
          ["SLOWLOG", "GET", "x"],
          ["SLOWLOG", "GET", "0"],
          ["SLOWLOG", "GET", "1", "2"],
          ["SLOWLOG", "LEN", "1"],
          ["SLOWLOG"],
          ["SLOWLOG", "NOSUCH"],
          ["COMMAND", "INFO", "monitor"],
        ]);
      } finally {
        await pair.close();
      }
    });
  }

  test("counts ids on over RESET", async () => {
    await using server = await startServer({ config: { "slowlog-log-slower-than": 0 } });
    const client = await RespClient.connect(server.port);
    await client.call("PING");
    await client.call("SLOWLOG", "RESET");
    expect((await client.call("SLOWLOG", "GET"))[1]?.[1]).toBe(":1");
    client.close();
  });
});

describeWithReference("MONITOR", () => {
  let transcripts: Transcripts;
  const shown = (heard: readonly WireReply[]) =>
    heard.map((line) =>
      String(line)
        .replace(/^\+\d+\.\d{6}/, "+time")
        .replace(/127\.0\.0\.1:\d+/, "address"),
    );
  beforeAll(async () => {
    transcripts = await Transcripts.start({ "slowlog-max-len": 12 });
  });
  afterAll(() => transcripts.close());

  test("shows every command as the real one does", async () => {
    await transcripts.open("monitor");
    await transcripts.open("main", 3);
    await transcripts.say("monitor", ["MONITOR"]);
    const say = (...args: (string | Buffer)[]) => transcripts.say("main", args);
    await say("SET", "k", 'a "b" \\ \n\r\t\x07\b\x00\x7f\xe9');
    await say("SELECT", "3");
    await say("GET", "k");
    await say("CONFIG", "GET", "hz");
    await say("MULTI");
    await say("SET", "k", "1");
    await say("INCR", "k");
    await say("EXEC");
    await say("MULTI");
    await say("SET", "k");
    await say("EXEC");
    await say("WATCH", "k");
    await say("SET", "k", "2");
    await say("MULTI");
    await say("GET", "k");
    await say("EXEC");
    await say("AUTH", "user", "password");
    await say("HELLO", "3", "AUTH", "user", "password");
    await say("CLIENT", "SETNAME", "x");
    await say("NOSUCH", "x");
    await say("MULTI");
    await say("MONITOR");
    await say("EXEC");
    await say("PING");
    // The clock and the port are no part of what has to be the same.
    const heard = await transcripts.both("monitor");
    expect(shown(heard[0])).toEqual(shown(heard[1]));
    await transcripts.same("main");
  });
});

describeWithReference("LATENCY", () => {
  for (const resp of [2, 3] as const) {
    test(`answers alike without events in RESP${resp}`, async () => {
      const pair = await ServerPair.start({ resp });
      try {
        await pair.same([
          ["LATENCY", "LATEST"],
          ["LATENCY", "HISTORY", "command"],
          ["LATENCY", "HISTORY"],
          ["LATENCY", "RESET"],
          ["LATENCY", "RESET", "command", "x"],
          ["LATENCY", "GRAPH", "command"],
          ["LATENCY", "HISTOGRAM", "nosuch"],
          ["LATENCY", "NOSUCH"],
          ["LATENCY"],
          ["LATENCY", "HELP", "x"],
        ]);
      } finally {
        await pair.close();
      }
    });
  }
});

describe("latency under a clock that a test moves", () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock(1_700_000_000_000);
  });

  test("is recorded for slow commands, once a second", async () => {
    await using server = await startServer({
      clock,
      config: { "latency-monitor-threshold": 100, "enable-debug-command": "yes" },
    });
    const client = await RespClient.connect(server.port);
    await client.call("DEBUG", "SLEEP", "0.3");
    await client.call("DEBUG", "SLEEP", "0.2");
    await client.call("DEBUG", "SLEEP", "0.05");
    await clock.advance(2000);
    await client.call("DEBUG", "SLEEP", "0.5");
    expect(await client.call("LATENCY", "LATEST")).toEqual([
      "*",
      ["*", "$command", ":1700000003", ":500", ":500"],
    ]);
    expect(await client.call("LATENCY", "HISTORY", "command")).toEqual([
      "*",
      ["*", ["*", ":1700000000", ":300"], ["*", ":1700000003", ":500"]].flat(0)[1],
      ["*", ":1700000003", ":500"],
    ]);
    const graph = String(await client.call("LATENCY", "GRAPH", "command"));
    expect(graph.split("\n")).toEqual([
      "$command - high 500 ms, low 300 ms (all time high 500 ms)",
      "-".repeat(80),
      " #",
      " |",
      " |",
      "_|",
      "  ",
      "30",
      "ss",
      "",
    ]);
    expect(String(await client.call("LATENCY", "DOCTOR"))).toContain(
      "1. command: 2 latency spikes (average 400ms",
    );
    expect(await client.call("SLOWLOG", "LEN")).toBe(":4");
    expect(await client.call("LATENCY", "RESET", "COMMAND")).toBe(":1");
    client.close();
  });

  test("fills histograms of every command", async () => {
    await using server = await startServer({ clock, config: { "enable-debug-command": "yes" } });
    const client = await RespClient.connect(server.port);
    await client.call("DEBUG", "SLEEP", "0.001");
    await client.call("DEBUG", "SLEEP", "0.25");
    await client.call("CLIENT", "ID");
    expect(await client.call("LATENCY", "HISTOGRAM", "debug", "client", "get")).toEqual([
      "*",
      "$debug",
      ["*", "$calls", ":2", "$histogram_usec", ["*", ":1056", ":1", ":270532", ":2"]],
      "$client|id",
      ["*", "$calls", ":1", "$histogram_usec", ["*", ":1", ":1"]],
    ]);
    expect(String(await client.call("INFO", "latencystats"))).toContain(
      "latency_percentiles_usec_debug:p50=1003.519,p99=250609.663,p99.9=250609.663",
    );
    await client.call("CONFIG", "RESETSTAT");
    expect(await client.call("LATENCY", "HISTOGRAM", "debug")).toEqual(["*"]);
    client.close();
  });
});

test("a latency histogram keeps two digits", () => {
  const histogram = new LatencyHistogram();
  for (const us of [0, 1, 27, 999, 2_000_000]) histogram.record(us);
  expect(histogram.percentile(0)).toBe(0.001);
  expect(histogram.percentile(40)).toBe(1.003);
  expect(histogram.percentile(60)).toBe(27.007);
  expect(histogram.percentile(100)).toBe(1_002_438.655);
  expect(histogram.total).toBe(5);
});
