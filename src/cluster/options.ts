import type { ConnectionOptions as TlsOptions } from "node:tls";
import { ConfigError } from "../errors.ts";
import type { Credentials } from "./connection.ts";
import type { NodeAddress } from "./redirect.ts";
import type { RetryMode } from "./retry-policy.ts";

export interface ClientOptions {
  /** Keys (records) in one packed write to one node. Default 256. */
  chunkSize?: number | undefined;
  /** Bytes written to or expected from one node before callers wait. Default 64 MiB. */
  maxInFlightBytes?: number | undefined;
  /** Bytes waiting in the client before a further call is refused with `QUEUE_OVERFLOW`. Default 256 MiB. */
  maxQueuedBytes?: number | undefined;
  /** Deadline of a call in milliseconds, redirects and retries included. Default 5,000. */
  timeoutMs?: number | undefined;
  /** Milliseconds until `connect()` gives up. Default 10,000. */
  connectTimeoutMs?: number | undefined;
  /** Milliseconds of silence with work in flight before a node is suspected. Default 1,000. */
  deadNodeTimeoutMs?: number | undefined;
  /** Milliseconds between background refreshes of the topology. Default 15,000. */
  topologyRefreshMs?: number | undefined;
  /** MOVED and ASK hops of one command. Default 16. */
  maxRedirections?: number | undefined;
  /** Connections to all nodes together, those of the bulk lane included. Default 150. */
  maxConnections?: number | undefined;
  /**
   * What is sent again by itself after a lost connection: `safe` (default) reads and record writes, `at-least-once`
   * everything, `never` nothing. What the server refused is sent again in every mode.
   */
  retry?: RetryMode | undefined;
  /** Whether each packed write ends with a nonce that proves its replies in step. Default true. */
  integrity?: boolean | undefined;
  /** Addresses as the cluster or the Sentinels announce them (`host:port`) → addresses as this client reaches them. */
  natMap?: Readonly<Record<string, NodeAddress>> | undefined;
  /** Put in front of every key of this client. Default none. */
  keyPrefix?: string | undefined;
  /** ACL user name; `password` alone authenticates the default user. */
  username?: string | undefined;
  password?: string | undefined;
  /** Asked again at every connect, for passwords that rotate; wins over `username` and `password`. */
  credentials?: (() => Credentials | Promise<Credentials>) | undefined;
  /** Database number, standalone only. Default 0. */
  database?: number | undefined;
  /** Options of `node:tls`; `true` (or a `rediss://` target) stands for the defaults. Certificates are verified. */
  tls?: TlsOptions | boolean | undefined;
  /** ACL user name at the Sentinels; `username` is the one at the node. Default: none. */
  sentinelUsername?: string | undefined;
  /** Password of the Sentinels; `password` is the node's. Default: none. */
  sentinelPassword?: string | undefined;
  /** As `tls`, for the connections to the Sentinels. Default: the value of `tls`. */
  sentinelTls?: TlsOptions | boolean | undefined;
  /** `true`: `connect()` returns at once, and the first call connects. Default false. */
  lazyConnect?: boolean | undefined;
  /** Whether the target is a cluster. Default: the server is asked. */
  cluster?: boolean | undefined;
  /** What telemetry may tell of the data, see docs/telemetry.md. Default: nothing. */
  telemetry?: TelemetryOptions | undefined;
  /** A value of this many bytes or more is sent from the caller's buffer without a copy. Default 2,048. */
  gatherFromBytes?: number | undefined;
}

export interface TelemetryOptions {
  /** `true`: keys, and the texts of errors, which may quote keys and values. Values themselves are never told. Default false. */
  keys?: boolean | undefined;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds for this call instead of the client's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /**
   * `bulk`: over a second connection per node, so that calls of the `main` lane (default) need not wait behind this one's bytes. It is opened
   * when first used, and the main one is used where it would exceed `maxConnections`. Calls of different lanes have no order among each
   * other: await a write before a read of it in the other lane.
   */
  lane?: Lane | undefined;
}

export type Lane = "main" | "bulk";

