import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPastedTopology } from "../../src/cli/pasted-topology.ts";
import { findExecutable } from "../../src/cli/server-binary.ts";
import type { SlotMap } from "../../src/slots/index.ts";
import { describeWithServer, type RigCluster, startCluster } from "../rig/index.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

function ownersOf(map: SlotMap): Record<string, [number, string]> {
  return Object.fromEntries(
    map.nodes.map((node, i) => [
      node.id,
      [map.nodeOfSlot.filter((index) => index === i).length, `${node.host}:${node.port}`],
    ]),
  );
}

const HALVES = { [A]: [8192, "10.0.0.1:7000"], [B]: [8192, "10.0.0.2:7000"] };

/** The same cluster of two, as redis-cli prints it. */
const FORMS: Readonly<Record<string, string>> = {
  "CLUSTER NODES behind a prompt, with Windows line ends": [
    "10.0.0.1:7000> cluster nodes",
    `${A} 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-8191`,
    `${B} 10.0.0.2:7000@17000 master - 0 0 2 connected 8192-16383`,
    "",
  ].join("\r\n"),
  "CLUSTER NODES as JSON": JSON.stringify(
    `${A} 10.0.0.1:7000@17000 master - 0 0 1 connected 0-8191\n${B} 10.0.0.2:7000@17000 master - 0 0 2 connected 8192-16383\n`,
  ),
  "CLUSTER SLOTS on a terminal, with a replica and host names": `127.0.0.1:7000> CLUSTER SLOTS
1) 1) (integer) 0
   2) (integer) 8191
   3) 1) "10.0.0.1"
      2) (integer) 7000
      3) "${A}"
      4) 1) "hostname"
         2) "one.example.com"
   4) 1) "10.0.0.3"
      2) (integer) 7000
      3) "${"c".repeat(40)}"
      4) (empty array)
2) 1) (integer) 8192
   2) (integer) 16383
   3) 1) "10.0.0.2"
      2) (integer) 7000
      3) "${B}"
      4) (empty array)
`,
  "CLUSTER SLOTS in a pipe, with host names": `0
8191
10.0.0.1
7000
${A}
hostname
one.example.com
10.0.0.3
7000
${"c".repeat(40)}

8192
16383
10.0.0.2
7000
${B}

`,
  "CLUSTER SLOTS as JSON": JSON.stringify([
    [0, 8191, ["10.0.0.1", 7000, A, {}]],
    [8192, 16383, ["10.0.0.2", 7000, B, {}]],
  ]),
  "CLUSTER SHARDS on a terminal, under RESP3": `1) 1# "slots" => 
      1) (integer) 0
      2) (integer) 8191
   2# "nodes" => 
      1) 1# "id" => "${A}"
         2# "port" => (integer) 7000
         3# "endpoint" => "10.0.0.1"
         4# "role" => "master"
2) 1# "slots" => 
      1) (integer) 8192
      2) (integer) 16383
   2# "nodes" => 
      1) 1# "id" => "${B}"
         2# "port" => (integer) 7000
         3# "endpoint" => "10.0.0.2"
         4# "role" => "master"`,
};

describe("a pasted topology", () => {
  test.each(Object.entries(FORMS))("is read from %s", (_, text) => {
    expect(ownersOf(readPastedTopology(text))).toEqual(HALVES);
  });

  test("may leave out the host of the node that was asked", () => {
    const map = readPastedTopology(`${A} :7000@17000 myself,master - 0 0 1 connected 0-16383`);
    expect(ownersOf(map)).toEqual({ [A]: [16_384, "?:7000"] });
  });

  test.each([
    ["nothing", ""],
    ["some text", "hello\nworld"],
    ["half a JSON text", "[[0,1,"],
    ["a broken tree", '1) 1) (integer) 0\n   2) "unfinished'],
    ["a tree with a line too many", "1) 1) (integer) 0\n   2) (integer) 1\n   3) (empty array)\nmore"],
    ["an error", "(error) ERR This instance has cluster support disabled"],
    ["a list of slots out of range", JSON.stringify([[0, 99999, ["h", 1, A]]])],
    ["shards that begin in the middle", "slots\n0\n1\nport\n7000"],
    ["a deep nest", Array.from({ length: 50 }, () => "1) ").join("")],
  ])("is refused when it is %s", (_, text) => {
    expect(() => readPastedTopology(text)).toThrow(expect.objectContaining({ code: "BAD_TOPOLOGY" }));
  });
});

const redisCli = findExecutable(["redis-cli", "valkey-cli"], process.env.PATH ?? "");

describeWithServer("what redis-cli prints", () => {
  let cluster: RigCluster;
  let shardsKnown: boolean;
  beforeAll(async () => {
    cluster = await startCluster();
    shardsKnown = await cluster.node.command("CLUSTER", "SHARDS").then(
      () => true,
      () => false,
    );
  });
  afterAll(() => cluster.stop());

  const modes = [["--no-raw"], ["--raw"], ["--json"], ["-3", "--no-raw"], ["-3", "--raw"]];
  test.each(modes)("is read as it comes with %s %s", (...flags) => {
    if (redisCli === undefined) return;
    const args = ["-p", String(cluster.node.port), ...flags.filter((flag) => typeof flag === "string")];
    const print = (what: string): string =>
      execFileSync(redisCli, [...args, "cluster", what], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    let slots: string;
    try {
      slots = print("slots");
    } catch {
      return; // this redis-cli does not know the flag
    }
    const expected = ownersOf(readPastedTopology(print("nodes")));
    expect(Object.keys(expected).sort()).toEqual(cluster.primaries.map(({ id }) => id).sort());
    expect(ownersOf(readPastedTopology(slots))).toEqual(expected);
    // Servers before Redis 7 do not know it.
    if (shardsKnown) expect(ownersOf(readPastedTopology(print("shards")))).toEqual(expected);
  });
});
