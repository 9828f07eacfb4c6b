import { parseTarget, redactTarget, type Target } from "../cluster/target.ts";
import { ConfigError } from "../errors.ts";
import { contradiction, underName } from "./config-error.ts";
import type { ExtraConfig } from "./extra-config.ts";
import { readUrlQuery } from "./url-query.ts";

/** Variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A URL of LMCache's grammar. */
export interface ConnectorUrl {
  /** The setting that held it, for messages. */
  readonly name: string;
  readonly scheme: string;
  readonly target: Target;
  /** What its query says, as the keys that mean the same. */
  readonly query: ExtraConfig;
  /** Parameters of its query that mean nothing here, as `?name`. */
  readonly ignored: readonly string[];
}

/** The service that LMCache asks Sentinels for when REDIS_SERVICE_NAME says nothing. */
const SENTINEL_SERVICE = "redismaster";
/** LMCache's backends without Redis or Valkey behind them. */
const OTHER_BACKENDS =
  /^(lm|infinistore|mooncakestore|blackhole|audit|fs|file|s3|eic|external|mock|sagemaker-hyperpod|nixl|gds|weka)$/;

/**
 * Reads a URL of `connect()` and beyond that what LMCache takes: redis-py's query, `resp://host:port` (with LMCACHE_RESP_HOST and
 * LMCACHE_RESP_PORT where it has none), and `redis-sentinel://` without a name (REDIS_SERVICE_NAME, else `redismaster`). User name and password
 * are percent-decoded; several `@` are taken for a part of the password but the last. Throws ConfigError `BAD_URL`, `UNSUPPORTED_TARGET` or `CONTRADICTION`.
 */
export function readConnectorUrl(url: string, name: string, env: Environment): ConnectorUrl {
  const text = url.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (OTHER_BACKENDS.test(scheme))
    throw new ConfigError(
      "UNSUPPORTED_TARGET",
      `${name}: ${scheme}:// is another backend of LMCache's; expected Redis or Valkey (redis://, valkey://, unix://, resp://, …)`,
      { option: name },
    );
  const { base, query } = splitQuery(text, name);
  const { values, database, ignored } = readUrlQuery(query, name);
  const plain = scheme === "resp" ? respUrl(base, name, env) : namedSentinel(base, scheme, name, env);
  const target = underName("target", name, () =>
    parseTarget(database === undefined ? plain : `${plain}?db=${database}`),
  );
  if (scheme === "resp" && target.cluster) throw badUrl(text, name, "resp:// takes one host:port");
  return { name, scheme, target, query: values, ignored };
}

/** Behind the last `@`, which ends the password. */
function splitQuery(url: string, name: string): { base: string; query: string } {
  const at = url.lastIndexOf("@");
  if (/\?[a-z_]+=/i.test(url.slice(0, Math.max(at, 0))))
    throw badUrl(url, name, "write an @ of the query as %40, and a ? of the password as %3F");
  const mark = url.indexOf("?", at + 1);
  return mark === -1 ? { base: url, query: "" } : { base: url.slice(0, mark), query: url.slice(mark + 1) };
}

function respUrl(url: string, name: string, env: Environment): string {
  const match = /^resp:\/\/(.*@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?(.*)$/is.exec(url);
  if (match === null) throw badUrl(url, name, "expected resp://host:port");
  const [, login = "", host, port, rest] = match;
  const address = host || env.LMCACHE_RESP_HOST;
  if (!address) throw badUrl(url, name, "expected resp://host:port, or the host in LMCACHE_RESP_HOST");
  return `redis://${login}${address}:${port ?? (env.LMCACHE_RESP_PORT || 6379)}${rest}`;
}

/** Puts the service's name in, where the URL has none. */
function namedSentinel(url: string, scheme: string, name: string, env: Environment): string {
  if (!scheme.endsWith("-sentinel")) return url;
  const service = env.REDIS_SERVICE_NAME;
  const start = Math.max(url.lastIndexOf("@"), url.indexOf("://") + 2) + 1;
  const [hosts = "", own = "", ...rest] = url.slice(start).split("/");
  if (own !== "" && service && service !== own && encodeURIComponent(service) !== own)
    throw contradiction("REDIS_SERVICE_NAME", `${JSON.stringify(service)} is not the name in ${name}`);
  const path = [own || encodeURIComponent(service || SENTINEL_SERVICE), ...rest];
  return `${url.slice(0, start)}${hosts}/${path.join("/")}`;
}

function badUrl(url: string, name: string, why: string): ConfigError {
  const message = `${name} ${JSON.stringify(redactTarget(url))}: ${why}`;
  return new ConfigError("BAD_URL", message, { option: name });
}
