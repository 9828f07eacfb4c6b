import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import { keySlot } from "../../src/slots/index.ts";
import { describeWithServer, type RigCluster, type RigNode, startCluster, until } from "../rig/index.ts";
import { outcomeOf } from "./outcome.ts";

// Row 19: the primary's process is stopped; its sockets stay open and say nothing.

describeWithServer("a primary frozen by SIGSTOP", () => {
  let cluster: RigCluster;
  let tags: string[];
  let frozen: RigNode;
  let replica: RigNode;
  let witness: RigNode;

  beforeAll(async () => {
    // Nobody is promoted before the test says so.
    cluster = await startCluster({ replicas: 1, config: { "cluster-node-timeout": 60_000 } });
  });
  afterAll(() => cluster.stop());

  beforeEach(async () => {
    const owners = new Map<RigNode, string>();
    for (let i = 0; owners.size < 3; i++) {
      const owner = await cluster.ownerOf(keySlot(`t${i}`));
      if (!owners.has(owner)) owners.set(owner, `{t${i}}`);
    }
    tags = [...owners.values()];
    frozen = [...owners.keys()][0] as RigNode;
    witness = [...owners.keys()][1] as RigNode;
    const shards = (await witness.command("CLUSTER", "SLOTS")) as [
      number,
      number,
      ...[string, number, string][],
    ][];
    const shard = shards.find(([, , primary]) => primary?.[2] === frozen.id);
    replica = cluster.nodes.find(({ id }) => id === shard?.[3]?.[2]) as RigNode;
  });

  async function thaw(): Promise<void> {
    frozen.resume();
    await until("the old primary follows the new one", async () => {
      const [role] = (await frozen.command("ROLE")) as [string];
      const link = String(await frozen.command("INFO", "replication"));
      return (
        role === "slave" && link.includes("master_link_status:up") && /slave_repl_offset:[1-9]/.test(link)
      );
    });
    await until("everybody lists it as a replica", async () => {
      const lists = await Promise.all(cluster.nodes.map((node) => node.command("CLUSTER", "SLOTS")));
      return lists.every((list) => JSON.stringify(list).includes(frozen.id));
    });
  }

  test("with a replica promoted: new calls succeed soon, nothing outlives its deadline, others never stop", async () => {
    await using client = await connect(cluster.url, { timeoutMs: 4000 });
    const [tag, ...otherTags] = tags as [string, string, string];
    const calls: { beganAt: number; endedAt: number; tookMs: number; outcomes: string[]; other: boolean }[] =
      [];
    let pacing = true;
    const open: Promise<void>[] = [];
    const call = async (other: boolean, i: number): Promise<void> => {
      const key = `${other ? (otherTags[i % 2] as string) : tag}${i}`;
      const beganAt = performance.now();
      const results = await client.batch().call("INCR", key).call("GET", `${key}:none`).exec();
      const endedAt = performance.now();
      calls.push({ beganAt, endedAt, tookMs: endedAt - beganAt, outcomes: results.map(outcomeOf), other });
    };
    const pace = (async () => {
      for (let i = 0; pacing; i++) {
        open.push(call(false, i), call(true, i));
        await sleep(20);
      }
    })();
    await sleep(200);
    frozen.pause();
    try {
      await sleep(500);
      await cluster.takeOver(replica, [witness]);
      const shownAt = performance.now();
      await until("a new call has succeeded", () =>
        calls.some(
          ({ beganAt, outcomes, other }) => beganAt > shownAt && !other && outcomes.join() === "value,value",
        ),
      );
      const first = calls.find(
        ({ beganAt, outcomes, other }) => beganAt > shownAt && !other && outcomes.join() === "value,value",
      );
      // The figure to hold is 1.5 s (npm run reliability measures it); this only says that it is no matter of the deadline.
      expect((first?.endedAt as number) - shownAt).toBeLessThan(4000);
      await sleep(300);
      pacing = false;
      await pace;
      await Promise.all(open);
    } finally {
      pacing = false;
      await thaw();
    }
    expect(Math.max(...calls.map(({ tookMs }) => tookMs))).toBeLessThan(4000 + 3000);
    expect(calls.filter(({ other, outcomes }) => other && outcomes.join() !== "value,value")).toEqual([]);
    // INCRs that were on their way may have run; the reads beside them are simply made again.
    const failed = calls.filter(({ outcomes }) => outcomes[0] !== "value");
    expect(failed.length).toBeGreaterThan(0);
    for (const { outcomes } of failed) expect(outcomes).toEqual(["unknown", "value"]);
    expect(client.stats().suspicions).toBeGreaterThanOrEqual(1);
    const counts = await replica.command("MGET", ...calls.map((_, i) => `${tag}${i}`));
    for (const count of counts as (string | null)[]) expect([null, "1"]).toContain(count);
  });

  test("that a client has not spoken to for a while is noticed by its next call, which still succeeds", async () => {
    await using client = await connect(cluster.url, { topologyRefreshMs: 600_000 });
    await client.mset(tags.map((tag) => [tag, "value"]));
    await until(
      "replicated",
      async () => (await replica.command("DBSIZE")) === (await frozen.command("DBSIZE")),
    );
    frozen.pause();
    try {
      await cluster.takeOver(replica, [witness]);
      const down = once(client, "nodeDown");
      expect((await client.mget(tags)).map(String)).toEqual(tags.map(() => "value"));
      const [event] = (await down) as [{ node: string; suspected: boolean }];
      expect(event).toMatchObject({ node: frozen.address, suspected: true });
      const again = performance.now();
      await client.mset(tags.map((tag) => [tag, "new"]));
      expect(performance.now() - again).toBeLessThan(3000);
    } finally {
      await thaw();
    }
  });

  test("once suspected, is asked about until its successor is known, without any further call", async () => {
    await using client = await connect(cluster.url, { deadNodeTimeoutMs: 200, topologyRefreshMs: 600_000 });
    const [tag] = tags as [string];
    frozen.pause();
    try {
      const down = once(client, "nodeDown");
      await expect(client.mset([[tag, "1"]], { timeoutMs: 400 })).rejects.toThrow();
      await down;
      await sleep(700);
      await cluster.takeOver(replica, [witness]);
      const shownAt = performance.now();
      await until("the client knows", () => client.topology()?.owner(keySlot(tag))?.port === replica.port);
      // At most half a second between two questions.
      expect(performance.now() - shownAt).toBeLessThan(5000);
    } finally {
      await thaw();
    }
  });

  test("and woken again without a failover is used again", async () => {
    await using client = await connect(cluster.url, { deadNodeTimeoutMs: 200, timeoutMs: 10_000 });
    frozen.pause();
    const call = client.mget(tags);
    await once(client, "nodeDown");
    frozen.resume();
    expect(await call).toHaveLength(3);
    expect(client.stats().suspicions).toBeGreaterThanOrEqual(1);
    await use(client);
  });

  test("and never replaced: every call ends at its deadline", async () => {
    await using client = await connect(cluster.url, { deadNodeTimeoutMs: 150, timeoutMs: 700 });
    frozen.pause();
    try {
      const began = performance.now();
      const calls = Array.from({ length: 20 }, async (_, i) => {
        await sleep(20 * i);
        const beganAt = performance.now();
        const outcomes = await client.msetSettled(tags.map((tag) => [`${tag}${i}`, "1"]));
        return { tookMs: performance.now() - beganAt, outcomes: outcomes.map(outcomeOf) };
      });
      for (const { tookMs, outcomes } of await Promise.all(calls)) {
        expect(tookMs).toBeLessThan(700 + 2000);
        expect(outcomes.slice(1)).toEqual(["value", "value"]);
        expect(["unknown", "not-applied"]).toContain(outcomes[0]);
      }
      expect(performance.now() - began).toBeLessThan(6000);
      expect(client.stats().queuedBytes).toBe(0);
    } finally {
      frozen.resume();
    }
    await use(client);
  });

  async function use(client: SlotClient): Promise<void> {
    await until("it answers again", async () => {
      await client.mset(tags.map((tag) => [tag, "back"]));
      return true;
    });
    expect((await client.mget(tags)).map(String)).toEqual(tags.map(() => "back"));
  }
});
