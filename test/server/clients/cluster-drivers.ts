import { Cluster as Cluster6 } from "ioredis";
import { Cluster as Cluster5 } from "ioredis-5";
import { Cluster as Iovalkey } from "iovalkey";
import { createCluster, RESP_TYPES } from "redis";
import { connect } from "../../../src/cluster/connect.ts";
import type { Cluster } from "../../../src/server/index.ts";

/** What every cluster client can do, each in its own way. */
export interface ClusterDriver {
  set(key: string, value: string | Buffer): Promise<unknown>;
  get(key: string): Promise<string | null>;
  getBytes(key: string): Promise<Buffer | null>;
  /** One MSET; the keys share a slot. */
  mset(values: Readonly<Record<string, string>>): Promise<unknown>;
  /** Resolves when subscribed. */
  subscribe(channel: string, heard: (text: string) => void): Promise<unknown>;
  close(): Promise<unknown> | unknown;
  /**
   * GLIDE 2.5 sends the ASKINGs of reads that are redirected together ahead of all of them, and a server counts one: at 20 reads at a time of a
   * half-migrated slot 160 of 400 failed with MOVED on a real 7.0.15, and as many on an embedded cluster.
   */
  readonly asksOneByOne?: true;
}

export type OpenClusterDriver = (cluster: Cluster) => Promise<ClusterDriver>;

export const CLUSTER_DRIVERS: Readonly<Record<string, OpenClusterDriver>> = {
  "ioredis 6": (cluster) => openIoredis(Cluster6, cluster),
  "ioredis 5": (cluster) => openIoredis(Cluster5 as unknown as typeof Cluster6, cluster),
  "iovalkey 0.4": (cluster) => openIoredis(Iovalkey as unknown as typeof Cluster6, cluster),
  "node-redis 6": openNodeRedis,
  "our own": openSlotpack,
};

async function openIoredis(Client: typeof Cluster6, cluster: Cluster): Promise<ClusterDriver> {
  const client = new Client(
    cluster.nodes.map(({ host, port }) => ({ host, port })),
    { clusterRetryStrategy: () => 50, retryDelayOnClusterDown: 50, retryDelayOnFailover: 50 },
  );
  client.on("error", () => {});
  return {
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    getBytes: (key) => client.getBuffer(key),
    mset: (values) => client.mset(values),
    subscribe: (channel, heard) => {
      client.on("message", (_, text) => heard(text));
      return client.subscribe(channel);
    },
    close: () => client.disconnect(),
  };
}

async function openNodeRedis(cluster: Cluster): Promise<ClusterDriver> {
  const client = createCluster({
    rootNodes: cluster.nodes.map(({ url }) => ({ url })),
    defaults: { socket: { reconnectStrategy: () => 50 } },
  });
  client.on("error", () => {});
  client.on("node-error", () => {});
  await client.connect();
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  return {
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    getBytes: (key) => bytes.get(key),
    mset: (values) => client.mSet(values),
    subscribe: (channel, heard) => client.subscribe(channel, heard),
    close: () => client.destroy(),
  };
}

async function openSlotpack(cluster: Cluster): Promise<ClusterDriver> {
  const client = await connect(cluster.url, { timeoutMs: 20_000 });
  return {
    set: (key, value) => client.mset([[key, value]]),
    get: async (key) => (await client.mget([key]))[0]?.toString() ?? null,
    getBytes: async (key) => (await client.mget([key]))[0] ?? null,
    mset: (values) => client.mset(Object.entries(values)),
    subscribe: (channel, heard) =>
      client.subscribe({ channels: [channel] }, ({ payload }) => heard(String(payload))),
    close: () => client.close(),
  };
}

export function glideClusterDriver(glide: typeof import("@valkey/valkey-glide")): OpenClusterDriver {
  return async (cluster) => {
    let hear: (text: string) => void = () => {};
    const client = await glide.GlideClusterClient.createClient({
      addresses: cluster.nodes.map(({ host, port }) => ({ host, port })),
      requestTimeout: 20_000,
      connectionBackoff: { numberOfRetries: 20, factor: 50, exponentBase: 1 },
      // Looked for every few seconds only, unless something says that it has changed.
      periodicChecks: { duration_in_sec: 1 },
      pubsubSubscriptions: {
        channelsAndPatterns: {},
        callback: ({ message }) => hear(String(message)),
      },
      advancedConfiguration: { connectionTimeout: 20_000 },
    });
    return {
      set: (key, value) => client.set(key, value),
      get: async (key) => ((await client.get(key)) as string | null) ?? null,
      getBytes: async (key) =>
        ((await client.get(key, { decoder: glide.Decoder.Bytes })) as Buffer | null) ?? null,
      mset: (values) => client.mset({ ...values }),
      subscribe: (channel, heard) => {
        hear = heard;
        return client.subscribe([channel], 20_000);
      },
      close: () => client.close(),
      asksOneByOne: true,
    };
  };
}
