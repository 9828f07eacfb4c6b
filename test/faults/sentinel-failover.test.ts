import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import { describeWithServer, type RigNode, type RigSentinels, startSentinels, until } from "../rig/index.ts";
import { FailoverLoad } from "./failover-load.ts";

// Rows 15 to 19 for a primary that Sentinels watch.

const PATIENCE_MS = 120_000;
const TEST_MS = 300_000;
/** Silence for which a dead primary is looked at before it is replaced. */
const DOWN_AFTER_MS = 500;
const NEVER_MS = 3_600_000;

describeWithServer("a failover by Sentinels under load", () => {
  let rig: RigSentinels;
  let primary: RigNode;
  beforeEach(async () => {
    rig = await startSentinels({ sentinels: 3, downAfterMs: NEVER_MS });
    primary = rig.nodes[0] as RigNode;
  }, TEST_MS);
  afterEach(() => rig.stop());

  /** Puts load on, brings the primary down by `harm`, waits until it is replaced and the client goes on, and compares. */
  async function failOver(client: SlotClient, label: string, harm: () => unknown): Promise<void> {
    await using before = new FailoverLoad(client, `${label}-before`);
    await until(
      "there was some load",
      () => before.acknowledgedSince(0) && before.tokens.length > 400,
      PATIENCE_MS,
    );
    await before.stop();
    // The replica has acknowledged all of it.
    await rig.replicated(primary);
    let lostAt = Number.NaN;
    client.on("nodeDown", ({ node }) => {
      if (node === primary.address) lostAt = performance.now();
    });
    await using load = new FailoverLoad(client, label);
    await until("there is load", () => load.tokens.length > 200, PATIENCE_MS);
    await harm();
    await rig.setDownAfter(DOWN_AFTER_MS);
    const successor = await rig.replaced(primary);
    await rig.setDownAfter(NEVER_MS);
    await until(
      "the client has gone over",
      () => client.topology()?.nodes[0]?.port === successor.port,
      PATIENCE_MS,
    );
    const overAt = performance.now();
    await until("writes are acknowledged again", () => load.acknowledgedSince(overAt), PATIENCE_MS);
    await until(
      "there is load",
      () => load.tokens.filter(({ beganAt }) => beganAt > overAt).length > 200,
      PATIENCE_MS,
    );
    await load.stop();
    expect(lostAt).not.toBeNaN();
    await before.verify(successor);
    await load.verify(successor, { lostAt });
    await until("one connection is left", () => client.stats().openConnections === 1, PATIENCE_MS);
    expect(client.stats()).toMatchObject({ queuedBytes: 0, desyncs: 0 });
  }

  test(
    "after kill -9: the client goes on by itself, and loses nothing but what the failover loses",
    async () => {
      await using client = await connect(rig.url);
      await failOver(client, "killed", () => primary.kill());
    },
    TEST_MS,
  );

  test(
    "the old primary's return as a primary without data, and then as a replica, disturbs nobody",
    async () => {
      await using client = await connect(rig.url, { topologyRefreshMs: 500 });
      await failOver(client, "returned", () => primary.kill());
      const successor = await rig.named();
      await using load = new FailoverLoad(client, "with-the-old-one");
      await primary.restart();
      await until(
        "it was made a replica",
        async () => {
          return ((await primary.command("ROLE")) as string[])[0] === "slave";
        },
        PATIENCE_MS,
      );
      const rejoinedAt = performance.now();
      await until("there was load since", () => load.acknowledgedSince(rejoinedAt), PATIENCE_MS);
      await load.stop();
      await load.verify(successor);
      expect(client.topology()?.nodes).toMatchObject([{ port: successor.port }]);
    },
    TEST_MS,
  );

  test(
    "after SIGSTOP: the silence is noticed, and the frozen primary's awakening disturbs nobody",
    async () => {
      await using client = await connect(rig.url);
      const frozen = primary;
      try {
        await failOver(client, "frozen", () => frozen.pause());
        expect(client.stats().suspicions).toBeGreaterThanOrEqual(1);
        const successor = await rig.named();
        await using load = new FailoverLoad(client, "awake");
        frozen.resume();
        await until(
          "it was made a replica",
          async () => {
            return ((await frozen.command("ROLE")) as string[])[0] === "slave";
          },
          PATIENCE_MS,
        );
        await load.stop();
        await load.verify(successor);
      } finally {
        frozen.resume();
      }
    },
    TEST_MS,
  );

  test(
    "together with the Sentinel that would have told of it: the others are asked",
    async () => {
      await using client = await connect(rig.url, { topologyRefreshMs: 600_000 });
      let informant: RigNode | undefined;
      await until(
        "one Sentinel has a subscriber",
        async () => {
          for (const sentinel of rig.sentinels)
            if (String(await sentinel.command("CLIENT", "LIST", "TYPE", "pubsub")).includes("sub=1"))
              informant = sentinel;
          return informant !== undefined;
        },
        PATIENCE_MS,
      );
      await failOver(client, "uninformed", () => Promise.all([primary.kill(), informant?.kill()]));
    },
    TEST_MS,
  );

  test(
    "without a cause, twice in a row: nothing runs twice, and nothing is lost once the client has gone over",
    async () => {
      await using client = await connect(rig.url);
      for (const label of ["first", "second"]) {
        await using load = new FailoverLoad(client, `asked-for-${label}`);
        await until("there is load", () => load.tokens.length > 200, PATIENCE_MS);
        const successor = await rig.failOver();
        await until(
          "the client has gone over",
          () => client.topology()?.nodes[0]?.port === successor.port,
          PATIENCE_MS,
        );
        await load.stop();
        await using after = new FailoverLoad(client, `after-${label}`);
        await until("there was load", () => after.tokens.length > 400, PATIENCE_MS);
        await after.stop();
        await after.verify(successor);
        // What the old primary acknowledged between the promotion and its demotion is what such a failover loses.
        await load.verify(successor, { overlapping: true });
        await rig.replicated(successor);
        await rig.agreed(successor);
      }
    },
    TEST_MS,
  );

  test(
    "with nobody to take over: every call ends at its deadline, and the return of the primary is noticed",
    async () => {
      await using client = await connect(rig.url, { timeoutMs: 1000 });
      const down = once(client, "nodeDown");
      await primary.kill();
      await down;
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const beganAt = performance.now();
          const error = await client.mset([[`k${i}`, "v"]]).catch((reason: unknown) => reason);
          expect(error).toMatchObject({ code: "TIMEOUT" });
          return performance.now() - beganAt;
        }),
      );
      expect(Math.max(...outcomes)).toBeLessThan(1000 + 20_000);
      expect(client.stats()).toMatchObject({ queuedBytes: 0 });
      await primary.restart();
      await until(
        "it answers again",
        async () => {
          await client.mset([["back", "1"]]);
          return true;
        },
        PATIENCE_MS,
      );
      expect(await primary.command("GET", "back")).toBe("1");
    },
    TEST_MS,
  );
});
