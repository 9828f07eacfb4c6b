import calculateSlot from "cluster-key-slot";
import type { Address, Contestant, ContestantSource } from "../contestant.ts";
import { peerRead, recordOf, writtenMetadata } from "../peer-record.ts";
import { bytesName, metadataName } from "../workload.ts";

async function openCluster(nodes: readonly Address[]) {
  const redis = await import("redis");
  const cluster = redis.createCluster({
    rootNodes: nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })),
  });
  // Without a listener, an error of an idle connection would end the process; a failed command rejects anyway.
  cluster.on("error", () => {});
  await cluster.connect();
  const mapping = { [redis.RESP_TYPES.BLOB_STRING]: Buffer };
  const masters = await Promise.all(
    cluster.slots.map(async ({ master }) => (await cluster.nodeClient(master)).withTypeMapping(mapping)),
  );
  return { cluster, binary: cluster.withTypeMapping(mapping), masters };
}

type Opened = Awaited<ReturnType<typeof openCluster>>;

/** One `mGet` or `mSet` of the whole batch, which node-redis 6.3 splits into one command per slot. */
function wholeBatch({ cluster, binary }: Opened): Contestant {
  return {
    prepareRead: (load) =>
      peerRead(load, async () => {
        const names = new Array<string>(load.keys.length * 2);
        for (let i = 0; i < load.keys.length; i++) {
          names[2 * i] = metadataName(load.keys[i]!);
          names[2 * i + 1] = bytesName(load.keys[i]!);
        }
        const values = (await binary.mGet(names)) as (Buffer | null)[];
        return load.keys.map((_, i) => recordOf(load, [values[2 * i]!, values[2 * i + 1]!]));
      }),
    prepareWrite: (load) => ({
      run: () => {
        const pairs = new Array<[string, Buffer]>(load.keys.length * 2);
        for (let i = 0; i < load.keys.length; i++) {
          pairs[2 * i] = [metadataName(load.keys[i]!), writtenMetadata(load, i)];
          pairs[2 * i + 1] = [bytesName(load.keys[i]!), load.values[i]!];
        }
        return binary.mSet(pairs);
      },
    }),
    close: () => cluster.close(),
  };
}

/** Routed by hand to the primary's own client, one command per record: dearer for small values, cheaper for large ones. */
function perNode({ cluster, masters }: Opened): Contestant {
  return {
    prepareRead: (load) =>
      peerRead(load, async () => {
        const replies = await Promise.all(
          load.keys.map((key) => masters[calculateSlot(key)]!.mGet([metadataName(key), bytesName(key)])),
        );
        return replies.map((reply) => recordOf(load, reply as (Buffer | null)[]));
      }),
    prepareWrite: (load) => ({
      run: () =>
        Promise.all(
          load.keys.map((key, i) =>
            masters[calculateSlot(key)]!.mSet([
              [metadataName(key), writtenMetadata(load, i)],
              [bytesName(key), load.values[i]!],
            ]),
          ),
        ),
    }),
    close: () => cluster.close(),
  };
}

export const nodeRedisContestants: readonly ContestantSource[] = [
  {
    id: "node-redis",
    label: "node-redis, one mGet or mSet",
    kind: "peer",
    open: async (nodes) => wholeBatch(await openCluster(nodes)),
  },
  {
    id: "node-redis-nodes",
    label: "node-redis, routed by hand",
    kind: "peer",
    open: async (nodes) => perNode(await openCluster(nodes)),
  },
];
