import { setTimeout as sleep } from "node:timers/promises";
import { keySlot } from "../../src/slots/index.ts";
import type { RigNode } from "../../test/rig/node.ts";
import { type RigCluster, startCluster } from "../../test/rig/servers.ts";
import { until } from "../../test/rig/until.ts";
import { type Contestant, errorName, type LoadClient } from "./contestant.ts";

export interface FrozenPrimaryResult {
  /** Milliseconds from SIGSTOP until another primary showed the promotion. */
  readonly promotionMs: number;
  /** Milliseconds from there until a call that began later had succeeded; undefined when none did within the limit. */
  readonly recoveryMs: number | undefined;
  /** Calls from the freeze to the end, and those among them that failed or were still open at the end. */
  readonly calls: number;
  /** By the error's name. */
  readonly failed: ReadonlyMap<string, number>;
  readonly open: number;
  /** The longest that a call took, or has been open. */
  readonly longestMs: number;
  /** Failed calls for the slots of the other primaries. */
  readonly failedElsewhere: number;
  /** INCRs that the new primary counted more than once. */
  readonly ranAgain: number;
}

interface Call {
  readonly beganAt: number;
  readonly elsewhere: boolean;
  readonly key: string;
  endedAt: number | undefined;
  succeeded: boolean;
  error: string | undefined;
}

const EVERY_MS = 25;
const NODE_TIMEOUT_MS = 1000;

/** Calls go on at a steady pace while a primary is stopped by SIGSTOP and its replica is promoted by the cluster itself. */
export async function runFrozenPrimary(
  contestant: Contestant,
  limitMs: number,
): Promise<FrozenPrimaryResult> {
  // Other primaries go on serving their own slots: that is what full coverage is turned off for.
  const config = { "cluster-node-timeout": NODE_TIMEOUT_MS, "cluster-require-full-coverage": "no" };
  await using cluster = await startCluster({ replicas: 1, config });
  const client = await contestant.connectCluster(cluster.nodes);
  const [victim, witness] = cluster.primaries as [RigNode, RigNode];
  const [tag, otherTag] = await tagsOf(cluster, victim, witness);
  const slot = keySlot(tag);
  const calls: Call[] = [];
  let pacing = true;
  const pace = (async () => {
    for (let i = 0; pacing; i++) {
      for (const elsewhere of [false, true])
        startCall(client, calls, elsewhere ? otherTag : tag, i, elsewhere);
      await sleep(EVERY_MS);
    }
  })();
  try {
    await sleep(500);
    const frozenAt = performance.now();
    victim.pause();
    await until(
      "another primary shows the promotion",
      async () => (await cluster.ownerOf(slot, witness)) !== victim,
      30_000,
    );
    const shownAt = performance.now();
    const recovered = (): Call | undefined =>
      calls.find((call) => call.beganAt > shownAt && !call.elsewhere && call.succeeded);
    while (recovered() === undefined && performance.now() - shownAt < limitMs) await sleep(10);
    const first = recovered();
    // What is still open has time to end.
    if (first !== undefined) await sleep(1500);
    pacing = false;
    await pace;
    const endAt = performance.now();
    const during = calls.filter(({ beganAt }) => beganAt >= frozenAt && beganAt < endAt - 1000);
    return {
      promotionMs: shownAt - frozenAt,
      recoveryMs: first === undefined ? undefined : (first.endedAt as number) - shownAt,
      calls: during.length,
      failed: countErrors(during),
      open: during.filter((call) => call.endedAt === undefined).length,
      longestMs: Math.max(...during.map((call) => (call.endedAt ?? endAt) - call.beganAt)),
      failedElsewhere: during.filter((call) => call.elsewhere && !call.succeeded).length,
      ranAgain: await countRepeated(cluster, witness, tag, calls),
    };
  } finally {
    pacing = false;
    victim.resume();
    await client.close();
  }
}

function startCall(client: LoadClient, calls: Call[], tag: string, i: number, elsewhere: boolean): void {
  const key = `${tag}${i}`;
  const call: Call = {
    beganAt: performance.now(),
    elsewhere,
    key,
    endedAt: undefined,
    succeeded: false,
    error: undefined,
  };
  calls.push(call);
  void client.run([["INCR", key]]).then(([outcome]) => {
    call.endedAt = performance.now();
    call.succeeded = outcome?.status === "fulfilled";
    if (outcome?.status === "rejected") call.error = errorName(outcome.reason);
  });
}

function countErrors(calls: readonly Call[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { error } of calls) if (error !== undefined) counts.set(error, (counts.get(error) ?? 0) + 1);
  return counts;
}

/** A tag for a slot of each of the two. */
async function tagsOf(
  cluster: RigCluster,
  ...owners: readonly [RigNode, RigNode]
): Promise<[string, string]> {
  const found: string[] = [];
  for (const owner of owners) {
    for (let i = 0; found.length <= owners.indexOf(owner); i++) {
      const tag = `{t${i}}`;
      if ((await cluster.ownerOf(keySlot(tag))) === owner) found.push(tag);
    }
  }
  return found as [string, string];
}

async function countRepeated(
  cluster: RigCluster,
  witness: RigNode,
  tag: string,
  calls: readonly Call[],
): Promise<number> {
  const owner = await cluster.ownerOf(keySlot(tag), witness);
  const keys = calls.filter(({ elsewhere }) => !elsewhere).map(({ key }) => key);
  const counts = (await owner.command("MGET", ...keys)) as (string | null)[];
  return counts.filter((count) => Number(count ?? 0) > 1).length;
}
