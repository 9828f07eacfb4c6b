import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mapText, readMapText } from "../../demo/model/cluster.ts";
import { readTopology } from "../../demo/model/topology-text.ts";
import { findExecutable } from "../../src/cli/server-binary.ts";
import { describeUnless } from "../rig/gate.ts";
import { type RigCluster, startCluster } from "../rig/servers.ts";

const cli = findExecutable(["valkey-cli", "redis-cli"], process.env.PATH ?? "");
const A = "a".repeat(40);
const B = "b".repeat(40);

describe("the topology that somebody pastes", () => {
  test.each([
    [
      "CLUSTER SLOTS as RESP2 prints it",
      `1) 1) (integer) 0\n   2) (integer) 99\n   3) 1) "h"\n      2) (integer) 7000\n      3) "${A}"\n      4) 1) "hostname"\n         2) "x"\n2) 1) (integer) 200\n   2) (integer) 16383\n   3) 1) "h"\n      2) (integer) 7001\n      3) "${B}"\n      4) (empty array)`,
    ],
    ["raw CLUSTER SLOTS", `0\n99\nh\n7000\n${A}\n\n200\n16383\nh\n7001\n${B}\n`],
    [
      "raw CLUSTER SLOTS with host names",
      `0\n99\nh\n7000\n${A}\nhostname\nx\n200\n16383\nh\n7001\n${B}\nhostname\ny`,
    ],
    ["JSON of CLUSTER SLOTS", `[[0,99,["h",7000,"${A}",{}]],[200,16383,["h",7001,"${B}",{}]]]`],
    [
      "CLUSTER NODES",
      `${A} h:7000@17000 myself,master - 0 0 1 connected 0-99\n${B} h:7001@17001 master - 0 0 2 connected 200-16383`,
    ],
    [
      "CLUSTER NODES with the prompt above it",
      `127.0.0.1:7000> CLUSTER NODES\r\n${A} h:7000@17000 master - 0 0 1 connected 0-99\r\n${B} h:7001@17001 master - 0 0 2 connected 200-16383\r\n`,
    ],
    [
      "a JSON string of CLUSTER NODES",
      JSON.stringify(
        `${A} h:7000@17000 master - 0 0 1 connected 0-99\n${B} h:7001@17001 master - 0 0 2 connected 200-16383\n`,
      ),
    ],
  ])("is recognized: %s", (_, text) => {
    const { map } = readTopology(text);
    expect(map.nodes.map(({ port }) => port)).toEqual([7000, 7001]);
    expect([map.owner(99)?.port, map.owner(100)?.port, map.owner(200)?.port]).toEqual([
      7000,
      undefined,
      7001,
    ]);
    expect(map.coverage).toBe(100 + 16184);
  });

  test.each(["", "hello", "1) hello", "0\n1\n2", "[1, 2]", "[[0, 99]]", `${A} nonsense`])(
    "is refused in words when it is %j",
    (text) => {
      expect(() => readTopology(text)).toThrow(/none of CLUSTER SLOTS|expected/);
    },
  );

  test("goes into a link and comes back", () => {
    const { map } = readTopology(
      `[[0,99,["h",7000,"${A}"]],[100,100,["fe80::1",7001,"${B}"]],[101,16000,["h",7000,"${A}"]]]`,
    );
    const text = mapText(map);
    expect(text).toBe("h:7000=0-99,101-16000;[fe80::1]:7001=100");
    expect(readMapText(text)?.nodeOfSlot).toEqual(map.nodeOfSlot);
    expect(readMapText("junk")).toBeUndefined();
  });
});

describeUnless(
  "redis",
  cli === undefined ? "needs redis-cli on the PATH" : undefined,
  "the topology that redis-cli prints",
  () => {
    let cluster: RigCluster;
    beforeAll(async () => {
      cluster = await startCluster({ primaries: 3, replicas: 1 });
    });
    afterAll(() => cluster?.stop());

    test.each([
      ["for people", ["--no-raw"]],
      ["for people, RESP3", ["-3", "--no-raw"]],
      ["raw", ["--raw"]],
      ["as JSON", ["--json"]],
    ])("is read as the server means it, %s", (_, flags) => {
      for (const command of ["slots", "shards", "nodes"]) {
        const port = String(cluster.node.port);
        const text = execFileSync(cli!, ["-p", port, ...flags, "cluster", command], { encoding: "utf8" });
        const { command: recognized, map } = readTopology(text);
        expect(recognized).toBe(`CLUSTER ${command.toUpperCase()}`);
        expect(map.coverage).toBe(16384);
        const primaries = cluster.primaries.map((node) => node.port).sort();
        expect(map.nodes.map((node) => node.port).sort()).toEqual(primaries);
        expect(map.nodes.every(({ replicas }) => replicas.length === 1)).toBe(true);
      }
    });
  },
);