/** Every option with its value; passwords live elsewhere. */
export interface ResolvedOptions {
  readonly chunkSize: number;
  readonly maxInFlightBytes: number;
  readonly maxQueuedBytes: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly deadNodeTimeoutMs: number;
  readonly topologyRefreshMs: number;
  readonly maxRedirections: number;
  readonly maxConnections: number;
  readonly retry: RetryMode;
  readonly integrity: boolean;
  readonly natMap: ReadonlyMap<string, NodeAddress>;
  readonly keyPrefix: string;
  readonly database: number;
  readonly tls: TlsOptions | undefined;
  readonly lazyConnect: boolean;
  readonly cluster: boolean | undefined;
  readonly telemetry: { readonly keys: boolean };
  readonly gatherFromBytes: number;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

interface NumberRule {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

const NUMBERS: Readonly<Record<string, NumberRule>> = {
  chunkSize: { fallback: 256, min: 1, max: 16_384 },
  maxInFlightBytes: { fallback: 64 * 1024 ** 2, min: 1, max: Number.MAX_SAFE_INTEGER },
  maxQueuedBytes: { fallback: 256 * 1024 ** 2, min: 1, max: Number.MAX_SAFE_INTEGER },
  timeoutMs: { fallback: 5_000, min: 1, max: MAX_TIMER_MS },
  connectTimeoutMs: { fallback: 10_000, min: 1, max: MAX_TIMER_MS },
  deadNodeTimeoutMs: { fallback: 1_000, min: 10, max: MAX_TIMER_MS },
  topologyRefreshMs: { fallback: 15_000, min: 500, max: MAX_TIMER_MS },
  maxRedirections: { fallback: 16, min: 0, max: 1_000 },
  maxConnections: { fallback: 150, min: 1, max: 100_000 },
  database: { fallback: 0, min: 0, max: 2 ** 31 - 1 },
  gatherFromBytes: { fallback: 2_048, min: 1, max: Number.MAX_SAFE_INTEGER },
};

const OTHERS = [
  "retry",
  "integrity",
  "natMap",
  "keyPrefix",
  "username",
  "password",
  "credentials",
  "tls",
  "sentinelUsername",
  "sentinelPassword",
  "sentinelTls",
  "lazyConnect",
  "cluster",
  "telemetry",
];

/** Fills in the defaults; throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION` with the option's name. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(NUMBERS, name) && !OTHERS.includes(name)) {
      const known = [...Object.keys(NUMBERS), ...OTHERS].sort().join(", ");
      throw new ConfigError("UNKNOWN_OPTION", `unknown option "${name}"; the options are ${known}`, {
        option: name,
      });
    }
  }
  const { retry = "safe", keyPrefix = "", natMap = {} } = options;
  if (retry !== "safe" && retry !== "at-least-once" && retry !== "never") {
    throw badOption("retry", '"safe", "at-least-once" or "never"', retry);
  }
  requireType("keyPrefix", "string", keyPrefix);
  for (const name of ["integrity", "lazyConnect", "cluster"] as const) {
    if (options[name] !== undefined) requireType(name, "boolean", options[name]);
  }
  for (const name of ["username", "password", "sentinelUsername", "sentinelPassword"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "string") throw badOption(name, "a string");
  }
  if (options.credentials !== undefined) requireType("credentials", "function", options.credentials);
  if (options.database !== undefined && options.database !== 0 && options.cluster === true) {
    throw new ConfigError("BAD_OPTION", "a cluster has database 0 only; leave `database` out", {
      option: "database",
    });
  }
  return {
    chunkSize: resolveNumber(options, "chunkSize"),
    maxInFlightBytes: resolveNumber(options, "maxInFlightBytes"),
    maxQueuedBytes: resolveNumber(options, "maxQueuedBytes"),
    timeoutMs: resolveNumber(options, "timeoutMs"),
    connectTimeoutMs: resolveNumber(options, "connectTimeoutMs"),
    deadNodeTimeoutMs: resolveNumber(options, "deadNodeTimeoutMs"),
    topologyRefreshMs: resolveNumber(options, "topologyRefreshMs"),
    maxRedirections: resolveNumber(options, "maxRedirections"),
    maxConnections: resolveNumber(options, "maxConnections"),
    database: resolveNumber(options, "database"),
    gatherFromBytes: resolveNumber(options, "gatherFromBytes"),
    retry,
    integrity: options.integrity ?? true,
    natMap: resolveNatMap(natMap),
    keyPrefix,
    tls: resolveTls("tls", options.tls),
    lazyConnect: options.lazyConnect ?? false,
    cluster: options.cluster,
    telemetry: resolveTelemetry(options.telemetry),
  };
}

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`: a mistyped TTL must not make keys live for ever. */
export function checkCallOptions(options: unknown, ...more: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  for (const name of Object.keys(options)) {
    if (name === "signal" || more.includes(name)) continue;
    if (name === "timeoutMs") {
      const { timeoutMs } = options as CallOptions;
      if (timeoutMs !== undefined) checkNumber("timeoutMs", timeoutMs, NUMBERS.timeoutMs!);
      continue;
    }
    if (name === "lane") {
      const { lane } = options as CallOptions;
      if (lane !== undefined && lane !== "main" && lane !== "bulk")
        throw badOption("lane", '"main" or "bulk"', lane);
      continue;
    }
    const known = ["signal", "timeoutMs", "lane", ...more].join(", ");
    throw new ConfigError("UNKNOWN_OPTION", `unknown option "${name}" of a call; the options are ${known}`, {
      option: name,
    });
  }
}

/** The deadline of one call; throws ConfigError `BAD_OPTION`. */
export function resolveTimeout(options: CallOptions | undefined, resolved: ResolvedOptions): number {
  if (options?.timeoutMs === undefined) return resolved.timeoutMs;
  return checkNumber("timeoutMs", options.timeoutMs, NUMBERS.timeoutMs!);
}

/** A TTL in whole milliseconds, at least 1; throws ConfigError `BAD_TTL`. */
export function checkTtl(ttlMs: unknown): number {
  if (typeof ttlMs === "number" && Number.isSafeInteger(ttlMs) && ttlMs >= 1) return ttlMs;
  const message = `ttlMs: expected a whole number of milliseconds from 1, got ${show(ttlMs)}`;
  throw new ConfigError("BAD_TTL", message, { option: "ttlMs" });
}

export function badOption(option: string, expected: string, ...got: unknown[]): ConfigError {
  const tail = got.length === 0 ? "" : `, got ${show(got[0])}`;
  return new ConfigError("BAD_OPTION", `${option}: expected ${expected}${tail}`, { option });
}

function resolveNumber(options: ClientOptions, name: string): number {
  const rule = NUMBERS[name]!;
  const value = options[name as keyof ClientOptions];
  return value === undefined ? rule.fallback : checkNumber(name, value, rule);
}

function checkNumber(name: string, value: unknown, rule: NumberRule): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= rule.min && value <= rule.max)
    return value;
  throw badOption(name, `a whole number from ${rule.min} to ${rule.max}`, value);
}

