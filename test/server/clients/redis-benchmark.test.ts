import { afterAll, beforeAll, expect, test } from "vitest";
import { findExecutable } from "../../../src/cli/server-binary.ts";
import { type Cluster, type Server, startCluster, startServer } from "../../../src/server/index.ts";
import { describeUnless } from "../../rig/index.ts";
import { runTool } from "./tool.ts";

const benchmark = findExecutable(["redis-benchmark"]) as string;
const missing = benchmark === undefined ? "needs redis-benchmark on the PATH" : undefined;
/** Its own tests but for those of other types. */
const TESTS = "ping_inline,ping_mbulk,set,get,incr,mset";

describeUnless("redis", missing, "redis-benchmark", () => {
  let server: Server;
  let cluster: Cluster;
  beforeAll(async () => {
    [server, cluster] = await Promise.all([startServer({ password: "pw" }), startCluster()]);
  });
  afterAll(() => Promise.all([server.close(), cluster.close()]));

  /** Requests per second by test. */
  async function measure(port: number, ...args: string[]): Promise<Map<string, number>> {
    const { code, stdout, stderr } = await runTool(benchmark, ["-p", String(port), "--csv", ...args]);
    expect({ code, stderr: stderr.replace(/^WARNING: .*\n/gm, "") }).toEqual({
      code: 0,
      stderr: "",
    });
    const lines = [...stdout.matchAll(/^"([^"]+)","([\d.]+)","/gm)];
    return new Map(lines.map(([, name, rate]) => [name as string, Number(rate)]));
  }

  const calls = (name: string): number => server.node.commands.find(name)?.calls ?? 0;

  test.each([
    ["one by one", ["-n", "2000"]],
    ["in pipelines, with keys drawn at random", ["-n", "20000", "-P", "16", "-r", "1000"]],
    ["over three threads", ["-n", "6000", "-P", "4", "--threads", "3"]],
    ["over RESP3, with values of 3 KB", ["-n", "2000", "-3", "-d", "3000"]],
    ["with a connection for each request", ["-n", "300", "-k", "0", "-c", "10"]],
  ])("runs its tests %s", async (_, args) => {
    const before = calls("set");
    const rates = await measure(server.port, "-a", "pw", "-t", TESTS, ...args);
    expect([...rates.keys()]).toEqual(["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"]);
    for (const rate of rates.values()) expect(rate).toBeGreaterThan(0);
    const [, requests] = args;
    expect(calls("set") - before).toBeGreaterThanOrEqual(Number(requests));
  });

  test("runs a command of one's own", async () => {
    const rates = await measure(
      server.port,
      "-a",
      "pw",
      "-n",
      "1000",
      "-r",
      "50",
      "APPEND",
      "k:__rand_int__",
      "x",
    );
    expect(rates.size).toBe(1);
    expect(calls("append")).toBe(1000);
  });

  test("finds the nodes of a cluster and their slots", async () => {
    const port = cluster.nodes[1]?.port as number;
    const args = ["--cluster", "-t", "set,get", "-n", "6000", "-P", "4", "-r", "1000"];
    const rates = await measure(port, ...args);
    expect([...rates.keys()]).toEqual(["SET", "GET"]);
    for (const { node } of cluster.nodes) {
      expect(node.commands.find("set")?.calls).toBeGreaterThan(0);
      expect(node.databases[0]?.size).toBeGreaterThan(0);
    }
  });
});
