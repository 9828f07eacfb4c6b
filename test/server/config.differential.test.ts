import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithReference, ServerPair, type Step } from "./differential.ts";
import { texts } from "./resp-reply.ts";

/** They say how and where a server runs. */
const PLACES = [
  "port",
  "bind",
  "dir",
  "pidfile",
  "logfile",
  "unixsocket",
  "save",
  "appendonly",
  "maxclients",
];
const HOW = ["repl-diskless-sync-delay", "cluster-config-file", "daemonize", "slaveof", "replicaof"];

describeWithReference("CONFIG", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await ServerPair.start();
  });
  afterAll(() => pair.close());

  test("knows every parameter of the real server, with its default", async () => {
    const [ours, real] = await pair.clients();
    const all = async (client: typeof ours) => {
      const words = texts(await client.call("CONFIG", "GET", "*"));
      const found: Record<string, string> = {};
      for (let index = 0; index < words.length; index += 2) {
        const name = words[index] as string;
        if (![...PLACES, ...HOW].includes(name)) found[name] = words[index + 1] as string;
      }
      return found;
    };
    expect(await all(ours)).toEqual(await all(real));
  });

  test("takes the same values in the same normal form, and refuses the others with the same words", async () => {
    const values: [string, ...string[]][] = [
      ["maxmemory", "100mb", "1k", "1kb", "5G", "-1", "x", "", "12 mb", "18446744073709551615", "1tb"],
      ["maxmemory-clients", "5%", "0", "101%", "-1", "10mb", "x%", "%"],
      ["maxmemory-policy", "allkeys-lru", "ALLKEYS-LFU", "nosuch", "noeviction"],
      ["maxmemory-samples", "0", "1", "x", "99999999999", "007", "5"],
      ["timeout", "-1", "0", "2147483648", "1.5", "+1"],
      ["proto-max-bulk-len", "100", "1mb", "9223372036854775807", "512mb"],
      ["client-query-buffer-limit", "1000", "1mb", "1gb"],
      ["notify-keyspace-events", "KEA", "KEn", "Kg$xe", "q", "AKEnm", "mE", ""],
      [
        "client-output-buffer-limit",
        "normal 1mb 2mb 60",
        "replica 1 2 3 pubsub 4kb 5 6",
        "x 1 2 3",
        "normal 1 2",
      ],
      ["client-output-buffer-limit", "normal x 0 0", "normal 0 0 -1", "normal 0 0 0", ""],
      ["save", "900 1 300 10", "", "900", "0 1", "x y", "60 -1"],
      ["latency-tracking-info-percentiles", "50 99.95", "", "101", "x", "50 99 99.9"],
      ["oom-score-adj-values", "1 2 3", "1 2", "0 200 3000", "0 200 800"],
      ["lazyfree-lazy-expire", "yes", "NO", "maybe", "1"],
      ["hz", "0", "1000", "-1", "x", "10"],
      ["cluster-announce-hostname", "a.b-c", "a_b", "x".repeat(256), ""],
      ["slowlog-log-slower-than", "-1", "-2", "0", "10000"],
      ["lfu-log-factor", "-1", "3", "10"],
      ["hash-max-ziplist-value", "128", "64"],
      ["hash-max-listpack-entries", "-1", "10", "512"],
      ["list-max-ziplist-size", "-5", "-2"],
      ["appendfsync", "no", "sometimes", "everysec"],
      ["loglevel", "debug", "loud", "notice"],
      ["shutdown-on-sigterm", "save now", "save nosave", "nosuch", "default"],
      ["oom-score-adj", "yes", "relative", "no"],
      ["unixsocketperm", "700"],
      ["databases", "3"],
      ["cluster-enabled", "yes"],
      ["dir", "/tmp"],
      ["dbfilename", "x"],
      ["nosuch", "x"],
    ];
    const steps: Step[] = [];
    for (const [name, ...candidates] of values) {
      for (const value of candidates) {
        steps.push(["CONFIG", "SET", name, value]);
        if (!["dir", "databases"].includes(name)) steps.push(["CONFIG", "GET", name]);
      }
    }
    await pair.same(steps);
  });

  test("sets several parameters or none", async () => {
    await pair.same([
      ["CONFIG", "SET", "timeout", "5", "tcp-keepalive", "7"],
      ["CONFIG", "GET", "tcp-keepalive"],
      ["CONFIG", "SET", "timeout", "6", "tcp-keepalive", "x"],
      ["CONFIG", "GET", "timeout"],
      ["CONFIG", "SET", "timeout", "6", "nosuch", "x"],
      ["CONFIG", "SET", "timeout", "6", "TIMEOUT", "7"],
      ["CONFIG", "SET", "replica-priority", "6", "slave-priority", "7"],
      ["CONFIG", "SET", "port", "1", "nosuch"],
      ["CONFIG", "SET", "daemonize", "yes", "nosuch", "1"],
      ["CONFIG", "SET", "nosuch", "1", "daemonize", "yes"],
      ["CONFIG", "GET", "timeout", "timeout"],
      ["CONFIG", "GET", "TimeOut"],
      ["CONFIG", "GET", "nosuch"],
      ["CONFIG", "GET", "nos*"],
      ["CONFIG", "GET", "slave-priority"],
      ["CONFIG", "GET"],
      ["CONFIG", "SET"],
      ["CONFIG", "SET", "timeout"],
      ["CONFIG", "RESETSTAT", "x"],
      ["CONFIG", "RESETSTAT"],
    ]);
  });

  test("asks for the password that requirepass sets, and tells clients so", async () => {
    await pair.same([
      ["CONFIG", "SET", "requirepass", "secret"],
      ["PING"],
      { on: "fresh", args: ["PING"] },
      { on: "fresh", args: ["NOSUCH"] },
      { on: "fresh", args: ["GET"] },
      { on: "fresh", args: ["MULTI"] },
      { on: "fresh", args: ["HELLO", "3"] },
      { on: "fresh", args: ["AUTH", "wrong"] },
      { on: "fresh", args: ["AUTH", "default", "wrong"] },
      { on: "fresh", args: ["AUTH", "nobody", "secret"] },
      { on: "fresh", args: ["AUTH", "secret"] },
      { on: "fresh", args: ["PING"] },
      { on: "fresh", args: ["RESET"] },
      { on: "fresh", args: ["PING"] },
      { on: "fresh", args: ["AUTH", "default", "secret"] },
      ["CONFIG", "GET", "requirepass"],
      ["CONFIG", "SET", "requirepass", ""],
      { on: "later", args: ["PING"] },
    ]);
  });
});
