import { readFile } from "node:fs/promises";
import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";
import { badSetting } from "./config-error.ts";
import { type ConnectorConfig, makeConfig } from "./connector-config.ts";
import type { Environment } from "./connector-url.ts";
import { isSeconds, SECONDS } from "./extra-config.ts";
import { parseYaml, type YamlFile } from "./yaml-file.ts";

export interface LmcacheYamlOptions {
  /** Variables. Default `process.env`. */
  env?: Environment | undefined;
}

/** `ignored` has the keys of LMCache's other parts, too; those of `extra_config` begin with `extra_config.`. */
export interface LmcacheYamlConfig extends ConnectorConfig {
  /** How LMCache serializes what it stores (`naive`, `cachegen`, `kivi`); the connector passes bytes through. */
  readonly remoteSerde: string | undefined;
  /** Tokens in a chunk: `chunk_size` at the top of the file. */
  readonly chunkTokens: number | undefined;
}

/** Keys at the top of the file that are read. */
const TOP_KEYS = [
  "remote_url",
  "remote_serde",
  "chunk_size",
  "blocking_timeout_secs",
  "remote_storage_plugins",
  "extra_config",
];

/**
 * Reads the configuration file of LMCache. Without `layout` and `read_layouts` the records of any layout are found. Throws what readConnectorConfig
 * throws, with file and line in the message, `BAD_FILE` where the file cannot be read, and `BAD_YAML` where it is no YAML or no mapping.
 */
export async function readLmcacheYaml(
  file: string | URL,
  { env = process.env }: LmcacheYamlOptions = {},
): Promise<LmcacheYamlConfig> {
  if (typeof file !== "string" && !(file instanceof URL))
    throw new ConfigError("BAD_OPTION", `file: expected a path or a URL, got ${describe(file)}`, {
      option: "file",
    });
  const yaml = await parseYaml(file, await readText(file));
  return yaml.locating(() => readTop(yaml, env));
}

/** LMCache has no such keys at the top: left out there, they would leave a password or TLS out. */
const MISPLACED = /^(?:(?:redis|valkey|tls)_.*|use_tls)$/;

function readTop(yaml: YamlFile, env: Environment): LmcacheYamlConfig {
  const { root } = yaml;
  const misplaced = Object.keys(root).find((name) => MISPLACED.test(name));
  if (misplaced !== undefined)
    throw new ConfigError("UNKNOWN_OPTION", `${misplaced}: belongs under extra_config`, {
      option: misplaced,
    });
  const top = (name: string): unknown => (Object.hasOwn(root, name) ? (root[name] ?? undefined) : undefined);
  const extraConfig = top("extra_config");
  if (extraConfig !== undefined && (typeof extraConfig !== "object" || Array.isArray(extraConfig)))
    throw badSetting("extra_config", "a mapping", extraConfig);
  const config = makeConfig({
    url: top("remote_url") === "" ? undefined : top("remote_url"),
    urlName: "remote_url",
    extraConfig,
    env,
    plugins: readPlugins(top("remote_storage_plugins")),
    blockingTimeout: check("blocking_timeout_secs", top("blocking_timeout_secs"), SECONDS, isSeconds),
  });
  const { connectorOptions } = config;
  const chosen = connectorOptions.layout !== undefined || connectorOptions.readLayouts !== undefined;
  const inExtra = new Set(Object.keys(extraConfig ?? {}));
  return {
    ...config,
    // The file belongs to LMCache: what is read is what its connectors wrote, whichever it was.
    connectorOptions: chosen ? connectorOptions : { ...connectorOptions, readLayouts: "any" },
    ignored: [
      ...Object.keys(root).filter((name) => !TOP_KEYS.includes(name)),
      ...config.ignored.map((name) => (inExtra.has(name) ? `extra_config.${name}` : name)),
    ],
    remoteSerde: check("remote_serde", top("remote_serde"), "a string", (value) => typeof value === "string"),
    chunkTokens: check("chunk_size", top("chunk_size"), "a whole number of tokens from 1", isCount),
  };
}

/** A list, or its names with commas between them. */
function readPlugins(value: unknown): string[] {
  if (value === undefined) return [];
  const names = typeof value === "string" ? value.split(",").map((name) => name.trim()) : value;
  if (Array.isArray(names) && names.every((name) => typeof name === "string"))
    return names.filter((name) => name !== "");
  throw badSetting("remote_storage_plugins", "a list of names", value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function check<T>(
  name: string,
  value: unknown,
  expected: string,
  isRight: (value: unknown) => value is T,
): T | undefined {
  if (value === undefined || isRight(value)) return value;
  throw badSetting(name, expected, value);
}

async function readText(file: string | URL): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : "cannot be read";
    throw new ConfigError("BAD_FILE", `${file}: ${why}`, { option: "file", cause });
  }
}
