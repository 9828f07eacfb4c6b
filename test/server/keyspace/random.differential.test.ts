import { test } from "vitest";
import { describeWithReference, ServerPair } from "../differential.ts";
import { NORMALISE } from "./normalise.ts";
import { RandomCommands } from "./random-commands.ts";

/** More of them in a long run: KEYSPACE_COMMANDS=1000000. */
const COMMANDS = Number(process.env.KEYSPACE_COMMANDS ?? 4000);
const SEED = Number(process.env.KEYSPACE_SEED ?? 20_261_121);
const AT_ONCE = 50;

describeWithReference("random commands of strings, bits and keys", () => {
  for (const resp of [2, 3] as const) {
    test(
      `are answered as the real server answers them in RESP${resp}`,
      async () => {
        const pair = await ServerPair.start({
          resp,
          normalise: NORMALISE,
          config: { "enable-debug-command": "yes" },
        });
        try {
          // DBSIZE counts keys whose time is over until somebody finds them: when, is chance.
          pair.ours.node.activeExpire = false;
          await (await pair.clients())[1].call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
          const commands = new RandomCommands(SEED + resp);
          for (let sent = 0; sent < COMMANDS; sent += AT_ONCE) {
            await pair.samePipeline(Array.from({ length: AT_ONCE }, () => commands.next()));
          }
        } finally {
          await pair.close();
        }
      },
      60_000 + COMMANDS * 2,
    );
  }
});
