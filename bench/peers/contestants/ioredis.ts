import calculateSlot from "cluster-key-slot";
import type { Cluster, Redis } from "ioredis";
import type { Address, Contestant, ContestantSource, ReadRun, WriteRun } from "../contestant.ts";
import { type PeerRecord, peerRead, recordOf, writtenMetadata } from "../peer-record.ts";
import { bytesName, metadataName, type Workload } from "../workload.ts";

async function openCluster(nodes: readonly Address[], enableAutoPipelining: boolean): Promise<Cluster> {
  const ioredis = await import("ioredis");
  const cluster = new ioredis.Cluster([...nodes], { enableAutoPipelining, lazyConnect: true });
  await cluster.connect();
  // Connections to the nodes open lazily: one PING each, so that none of them falls into a measurement.
  await Promise.all(cluster.nodes("master").map((node) => node.ping()));
  return cluster;
}

async function closeCluster(cluster: Cluster): Promise<void> {
  await cluster.quit();
}

function sequential(cluster: Cluster): Contestant {
  return {
    prepareRead: (load) =>
      peerRead(load, async () => {
        const results = new Array<PeerRecord>(load.keys.length);
        for (let i = 0; i < load.keys.length; i++) {
          const key = load.keys[i]!;
          results[i] = recordOf(load, await cluster.mgetBuffer(metadataName(key), bytesName(key)));
        }
        return results;
      }),
    prepareWrite: (load) => ({
      run: async () => {
        for (let i = 0; i < load.keys.length; i++) {
          const key = load.keys[i]!;
          await cluster.mset(metadataName(key), writtenMetadata(load, i), bytesName(key), load.values[i]!);
        }
      },
    }),
    close: () => closeCluster(cluster),
  };
}

function concurrent(cluster: Cluster): Contestant {
  return {
    prepareRead: (load) =>
      peerRead(load, async () => {
        const replies = await Promise.all(
          load.keys.map((key) => cluster.mgetBuffer(metadataName(key), bytesName(key))),
        );
        return replies.map((reply) => recordOf(load, reply));
      }),
    prepareWrite: (load) => ({
      run: () =>
        Promise.all(
          load.keys.map((key, i) =>
            cluster.mset(metadataName(key), writtenMetadata(load, i), bytesName(key), load.values[i]!),
          ),
        ),
    }),
    close: () => closeCluster(cluster),
  };
}

type Pipeline = ReturnType<Redis["pipeline"]>;

interface NodeGroup {
  pipeline: Pipeline;
  indexes: number[];
}

/** What a careful user writes: group by node with a slot table, one pipeline per node, one MGET or MSET per record. */
class HandWritten implements Contestant {
  readonly #cluster: Cluster;
  /** Slot to index in `#nodes`. */
  readonly #owner: Uint8Array;
  readonly #nodes: Redis[];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#nodes = cluster.nodes("master");
    this.#owner = new Uint8Array(16_384);
    const names = this.#nodes.map((node) => `${node.options.host}:${node.options.port}`);
    for (let slot = 0; slot < this.#owner.length; slot++) {
      const index = names.indexOf(cluster.slots[slot]?.[0] ?? "");
      if (index < 0) throw new Error(`ioredis knows no node for slot ${slot}`);
      this.#owner[slot] = index;
    }
  }

  #groups(load: Workload, add: (pipeline: Pipeline, index: number) => void): NodeGroup[] {
    const groups: NodeGroup[] = this.#nodes.map((node) => ({ pipeline: node.pipeline(), indexes: [] }));
    for (let i = 0; i < load.keys.length; i++) {
      // The bare key is the hash tag of both names, so it is hashed once and without building a name.
      const group = groups[this.#owner[calculateSlot(load.keys[i]!)]!]!;
      add(group.pipeline, i);
      group.indexes.push(i);
    }
    return groups.filter((group) => group.indexes.length > 0);
  }

  async #readAll(load: Workload): Promise<PeerRecord[]> {
    const groups = this.#groups(load, (pipeline, i) => {
      const key = load.keys[i]!;
      pipeline.mgetBuffer(metadataName(key), bytesName(key));
    });
    const results = new Array<PeerRecord>(load.keys.length);
    await Promise.all(
      groups.map(async ({ pipeline, indexes }) => {
        const replies = (await pipeline.exec())!;
        for (let j = 0; j < replies.length; j++) {
          const [error, reply] = replies[j]!;
          if (error !== null) throw error;
          results[indexes[j]!] = recordOf(load, reply as (Buffer | null)[]);
        }
      }),
    );
    return results;
  }

  prepareRead(load: Workload): ReadRun {
    return peerRead(load, () => this.#readAll(load));
  }

  prepareWrite(load: Workload): WriteRun {
    return {
      run: async () => {
        const groups = this.#groups(load, (pipeline, i) => {
          const key = load.keys[i]!;
          pipeline.mset(metadataName(key), writtenMetadata(load, i), bytesName(key), load.values[i]!);
        });
        await Promise.all(
          groups.map(async ({ pipeline }) => {
            for (const [error] of (await pipeline.exec())!) if (error !== null) throw error;
          }),
        );
      },
    };
  }

  close(): Promise<void> {
    return closeCluster(this.#cluster);
  }
}

export const ioredisContestants: readonly ContestantSource[] = [
  {
    id: "ioredis-sequential",
    label: "ioredis, sequential",
    kind: "peer",
    open: async (nodes) => sequential(await openCluster(nodes, false)),
  },
  {
    id: "ioredis-promise-all",
    label: "ioredis, Promise.all",
    kind: "peer",
    open: async (nodes) => concurrent(await openCluster(nodes, false)),
  },
  {
    id: "ioredis-auto",
    label: "ioredis, auto-pipelining",
    kind: "peer",
    open: async (nodes) => concurrent(await openCluster(nodes, true)),
  },
  {
    id: "ioredis-hand",
    label: "ioredis, hand-written pipeline per node",
    kind: "peer",
    open: async (nodes) => new HandWritten(await openCluster(nodes, false)),
  },
];
