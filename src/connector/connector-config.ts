import { describe } from "../bytes/describe.ts";
import type { ConnectOptions } from "../cluster/connect-plan.ts";
import { type ClientOptions, resolveOptions } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { agree, type Setting, setting } from "./agreement.ts";
import { contradiction, underName } from "./config-error.ts";
import { readJobOptions, readLimits } from "./connector-limits.ts";
import { readLogin } from "./connector-login.ts";
import type { ConnectorOptions } from "./connector-options.ts";
import { readPlace } from "./connector-place.ts";
import { readTls } from "./connector-tls.ts";
import type { ConnectorUrl, Environment } from "./connector-url.ts";
import { type ExtraConfig, readExtraConfig, type ServerMode } from "./extra-config.ts";
import { readLayoutSettings } from "./layout-setting.ts";
import { hideSecrets } from "./secrets.ts";

/** What a connector is configured with, as LMCache's users know it. */
export interface ConnectorSettings {
  /** LMCache's `remote_url`, or any URL of `connect()`. Default: VALKEY_URL, VALKEY_HOST and VALKEY_PORT, or the REDIS_ ones. */
  url?: string | undefined;
  /** LMCache's `extra_config`, and slotpack's own keys; docs/connector.md lists them all. */
  extraConfig?: Readonly<Record<string, unknown>> | undefined;
  /** Variables. Default `process.env`. */
  env?: Environment | undefined;
}

/** Where to connect. */
export type ConnectorTarget = Pick<ConnectOptions, "host" | "port" | "path" | "nodes" | "sentinels" | "name">;

/** The connector's options that can be configured. */
export type ConfiguredOptions = Pick<
  ConnectorOptions<never>,
  "layout" | "readLayouts" | "ttlMs" | "salt" | "workers" | "maxQueuedJobs" | "lanes"
>;

/** Settings as `connect()` and KvConnector take them. What is not configured is absent, and has their default. */
export interface ConnectorConfig {
  readonly target: ConnectorTarget;
  /** `inspect` and JSON show none of its passwords. */
  readonly clientOptions: ClientOptions;
  readonly connectorOptions: ConfiguredOptions;
  /** What was given and means nothing here: keys of `extraConfig`, and parameters of the URL as `?name`. */
  readonly ignored: readonly string[];
}

/** The settings and what else a file says. */
export interface ConfigSource {
  readonly url: unknown;
  /** What to call the URL in messages. */
  readonly urlName: string;
  readonly extraConfig: unknown;
  readonly env: Environment;
  /** LMCache's plugins by name, in the order in which they are asked for a URL. */
  readonly plugins: readonly string[];
  /** Seconds for a call when no key of `extraConfig` says how many. */
  readonly blockingTimeout: number | undefined;
}

const SETTINGS = ["url", "extraConfig", "env"];

/**
 * Reads a URL, `extra_config` and the environment as LMCache's Redis and Valkey connectors do. Throws ConfigError, whose `option` is the key or
 * the variable: `UNKNOWN_OPTION`, `BAD_OPTION` (type or range), `CONTRADICTION` (settings that cannot hold together), `BAD_URL`, `UNSUPPORTED_TARGET`,
 * `UNKNOWN_LAYOUT`, `BAD_FILE`, and `NO_URL` where nothing says where to connect. No text holds a password.
 */
export function readConnectorConfig(settings: ConnectorSettings = {}): ConnectorConfig {
  if (typeof settings !== "object" || settings === null)
    throw new ConfigError("BAD_OPTION", `settings: expected an object, got ${describe(settings)}`, {
      option: "settings",
    });
  for (const name of Object.keys(settings)) {
    if (SETTINGS.includes(name)) continue;
    const message = `unknown option "${name}"; the options are ${SETTINGS.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: name });
  }
  const { url, extraConfig, env = process.env } = settings;
  return makeConfig({ url, urlName: "url", extraConfig, env, plugins: [], blockingTimeout: undefined });
}

/** The same from any source. */
export function makeConfig(source: ConfigSource): ConnectorConfig {
  const { env } = source;
  const read = readExtraConfig(source.extraConfig);
  const extra = read.values;
  const place = readPlace(source, read);
  const { url } = place;
  const mode = readMode(url, extra);
  const cluster = mode?.value === "cluster" || url.target.cluster === true;
  const clientOptions: ClientOptions = {
    ...readLogin(place, extra, env),
    ...readLimits(url, extra, env, source.blockingTimeout),
    database: readDatabase(url, extra, cluster),
    tls: readTls(url, extra),
    // Undefined: the server is asked. What Sentinels monitor is no cluster, and there is nothing to say.
    cluster: cluster || (mode !== undefined && url.target.sentinelName === undefined ? false : undefined),
    keyPrefix: extra.key_prefix,
  };
  const connectorOptions = { ...readLayoutSettings(place, cluster, extra), ...readJobOptions(extra) };
  const idle = extra.valkey_ttl_sec !== undefined && !extra.valkey_enable_ttl ? ["valkey_ttl_sec"] : [];
  return {
    target: targetOf(url, cluster),
    clientOptions: hideSecrets(given(clientOptions)),
    connectorOptions: given(connectorOptions),
    ignored: [...url.ignored, ...read.ignored, ...place.ignored, ...idle],
  };
}

function readMode({ target, name }: ConnectorUrl, extra: ExtraConfig): Setting<ServerMode> | undefined {
  const mode = agree([setting("redis_mode", extra.redis_mode), setting("valkey_mode", extra.valkey_mode)]);
  if (mode?.value === "standalone" && target.cluster)
    throw contradiction(mode.name, `"standalone" contradicts ${name}, which names a cluster`);
  if (mode?.value === "cluster" && (target.path ?? target.sentinelName) !== undefined) {
    const what = target.path === undefined ? "Sentinels" : "a unix socket";
    throw contradiction(mode.name, `"cluster" contradicts ${name}, which names ${what}`);
  }
  return mode;
}

function readDatabase(
  { target, name }: ConnectorUrl,
  extra: ExtraConfig,
  cluster: boolean,
): number | undefined {
  const database = agree([
    setting(name, target.database),
    setting("redis_database", extra.redis_database),
    setting("valkey_database", extra.valkey_database),
  ]);
  if (database?.value && cluster)
    throw contradiction(database.name, `a cluster has database 0 only, not ${database.value}`);
  if (database === undefined) return undefined;
  underName("database", database.name, () => resolveOptions({ database: database.value }));
  return database.value;
}

function targetOf({ target }: ConnectorUrl, cluster: boolean): ConnectorTarget {
  const { seeds, path, sentinelName } = target;
  if (path !== undefined) return { path };
  if (sentinelName !== undefined) return { sentinels: seeds, name: sentinelName };
  return cluster ? { nodes: seeds } : { host: seeds[0]!.host, port: seeds[0]!.port };
}

/** Without what is undefined. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
