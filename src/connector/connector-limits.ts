import { type ClientOptions, resolveOptions } from "../cluster/options.ts";
import { agree, setting } from "./agreement.ts";
import { badSetting, underName } from "./config-error.ts";
import { type ConnectorOptions, checkConnectorOptions } from "./connector-options.ts";
import type { ConnectorUrl, Environment } from "./connector-url.ts";
import { type ExtraConfig, isSeconds, SECONDS } from "./extra-config.ts";

/** Deadlines, connections and the size of a write. Throws ConfigError `BAD_OPTION` or `CONTRADICTION`. */
export function readLimits(
  { query, name, target }: ConnectorUrl,
  extra: ExtraConfig,
  env: Environment,
  blockingTimeout: number | undefined,
): ClientOptions {
  const timeout = agree([
    setting(name, query.request_timeout),
    setting("request_timeout", extra.request_timeout),
  ]);
  const connectTimeout = agree([
    setting(name, query.connection_timeout),
    setting("connection_timeout", extra.connection_timeout),
  ]);
  const connections = agree([
    setting(name, query.max_connections),
    setting("max_connections", extra.max_connections),
  ]);
  const { chunk_size: chunkSize } = extra;
  const maxConnections = connections?.value;
  underName("chunkSize", "chunk_size", () => resolveOptions({ chunkSize }));
  underName("maxConnections", connections?.name ?? name, () => resolveOptions({ maxConnections }));
  const sentinelTimeout = target.sentinelName === undefined ? undefined : readSentinelTimeout(env);
  return {
    chunkSize,
    maxConnections,
    timeoutMs: toMs(timeout?.value ?? sentinelTimeout ?? blockingTimeout),
    connectTimeoutMs: toMs(connectTimeout?.value),
  };
}

/** TTL, salt and the queue. Throws ConfigError `BAD_OPTION` or `CONTRADICTION`. */
export function readJobOptions(
  extra: ExtraConfig,
): Pick<ConnectorOptions<never>, "ttlMs" | "salt" | "workers" | "maxQueuedJobs" | "lanes"> {
  const { cache_salt: salt, max_queued_jobs: maxQueuedJobs, lanes } = extra;
  underName("salt", "cache_salt", () => checkConnectorOptions({ salt }));
  const workers = agree([
    setting("num_workers", extra.num_workers),
    setting("valkey_num_workers", extra.valkey_num_workers),
    setting("valkey_sync_num_workers", extra.valkey_sync_num_workers),
    setting("resp_num_threads", extra.resp_num_threads),
  ]);
  const ttlMs = extra.valkey_enable_ttl ? toMs(extra.valkey_ttl_sec ?? DEFAULT_TTL_SEC) : undefined;
  underName("ttlMs", "valkey_ttl_sec", () => checkConnectorOptions({ ttlMs }));
  return { ttlMs, salt, workers: workers?.value, maxQueuedJobs, lanes };
}

/** LMCache's, when a TTL is switched on and no key says how long. */
const DEFAULT_TTL_SEC = 86_400;

/** In seconds; LMCache's Sentinel connector has its socket timeout from there, and no key for it. */
function readSentinelTimeout(env: Environment): number | undefined {
  const text = env.REDIS_TIMEOUT?.trim();
  if (!text) return undefined;
  const value = Number(text);
  if (!isSeconds(value)) throw badSetting("REDIS_TIMEOUT", SECONDS, text);
  return value;
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.round(seconds * 1000));
}
