import type { GlideClusterClient } from "@valkey/valkey-glide";
import type { Contestant, ContestantSource } from "../contestant.ts";
import { peerRead, recordOf, writtenMetadata } from "../peer-record.ts";
import { bytesName, metadataName } from "../workload.ts";

type Glide = typeof import("@valkey/valkey-glide");

/** A non-atomic ClusterBatch with one MGET or MSET per record; GLIDE's core splits it by node. */
function batched(glide: Glide, client: GlideClusterClient): Contestant {
  const decoder = { decoder: glide.Decoder.Bytes, timeout: 60_000 };
  return {
    prepareRead: (load) =>
      peerRead(load, async () => {
        const batch = new glide.ClusterBatch(false);
        for (const key of load.keys) batch.mget([metadataName(key), bytesName(key)]);
        const replies = (await client.exec(batch, true, decoder))!;
        return replies.map((reply) => recordOf(load, reply as unknown as (Buffer | null)[]));
      }),
    prepareWrite: (load) => ({
      run: () => {
        const batch = new glide.ClusterBatch(false);
        for (let i = 0; i < load.keys.length; i++) {
          const key = load.keys[i]!;
          batch.mset([
            { key: metadataName(key), value: writtenMetadata(load, i) },
            { key: bytesName(key), value: load.values[i]! },
          ]);
        }
        return client.exec(batch, true, decoder);
      },
    }),
    close: async () => client.close(),
  };
}

export const glideContestants: readonly ContestantSource[] = [
  {
    id: "glide-batch",
    label: "GLIDE, non-atomic batch",
    kind: "peer",
    open: async (nodes) => {
      const glide = await import("@valkey/valkey-glide");
      const client = await glide.GlideClusterClient.createClient({
        addresses: nodes.map(({ host, port }) => ({ host, port })),
        requestTimeout: 60_000,
      });
      return batched(glide, client);
    },
  },
];
