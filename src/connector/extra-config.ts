import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";
import { checkLayoutName } from "../records/layout-choice.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { badSetting } from "./config-error.ts";

export type ServerMode = "standalone" | "cluster";

/**
 * What slotpack understands of LMCache's `extra_config`, and its own keys. Sources: the adapters of LMCache's Redis, RESP and Valkey connectors
 * (old and new) and lmcache-redis-enhanced, read in late 2026.
 */
export interface ExtraConfig {
  redis_mode?: ServerMode;
  redis_username?: string;
  redis_password?: string;
  redis_database?: number;
  /** Where the plugin connects; also as `remote_storage_plugin.<name>.redis_url`. */
  redis_url?: string;
  /** Keys in one packed write; LMCache's own `chunk_size`, of tokens, stands at the top of its file. */
  chunk_size?: number;
  max_connections?: number;
  use_tls?: boolean;

  valkey_mode?: ServerMode;
  valkey_username?: string;
  valkey_password?: string;
  valkey_database?: number;
  valkey_num_workers?: number;
  valkey_sync_num_workers?: number;
  valkey_enable_ttl?: boolean;
  /** Seconds. */
  valkey_ttl_sec?: number;
  tls_enable?: boolean;
  /** Seconds. */
  request_timeout?: number;
  /** Seconds. */
  connection_timeout?: number;
  save_chunk_meta?: boolean;

  resp_num_threads?: number;
  username?: string;
  password?: string;

  /** A layout, or `lmcache` for that of the connector which this configuration starts in LMCache. */
  layout?: LayoutName | "lmcache";
  read_layouts?: "any" | readonly LayoutName[];
  key_prefix?: string;
  cache_salt?: string;
  num_workers?: number;
  max_queued_jobs?: number;
  lanes?: boolean;
  sentinel_username?: string;
  sentinel_password?: string;
  tls_verify?: boolean;
  tls_insecure_skip_verify?: boolean;
  tls_check_hostname?: boolean;
  tls_server_name?: string;
  tls_ca_file?: string;
  tls_cert_file?: string;
  tls_key_file?: string;
  tls_key_password?: string;
}

type Reader = (key: string, value: unknown) => unknown;

const READERS: Readonly<Record<keyof ExtraConfig, Reader>> = {
  redis_mode: readMode,
  redis_username: readText,
  redis_password: readSecret,
  redis_database: wholeFrom(0),
  redis_url: readSecret,
  chunk_size: wholeFrom(1),
  max_connections: wholeFrom(1),
  use_tls: readFlag,
  valkey_mode: readMode,
  valkey_username: readText,
  valkey_password: readSecret,
  valkey_database: wholeFrom(0),
  valkey_num_workers: wholeFrom(1),
  valkey_sync_num_workers: wholeFrom(1),
  valkey_enable_ttl: readFlag,
  valkey_ttl_sec: wholeFrom(1),
  tls_enable: readFlag,
  request_timeout: readSeconds,
  connection_timeout: readSeconds,
  save_chunk_meta: readFlag,
  resp_num_threads: wholeFrom(1),
  username: readText,
  password: readSecret,
  layout: (key, value) => (value === "lmcache" ? value : checkLayoutName(key, value)),
  read_layouts: readLayouts,
  key_prefix: readText,
  cache_salt: readText,
  num_workers: wholeFrom(1),
  max_queued_jobs: wholeFrom(1),
  lanes: readFlag,
  sentinel_username: readText,
  sentinel_password: readSecret,
  tls_verify: readFlag,
  tls_insecure_skip_verify: readFlag,
  tls_check_hostname: readFlag,
  tls_server_name: readText,
  tls_ca_file: readText,
  tls_cert_file: readText,
  tls_key_file: readText,
  tls_key_password: readSecret,
};

/** A key that begins so and is not known is mistyped; other families' keys are none of ours. */
const OWN_FAMILIES = /^(redis|valkey|resp|tls|sentinel)_/;

/** `remote_storage_plugin.<name>.redis_url`: where LMCache's plugin of that name connects. */
const PLUGIN_URL = /^remote_storage_plugin\.([^.]+)\.redis_url$/;

export interface ReadExtraConfig {
  readonly values: ExtraConfig;
  /** The URLs of plugins, by the plugin's name. */
  readonly pluginUrls: ReadonlyMap<string, string>;
  /** Names of keys that are none of ours. */
  readonly ignored: readonly string[];
}

/**
 * Checks names and types; a key whose value is null or an empty text is as good as absent, as in LMCache. Throws ConfigError `UNKNOWN_OPTION`,
 * `UNKNOWN_LAYOUT` or `BAD_OPTION`, whose `option` is the key.
 */
export function readExtraConfig(extraConfig: unknown): ReadExtraConfig {
  const values: Record<string, unknown> = {};
  const pluginUrls = new Map<string, string>();
  const ignored: string[] = [];
  if (extraConfig === undefined || extraConfig === null) return { values, pluginUrls, ignored };
  if (typeof extraConfig !== "object" || Array.isArray(extraConfig))
    throw new ConfigError("BAD_OPTION", `extraConfig: expected an object, got ${describe(extraConfig)}`, {
      option: "extraConfig",
    });
  for (const [key, value] of Object.entries(extraConfig)) {
    const plugin = PLUGIN_URL.exec(key)?.[1];
    const read = Object.hasOwn(READERS, key) ? READERS[key as keyof ExtraConfig] : undefined;
    if (read === undefined && plugin === undefined && OWN_FAMILIES.test(key)) throw unknownKey(key);
    if (value === undefined || value === null || value === "") continue;
    if (plugin !== undefined) pluginUrls.set(plugin, readSecret(key, value));
    else if (read !== undefined) values[key] = read(key, value);
    else ignored.push(key);
  }
  return { values, pluginUrls, ignored };
}

function unknownKey(key: string): ConfigError {
  const family = OWN_FAMILIES.exec(key)![0];
  const known = Object.keys(READERS).filter((name) => name.startsWith(family));
  const message = `unknown key "${key}"; the keys of its family are ${known.join(", ")}`;
  return new ConfigError("UNKNOWN_OPTION", message, { option: key });
}

function readMode(key: string, value: unknown): ServerMode {
  if (value === "standalone" || value === "cluster") return value;
  throw badSetting(key, '"standalone" or "cluster"', value);
}

function readText(key: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw badSetting(key, "a string", value);
}

function readSecret(key: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw badSetting(key, "a string (a number needs quotes)", value, true);
}

function readFlag(key: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw badSetting(key, "true or false", value);
}

/** What `isSeconds` takes. */
export const SECONDS = "seconds, more than 0 and at most 2147483";

/** Node's timers take 2^31 - 1 milliseconds. */
export function isSeconds(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= 2_147_483;
}

function readSeconds(key: string, value: unknown): number {
  if (isSeconds(value)) return value;
  throw badSetting(key, SECONDS, value);
}

function wholeFrom(min: number): Reader {
  return (key, value) => {
    if (Number.isSafeInteger(value) && (value as number) >= min) return value;
    throw badSetting(key, `a whole number from ${min}`, value);
  };
}

function readLayouts(key: string, value: unknown): "any" | LayoutName[] {
  if (value === "any") return value;
  if (Array.isArray(value)) return value.map((name) => checkLayoutName(key, name));
  throw badSetting(key, '"any" or a list of layouts', value);
}
