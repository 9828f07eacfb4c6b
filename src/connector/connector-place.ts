import { ConfigError } from "../errors.ts";
import type { Setting } from "./agreement.ts";
import { badSetting, contradiction } from "./config-error.ts";
import { readEnvironment } from "./connector-environment.ts";
import { type ConnectorUrl, type Environment, readConnectorUrl } from "./connector-url.ts";
import type { ReadExtraConfig } from "./extra-config.ts";

/** Where the URL may stand. */
export interface PlaceSource {
  readonly url: unknown;
  /** What to call `url` in messages. */
  readonly urlName: string;
  /** LMCache's plugins by name, in the order in which they are asked for a URL. */
  readonly plugins: readonly string[];
  readonly env: Environment;
}

export interface Place {
  readonly url: ConnectorUrl;
  /** Whether it is the URL of a plugin of LMCache's. */
  readonly isPlugin: boolean;
  /** Login of the environment, where the URL is from there. */
  readonly username?: Setting<string> | undefined;
  readonly password?: Setting<string> | undefined;
  /** Keys of plugins that are not connected to. */
  readonly ignored: readonly string[];
}

/** Where lmcache-redis-enhanced connects when nothing says otherwise. */
const PLUGIN_DEFAULT = "redis://localhost:6379";

/**
 * The URL that counts: `url`; that of a plugin (`plugin://name`, or without `url` the first of `plugins`, or the only one that has a URL);
 * `redis_url`; the environment. Throws ConfigError `NO_URL`, `CONTRADICTION`, and what readConnectorUrl and readEnvironment throw.
 */
export function readPlace(source: PlaceSource, extra: ReadExtraConfig): Place {
  const { url, urlName, env } = source;
  if (url !== undefined && typeof url !== "string") throw badSetting(urlName, "a URL", url, true);
  const { pluginUrls, values } = extra;
  const plugin = pluginName(url, source, pluginUrls);
  const used = plugin !== undefined && pluginUrls.has(plugin) ? plugin : undefined;
  const ignored = [...pluginUrls.keys()].filter((name) => name !== used).map(pluginKey);
  const read = (text: string, name: string): Place => ({
    url: readConnectorUrl(text, name, env),
    isPlugin: plugin !== undefined || name === "redis_url",
    ignored,
  });
  if (used !== undefined) return read(pluginUrls.get(used)!, pluginKey(used));
  if (url !== undefined && plugin === undefined) {
    if (values.redis_url !== undefined && values.redis_url.trim() !== url.trim())
      throw contradiction("redis_url", `differs from ${urlName}`);
    return read(url, urlName);
  }
  if (values.redis_url !== undefined) return read(values.redis_url, "redis_url");
  const place = readEnvironment(env);
  if (place !== undefined) return { ...place, isPlugin: plugin !== undefined, ignored };
  if (plugin === "redis") return read(PLUGIN_DEFAULT, urlName);
  if (plugin !== undefined)
    throw new ConfigError("NO_URL", `${pluginKey(plugin)}: expected the plugin's URL, got none`, {
      option: pluginKey(plugin),
    });
  const message = `${urlName}: expected a URL, here or in VALKEY_URL, VALKEY_HOST, REDIS_URL or REDIS_HOST, got none`;
  throw new ConfigError("NO_URL", message, { option: urlName });
}

/** The plugin that is connected to; undefined where it is not a plugin's URL that counts. */
function pluginName(
  url: string | undefined,
  { plugins }: PlaceSource,
  pluginUrls: ReadonlyMap<string, string>,
): string | undefined {
  if (url !== undefined) return /^plugin:\/\/([^/?#]+)\/?$/i.exec(url.trim())?.[1];
  const listed = plugins.find((name) => pluginUrls.has(name));
  if (listed !== undefined || plugins.length > 0) return listed;
  const [first, second] = pluginUrls.keys();
  if (second !== undefined)
    throw contradiction(pluginKey(second), `so has the plugin ${first}; say which with plugin://${first}`);
  return first;
}

function pluginKey(name: string): string {
  return `remote_storage_plugin.${name}.redis_url`;
}