function requireType(name: string, type: string, value: unknown): void {
  if (typeof value !== type) throw badOption(name, `a ${type}`, value);
}

/** Throws ConfigError `BAD_OPTION`. */
export function resolveTls(name: "tls" | "sentinelTls", tls: unknown): TlsOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return {};
  if (typeof tls !== "object" || tls === null)
    throw badOption(name, "true or an object of node:tls options", tls);
  return tls;
}

function resolveTelemetry(telemetry: unknown): { readonly keys: boolean } {
  if (telemetry === undefined) return { keys: false };
  if (typeof telemetry !== "object" || telemetry === null)
    throw badOption("telemetry", "an object", telemetry);
  const { keys = false, ...others } = telemetry as TelemetryOptions;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badOption("telemetry", "{ keys?: boolean }", unknown);
  requireType("telemetry.keys", "boolean", keys);
  return { keys };
}

function resolveNatMap(natMap: Readonly<Record<string, NodeAddress>>): ReadonlyMap<string, NodeAddress> {
  if (typeof natMap !== "object" || natMap === null) throw badOption("natMap", "an object", natMap);
  const resolved = new Map<string, NodeAddress>();
  for (const [announced, address] of Object.entries(natMap)) {
    if (typeof address?.host !== "string" || !Number.isInteger(address.port)) {
      throw badOption(`natMap["${announced}"]`, "{ host, port }", address);
    }
    resolved.set(announced, { host: address.host, port: address.port });
  }
  return resolved;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}
