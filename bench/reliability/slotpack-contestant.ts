import { type CommandBatch, connect, type SlotClient } from "../../src/index.ts";
import type { Contestant, LoadClient, LoadCommand } from "./contestant.ts";

/** slotpack with its defaults: one `mgetSettled()` for a batch of GETs, one `batch()` for any other. */
export const slotpackContestant: Contestant = {
  name: "slotpack",
  connectCluster: async (nodes) =>
    loadClient(
      await connect(`redis-cluster://${nodes.map(({ host, port }) => `${host}:${port}`).join(",")}`),
    ),
  connectServer: async ({ host, port }) => loadClient(await connect(`redis://${host}:${port}`)),
};

function loadClient(client: SlotClient): LoadClient {
  return {
    async run(commands) {
      const outcomes = await (commands.every(([name]) => name === "GET")
        ? client.mgetSettled(commands.map(([, key]) => key))
        : mixedBatch(client, commands).exec());
      return outcomes.map((outcome) =>
        outcome.status === "rejected" ? outcome : { status: "fulfilled", value: text(outcome.value) },
      );
    },
    close: () => client.close(),
  };
}

function mixedBatch(client: SlotClient, commands: readonly LoadCommand[]): CommandBatch {
  const batch = client.batch();
  for (const [name, ...args] of commands) batch.call(name, ...args);
  return batch;
}

function text(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString();
  return Array.isArray(value) ? value.map(text) : value;
}
