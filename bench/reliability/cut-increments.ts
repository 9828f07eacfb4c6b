import { setTimeout as sleep } from "node:timers/promises";
import { startProxy } from "../../test/rig/proxy.ts";
import { startServer } from "../../test/rig/servers.ts";
import { type Contestant, errorName } from "./contestant.ts";

export interface CutIncrementsResult {
  readonly rounds: number;
  /** INCRs that the server ran once, and more than once. */
  readonly ranOnce: number;
  readonly ranAgain: number;
  /** What the caller was told: a value, or an error by name. */
  readonly told: ReadonlyMap<string, number>;
  /** Values that were not the count at the time of the call's own INCR. */
  readonly wrong: number;
}

/** One INCR a round, each on its own key; the connection is cut when the reply leaves the server. */
export async function runCutIncrements(contestant: Contestant, rounds: number): Promise<CutIncrementsResult> {
  await using server = await startServer();
  await using proxy = await startProxy(server.node.port);
  const client = await contestant.connectServer(proxy);
  const told = new Map<string, number>();
  let [ranOnce, ranAgain, wrong] = [0, 0, 0];
  try {
    for (let round = 0; round < rounds; round++) {
      const key = `{cut}${round}`;
      // A connection that is known to be there, so that INCR is what the cut meets.
      while ((await client.run([["GET", "none"]]))[0]?.status !== "fulfilled") await sleep(5);
      proxy.cutAfter(0, "toClient");
      const [outcome] = await client.run([["INCR", key]]);
      const count = Number(await server.node.command("GET", key));
      if (count === 1) ranOnce++;
      else if (count > 1) ranAgain++;
      const name = outcome?.status === "fulfilled" ? "a value" : errorName(outcome?.reason);
      told.set(name, (told.get(name) ?? 0) + 1);
      if (outcome?.status === "fulfilled" && outcome.value !== 1) wrong++;
    }
  } finally {
    await client.close();
  }
  return { rounds, ranOnce, ranAgain, told, wrong };
}
