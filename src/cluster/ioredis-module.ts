import type { Redis, RedisOptions } from "ioredis";
import { ConfigError } from "../errors.ts";
import type { RedisFactory } from "./connection.ts";
import type { NodeAddress } from "./redirect.ts";
import type { SentinelAccess } from "./sentinel-plan.ts";
import { DEFAULT_SENTINEL_PORT } from "./target.ts";

/** The parts of an ioredis Cluster that are looked at; both majors have them. */
interface ClusterLike {
  readonly isCluster: true;
  readonly options: {
    readonly redisOptions?: RedisOptions;
    readonly natMap?: unknown;
    readonly keyPrefix?: string;
  };
  readonly startupNodes: readonly (string | number | { host?: string; port?: number | string })[];
}

/** What an existing ioredis instance says about where and how to connect. */
export interface InstanceSettings {
  readonly createRedis: RedisFactory;
  readonly seeds: readonly NodeAddress[];
  readonly path: string | undefined;
  readonly cluster: boolean | undefined;
  readonly database: number | undefined;
  readonly keyPrefix: string;
  readonly natMap: Readonly<Record<string, NodeAddress>> | undefined;
  /** There when the seeds are Sentinels. */
  readonly sentinel?: {
    readonly name: string;
    readonly createRedis: RedisFactory;
    readonly access: SentinelAccess;
  };
}

/** Makes connections with the installed ioredis. Throws ConfigError `IOREDIS_MISSING`. */
export async function loadFactory(base: RedisOptions): Promise<RedisFactory> {
  const RedisClass = await loadRedisClass();
  return (options) => new RedisClass({ ...base, ...options });
}

export function isInstance(target: unknown): target is Redis | ClusterLike {
  return (
    typeof target === "object" &&
    target !== null &&
    typeof (target as Redis).duplicate === "function" &&
    "options" in target
  );
}

/** Reads an ioredis Redis or Cluster (5.4 and later): our connections have its options, and it is itself left alone. */
export async function readInstance(
  target: Redis | ClusterLike,
  ownNatMap: unknown,
): Promise<InstanceSettings> {
  if ((target as ClusterLike).isCluster) return readCluster(target as ClusterLike, ownNatMap);
  const redis = target as Redis;
  const { options } = redis;
  if (options.Connector) {
    const message =
      "an ioredis instance with its own `Connector`: slotpack makes the sockets itself and would go round it";
    throw new ConfigError("UNSUPPORTED_TARGET", message, { option: "target" });
  }
  if (options.sentinels) return readSentinels(redis, ownNatMap);
  return {
    createRedis: (own) => redis.duplicate(own),
    seeds: [
      options.path
        ? { host: options.path, port: 0 }
        : { host: options.host ?? "localhost", port: options.port ?? 6379 },
    ],
    path: options.path || undefined,
    cluster: undefined,
    database: options.db,
    keyPrefix: options.keyPrefix ?? "",
    natMap: undefined,
  };
}

/** The Sentinels of an ioredis Redis and the node that they name, each with its own credentials and TLS. */
function readSentinels(redis: Redis, ownNatMap: unknown): InstanceSettings {
  const { options } = redis;
  if (options.role === "slave") {
    const message = "an ioredis instance with `role: slave`: slotpack reads and writes at the primary";
    throw new ConfigError("UNSUPPORTED_TARGET", message, { option: "target" });
  }
  // ioredis encrypts the two on their own terms: `tls` counts for the node only with this switch.
  const tls = options.enableTLSForSentinelMode ? options.tls : undefined;
  const duplicate = (own: RedisOptions) => redis.duplicate({ sentinels: undefined, tls, ...own });
  return {
    createRedis: duplicate,
    seeds: options.sentinels!.map(({ host, port }) => ({
      host: host ?? "127.0.0.1",
      port: Number(port ?? DEFAULT_SENTINEL_PORT),
    })),
    path: undefined,
    cluster: undefined,
    database: options.db,
    keyPrefix: options.keyPrefix ?? "",
    natMap: readNatMap(options.natMap, ownNatMap),
    sentinel: {
      name: options.name!,
      createRedis: (own) => duplicate({ username: undefined, password: undefined, tls: undefined, ...own }),
      access: {
        username: options.sentinelUsername ?? undefined,
        password: options.sentinelPassword ?? undefined,
        tls: options.sentinelTLS ?? undefined,
      },
    },
  };
}

function readNatMap(natMap: unknown, ownNatMap: unknown): InstanceSettings["natMap"] {
  if (typeof natMap === "function" && ownNatMap === undefined) {
    throw new ConfigError(
      "BAD_OPTION",
      "natMap: expected an object, got a function; give connect() the map itself",
      { option: "natMap" },
    );
  }
  return (natMap ?? undefined) as InstanceSettings["natMap"];
}

async function readCluster(cluster: ClusterLike, ownNatMap: unknown): Promise<InstanceSettings> {
  const { redisOptions = {}, natMap, keyPrefix } = cluster.options;
  return {
    createRedis: await loadFactory(redisOptions),
    seeds: cluster.startupNodes.map(readStartupNode),
    path: undefined,
    cluster: true,
    database: undefined,
    keyPrefix: keyPrefix ?? redisOptions.keyPrefix ?? "",
    natMap: readNatMap(natMap, ownNatMap),
  };
}

function readStartupNode(node: string | number | { host?: string; port?: number | string }): NodeAddress {
  if (typeof node === "number") return { host: "127.0.0.1", port: node };
  if (typeof node === "object") return { host: node.host ?? "127.0.0.1", port: Number(node.port ?? 6379) };
  const url = new URL(node.includes("://") ? node : `redis://${node}`);
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || 6379) };
}

async function loadRedisClass(): Promise<new (options: RedisOptions) => Redis> {
  try {
    const { Redis: RedisClass } = await import("ioredis");
    return RedisClass;
  } catch (cause) {
    const message = "connect() needs ioredis 5.4 or later beside slotpack; run `npm install ioredis`";
    throw new ConfigError("IOREDIS_MISSING", message, { cause });
  }
}
