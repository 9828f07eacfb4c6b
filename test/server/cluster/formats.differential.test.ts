import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../rig/index.ts";
import { describeWithReference } from "../differential.ts";
import type { WireReply } from "../resp-reply.ts";
import { ClusterPair } from "./cluster-pair.ts";

/** Lines of CLUSTER NODES in an order of their own, without times; the real one lists nodes by chance. */
function lines(reply: WireReply): string[] {
  return String(reply)
    .replace(/^[$=](txt:)?/, "")
    .split("\n")
    .map((line) => line.replace(/ \d+ \d+ (\d+) (connected|disconnected)/, " <sent> <received> $1 $2"))
    .sort();
}

/** Items of an array in an order of their own, epochs, offsets and times blanked. */
function items(reply: WireReply): string[] {
  if (typeof reply === "string") return [reply];
  return reply
    .slice(1)
    .map((item) => JSON.stringify(item))
    .sort();
}

for (const resp of [2, 3] as const) {
  describeWithReference(`formats of a real cluster in RESP${resp}`, () => {
    let pair: ClusterPair;

    beforeAll(async () => {
      pair = await ClusterPair.start({ replicas: 1, resp, config: { "enable-debug-command": "yes" } });
      await pair.eventuallySame(0, "CLUSTER", "SLOTS");
    });

    afterAll(() => pair.close());

    async function both(node: number, ...args: string[]): Promise<[WireReply, WireReply]> {
      const [ours, real] = await pair.clients(node);
      const replies = await Promise.all([ours.call(...args), real.call(...args)]);
      return [pair.normal(replies[0], 0), pair.normal(replies[1], 1)];
    }

    test("CLUSTER NODES has the same lines", async () => {
      for (const node of [0, 3]) {
        // The real nodes link to each other one after another.
        await until("the real node is linked to all others", async () => {
          const [, real] = await both(node, "CLUSTER", "NODES");
          return !String(real).includes("disconnected");
        });
        const [ours, real] = await both(node, "CLUSTER", "NODES");
        expect(lines(ours)).toEqual(lines(real));
      }
    });

    test("CLUSTER SLOTS, SHARDS and REPLICAS have the same shape", async () => {
      for (const node of [0, 3]) {
        await pair.same(node, "CLUSTER", "SLOTS");
        const [ours, real] = await both(node, "CLUSTER", "SHARDS");
        const blank = (reply: WireReply) =>
          items(reply).map((item) => item.replace(/"\$replication-offset",":\d+"/g, ""));
        expect(blank(ours)).toEqual(blank(real));
      }
      const [ours, real] = await both(0, "CLUSTER", "REPLICAS", pair.ours.nodes[0]?.id as string);
      expect(ours).not.toEqual(real);
      const replicas = await Promise.all(
        (await pair.clients(0)).map((client, side) =>
          client.call(
            "CLUSTER",
            "REPLICAS",
            ([pair.ours, pair.real][side] as typeof pair.ours).nodes[0]?.id ?? "",
          ),
        ),
      );
      const shown = replicas.map((reply, side) => items(pair.normal(reply, side as 0 | 1)).flatMap(lines));
      expect(shown[0]).toEqual(shown[1]);
    });

    test("CLUSTER INFO has the same fields", async () => {
      const [ours, real] = await both(0, "CLUSTER", "INFO");
      const blank = (reply: WireReply) =>
        String(reply)
          .replace(/^[$=]/, "")
          .split("\r\n")
          .filter((line) => !/^cluster_stats_messages_.+_.+:/.test(line))
          // The epoch that a real node has heard of depends on who has talked to it.
          .map((line) => line.replace(/^(cluster_stats_messages_\w+|cluster_current_epoch):\d+/, "$1"));
      expect(blank(ours)).toEqual(blank(real));
    });

    test("CLUSTER LINKS shows a link in each direction", async () => {
      const blank = (reply: WireReply) =>
        JSON.stringify(
          items(reply).map((item) =>
            item.replace(/"\$(create-time|send-buffer-allocated)",":\d+"/g, '"$$$1"'),
          ),
        );
      // The real nodes connect back one after another.
      await until("equal links", async () => {
        const [ours, real] = await both(0, "CLUSTER", "LINKS");
        return blank(ours) === blank(real);
      });
    });

    test("DEBUG of links has the same replies (but one error, where the real one adds an OK to that of a direction)", async () => {
      await pair.same(0, "DEBUG", "CLUSTERLINK", "KILL", "TO", "none");
      await pair.same(0, "DEBUG", "CLUSTERLINK", "KILL", "TO");
      await pair.same(0, "DEBUG", "CLUSTERLINK", "KILL", "ALL", "$1");
      await pair.same(0, "DEBUG", "DROP-CLUSTER-PACKET-FILTER", "-1");
    });

    test("INFO and ROLE of primaries and replicas have the same fields", async () => {
      for (const node of [0, 3]) {
        const [ours, real] = await both(node, "INFO", "replication");
        const names = (reply: WireReply) => [...String(reply).matchAll(/^(\w+):/gm)].map(([, name]) => name);
        expect(names(ours)).toEqual(names(real));
        const roles = await both(node, "ROLE");
        const blank = (reply: WireReply) => JSON.stringify(reply).replace(/"[:$]\d+"/g, '":n"');
        expect(blank(roles[0])).toBe(blank(roles[1]));
        const [ourCluster, realCluster] = await both(node, "INFO", "cluster");
        expect(ourCluster).toEqual(realCluster);
      }
    });

    test("CLUSTER HELP and the errors of every subcommand are the same", async () => {
      const none = "0".repeat(40);
      const calls = [
        "HELP",
        "HELP x",
        "NOSUCH",
        "NODES x",
        "KEYSLOT",
        "KEYSLOT foo{}{bar}",
        "KEYSLOT {a}b",
        "COUNTKEYSINSLOT x",
        "COUNTKEYSINSLOT 16384",
        "COUNTKEYSINSLOT -1",
        "GETKEYSINSLOT 1 -1",
        "GETKEYSINSLOT 99999 1",
        "GETKEYSINSLOT 1 x",
        "GETKEYSINSLOT 1 1",
        "ADDSLOTS x",
        "ADDSLOTS 1",
        "ADDSLOTS 16384",
        "ADDSLOTSRANGE 1 2 3",
        "ADDSLOTSRANGE 2 1",
        "ADDSLOTSRANGE 1 2",
        "DELSLOTSRANGE 5 4",
        "DELSLOTS 1 1",
        "SETSLOT 1 MIGRATING",
        "SETSLOT 99999 STABLE",
        "SETSLOT 1 STABLE x",
        "SETSLOT 1 STABLE",
        `SETSLOT 1 IMPORTING ${none}`,
        `SETSLOT 9000 MIGRATING ${none}`,
        `SETSLOT 1 MIGRATING ${none}`,
        `SETSLOT 9000 IMPORTING ${none}`,
        "SETSLOT 1 MIGRATING $3",
        "SETSLOT 9000 IMPORTING $3",
        `SETSLOT 1 NODE ${none}`,
        "SETSLOT 1 NODE $3",
        "SETSLOT 1 WHAT",
        `REPLICATE ${none}`,
        "REPLICATE $0",
        "REPLICATE $3",
        "REPLICATE $1",
        `REPLICAS ${none}`,
        "REPLICAS $3",
        `SLAVES ${none}`,
        `FORGET ${none}`,
        "FORGET $0",
        "FAILOVER",
        "FAILOVER NOW",
        "FAILOVER FORCE x",
        "RESET MEDIUM",
        "RESET SOFT x",
        "SET-CONFIG-EPOCH x",
        "SET-CONFIG-EPOCH -1",
        "SET-CONFIG-EPOCH 9",
        "MEET localhost 1",
        "MEET 127.0.0.1 x",
        "MEET 127.0.0.1 0",
        "MEET 127.0.0.1 1 x",
        "MEET 127.0.0.1 1 2 3",
        "COUNT-FAILURE-REPORTS $1",
        `COUNT-FAILURE-REPORTS ${none}`,
        "SAVECONFIG",
        "FLUSHSLOTS x",
        "MYID",
        "MYID x",
      ];
      for (const call of calls) await pair.same(0, "CLUSTER", ...call.split(" "));
      await pair.same(3, "CLUSTER", "FORGET", "$0");
      await pair.same(3, "CLUSTER", "FAILOVER", "NOW");
      await pair.same(3, "CLUSTER", "FAILOVER", "");
      for (const words of ["ASKING x", "READONLY x", "READWRITE", "CLUSTER"]) {
        await pair.same(0, ...words.split(" "));
      }
    });

    test("COMMAND INFO describes the cluster's commands alike", async () => {
      for (const name of ["asking", "readonly", "readwrite", "restore-asking", "role"]) {
        await pair.same(0, "COMMAND", "INFO", name);
      }
      await pair.same(0, "COMMAND", "GETKEYS", "MIGRATE", "h", "1", "", "0", "1", "KEYS", "a", "b");
      await pair.same(0, "COMMAND", "GETKEYS", "MIGRATE", "h", "1", "k", "0", "1", "COPY");
    });
  });
}
