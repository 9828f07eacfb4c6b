import { describe } from "../bytes/describe.ts";
import type { connect } from "../cluster/connect.ts";
import { checkEmbedded, isEmbedded } from "../cluster/embedded.ts";
import { isInstance } from "../cluster/ioredis-module.ts";
import { badOption, type ClientOptions, resolveOptions } from "../cluster/options.ts";
import { SlotClient } from "../cluster/slot-client.ts";
import { parseTarget } from "../cluster/target.ts";
import { ConfigError } from "../errors.ts";

/** Whatever `connect()` takes: a URL, an ioredis Redis or Cluster, or the parts of a target. */
export type CacheTarget = Parameters<typeof connect>[0];

/** Where a backend connects, and how. One place at most: host and port, `url`, `target` or `client`. */
export interface RedisSourceConfig {
  /** A server. Default 127.0.0.1. */
  host?: string | undefined;
  /** Default 6379. */
  port?: number | undefined;
  /** A URL as `connect()` takes it: one server, a cluster (a comma list or `redis-cluster://`), Sentinels, or `embedded://`. */
  url?: string | undefined;
  /** The same in any form that `connect()` takes, e.g. `{ nodes: [{ host, port }] }`. */
  target?: CacheTarget | undefined;
  /**
   * What there is already: a SlotClient, which is used as it is and never closed here, or an ioredis Redis or Cluster, whose options are used and
   * whose connections are not.
   */
  client?: SlotClient | CacheTarget | undefined;
  /** Database number, standalone only. Default 0. */
  db?: number | undefined;
  username?: string | undefined;
  password?: string | undefined;
  /** Options of `node:tls`, or true for the defaults. */
  tls?: ClientOptions["tls"];
  /** Milliseconds that a call, or `connect()`, takes at most. Default 5,000; of a SlotClient its own. */
  socketTimeoutMs?: number | undefined;
  /** Connections to all nodes together. Default 50. */
  maxConnections?: number | undefined;
  /** Whatever else `connect()` takes, e.g. `{ chunkSize, natMap, credentials }`. */
  clientOptions?: ClientOptions | undefined;
}

/** A client that is there, or how to make one. */
export type ClientSource =
  | { readonly client: SlotClient }
  | { readonly target: CacheTarget; readonly options: ClientOptions };

export interface ResolvedSource {
  readonly source: ClientSource;
  /** For calls, where the client's own does not hold. */
  readonly timeoutMs: number | undefined;
  readonly connectTimeoutMs: number;
}

const PLACES = ["client", "url", "target"] as const;
const OF_A_CONNECTION = ["db", "username", "password", "tls", "maxConnections", "clientOptions"] as const;
export const SOURCE_NAMES: readonly string[] = [
  ...PLACES,
  ...OF_A_CONNECTION,
  "host",
  "port",
  "socketTimeoutMs",
];
/** Options of `connect()` that the backend has under its own names. */
const OWN_NAMES = { timeoutMs: "socketTimeoutMs", database: "db", keyPrefix: "keyPrefix" } as const;
const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_CONNECTIONS = 50;

/** Checks what can be checked before anything connects. Throws ConfigError. */
export function resolveSource(config: RedisSourceConfig): ResolvedSource {
  const { host, port, client, url, target, clientOptions = {} } = config;
  const inParts = host !== undefined || port !== undefined;
  const places = [
    ...PLACES.filter((name) => config[name] !== undefined),
    ...(inParts ? ["host or port"] : []),
  ];
  if (places.length > 1)
    throw new ConfigError("BAD_OPTION", `${places.join(" and ")}: a cache is in one place`, {
      option: places[0],
    });
  if (typeof clientOptions !== "object" || clientOptions === null)
    throw badOption("clientOptions", "an object", clientOptions);
  for (const [name, own] of Object.entries(OWN_NAMES))
    if (clientOptions[name as keyof ClientOptions] !== undefined)
      throw badOption(`clientOptions.${name}`, `the backend's own option ${own} for it`);
  // What is meant to be a place and is none must not become the default place.
  for (const option of ["client", "target"] as const) {
    const given: unknown = config[option];
    if (given === null || !["undefined", "string", "object"].includes(typeof given))
      throw badOption(option, "a SlotClient, an ioredis instance, a URL or the parts of a target", given);
  }
  if (url !== undefined && typeof url !== "string") throw badOption("url", `a string, not ${describe(url)}`);
  if (client instanceof SlotClient) return resolveClient(client, config);
  const place = client ?? url ?? target ?? (omitUndefined({ host, port }) as CacheTarget);
  if (isEmbedded(place)) checkEmbedded(place);
  else if (typeof place === "string") parseTarget(place);
  const options = connectOptions(config, place);
  const { connectTimeoutMs } = underOwnNames(() => resolveOptions(options));
  return { source: { target: place, options }, timeoutMs: undefined, connectTimeoutMs };
}

function resolveClient(client: SlotClient, config: RedisSourceConfig): ResolvedSource {
  for (const option of OF_A_CONNECTION)
    if (config[option] !== undefined) throw badOption(option, "none beside a SlotClient, which has its own");
  const { socketTimeoutMs } = config;
  if (socketTimeoutMs !== undefined) underOwnNames(() => resolveOptions({ timeoutMs: socketTimeoutMs }));
  const { connectTimeoutMs } = client.batchDefaults.options;
  return { source: { client }, timeoutMs: socketTimeoutMs, connectTimeoutMs };
}

/** What a target in parts says itself wins over a default, and what the backend's config says wins over both. */
function connectOptions(config: RedisSourceConfig, place: CacheTarget): ClientOptions {
  const { db, username, password, tls, maxConnections, socketTimeoutMs, clientOptions = {} } = config;
  const parts: ClientOptions =
    typeof place === "object" && !isInstance(place) ? (place as ClientOptions) : {};
  const given = { ...omitUndefined(parts), ...omitUndefined(clientOptions) };
  const timeoutMs = socketTimeoutMs ?? given.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return omitUndefined({
    ...clientOptions,
    ...omitUndefined({ database: db, username, password, tls }),
    maxConnections: maxConnections ?? given.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    timeoutMs,
    connectTimeoutMs: given.connectTimeoutMs ?? timeoutMs,
    lazyConnect: true,
  });
}

/** The backend's names for what `connect()` calls otherwise. */
function underOwnNames<T>(check: () => T): T {
  const own: Readonly<Record<string, string>> = { ...OWN_NAMES, connectTimeoutMs: "socketTimeoutMs" };
  try {
    return check();
  } catch (error) {
    const { code, option, message } = error as ConfigError;
    if (option === undefined || own[option] === undefined) throw error;
    throw new ConfigError(code, message.replace(option, own[option]), { option: own[option] });
  }
}

function omitUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
