import { ConfigError } from "../errors.ts";
import type { Credentials } from "./connection.ts";
import type { NodeAddress } from "./redirect.ts";

/** What a target string says; the caller's options win over it. */
export interface Target {
  /** Where to begin: one server, some nodes of a cluster, or the Sentinels. */
  readonly seeds: readonly NodeAddress[];
  /** The name under which the seeds, which are Sentinels then, monitor the primary. */
  readonly sentinelName?: string | undefined;
  readonly path: string | undefined;
  /** True for `redis-cluster://` and comma lists; undefined when the server is to be asked. */
  readonly cluster: boolean | undefined;
  readonly tls: boolean;
  readonly credentials: Credentials | undefined;
  readonly database: number | undefined;
}

const DEFAULT_PORT = 6379;
export const DEFAULT_SENTINEL_PORT = 26_379;
const SCHEMES: Readonly<Record<string, { tls: boolean; cluster?: boolean }>> = {
  redis: { tls: false },
  valkey: { tls: false },
  rediss: { tls: true },
  valkeys: { tls: true },
  "redis-cluster": { tls: false, cluster: true },
  "rediss-cluster": { tls: true, cluster: true },
};
const SENTINEL_SCHEMES: Readonly<Record<string, { tls: boolean }>> = {
  "redis-sentinel": { tls: false },
  "rediss-sentinel": { tls: true },
};

/**
 * Reads `redis[s]://`, `valkey[s]://`, `unix://`, `redis[s]-cluster://` or a comma list of them, or `redis[s]-sentinel://` (see
 * `parseSentinels`).
 * User name and password are percent-decoded. Throws ConfigError `BAD_URL` or `UNSUPPORTED_TARGET`; the text never
 * holds the password.
 */
export function parseTarget(target: string): Target {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(target.trim());
  if (match === null) throw badUrl("expected scheme://host:port", target);
  const scheme = match[1]!.toLowerCase();
  if (scheme === "embedded") {
    const why = "only connect() starts one; start it apart (`slotpack serve`) and name its address here";
    throw new ConfigError("UNSUPPORTED_TARGET", `embedded://: ${why}`, { option: "target" });
  }
  if (scheme === "unix") return parseUnix(match[2]!, target);
  if (Object.hasOwn(SENTINEL_SCHEMES, scheme))
    return parseSentinels(match[2]!, SENTINEL_SCHEMES[scheme]!.tls, target);
  const kind = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (kind === undefined)
    throw badUrl(
      `unknown scheme "${scheme}"; the schemes are ${[...Object.keys(SCHEMES), ...Object.keys(SENTINEL_SCHEMES), "unix"].join(", ")}`,
      target,
    );
  // Each entry may have the scheme again, and then credentials, too.
  const entries = match[2]!.split(new RegExp(`,\\s*${scheme}://`, "i"));
  const parts = entries.map((entry) => splitEntry(entry, target));
  const [first] = parts;
  if (
    parts.some((part) => (part.login ?? first!.login) !== first!.login || part.database !== first!.database)
  )
    throw badUrl("the entries of the list differ in their credentials or their database", target);
  const seeds = parts.flatMap(({ hosts }) =>
    hosts.split(",").map((host) => parseAddress(host.trim(), target)),
  );
  const cluster = kind.cluster ?? (seeds.length > 1 ? true : undefined);
  const database = parseDatabase(first!.database, target);
  if (cluster && database) throw badUrl("a cluster has database 0 only", target);
  const credentials = first!.login === undefined ? undefined : parseCredentials(first!.login, target);
  return { seeds, path: undefined, cluster, tls: kind.tls, credentials, database };
}

interface Entry {
  readonly login: string | undefined;
  readonly hosts: string;
  readonly database: string;
}

/** `login@hosts/database?db=database`; the last `@` counts, so that a password may hold one, and `/`, `?` and `#` as well. */
function splitEntry(entry: string, target: string): Entry {
  const at = entry.lastIndexOf("@");
  const match = /^([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(entry.slice(at + 1));
  if (match === null) throw badUrl("no # is understood behind the host", target);
  const [, hosts = "", path = "", query = ""] = match;
  return {
    login: at === -1 ? undefined : entry.slice(0, at),
    hosts,
    database: databaseOf(path, query, target),
  };
}

/** What the path or `?db=` says, empty when neither does. */
function databaseOf(path: string, query: string, target: string): string {
  const { db = path, ...others } = Object.fromEntries(new URLSearchParams(query));
  if (Object.keys(others).length > 0)
    throw badUrl("only ?db= is understood of a query; options go beside the target", target);
  if (path !== "" && db !== path) throw badUrl("the database is given twice", target);
  return db;
}

/** The target without its credentials, for messages; what stands where a port should, or in a query, may be part of them. */
export function redactTarget(target: string): string {
  return target
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@")
    .replace(/:(?!\/\/|\d+(?:[,/]|$)|[^\][,/@]*\])[^,/@]*/g, ":***")
    .replace(/\?(?!db=\d*$).*/s, "?***");
}

function parseUnix(rest: string, target: string): Target {
  const at = rest.startsWith("/") ? -1 : rest.indexOf("@/");
  const [pathPart = "", query = ""] = rest.slice(at + 1).split("?", 2);
  if (!pathPart.startsWith("/")) throw badUrl("expected unix:///path/of/the.sock", target);
  const path = decode(pathPart, target);
  const database = parseDatabase(databaseOf("", query, target), target);
  const credentials = at === -1 ? undefined : parseCredentials(rest.slice(0, at), target);
  return { seeds: [{ host: path, port: 0 }], path, cluster: undefined, tls: false, credentials, database };
}

/**
 * `[user:password@]host[:port][,host[:port]…]/name[/database]`, the database also as `?db=`. The name is percent-decoded; user and password
 * are the node's. Without a name there is no default: the wrong primary would be worse than none.
 */
function parseSentinels(rest: string, tls: boolean, target: string): Target {
  const at = rest.lastIndexOf("@");
  const match = /^([^/?#]*)(?:\/([^/?#]*))?(?:\/([^/?#]*))?(?:\?([^#]*))?$/.exec(rest.slice(at + 1));
  if (match === null) throw badUrl("expected redis-sentinel://host:port,host:port/name/database", target);
  const [, hosts = "", name = "", database = "", query = ""] = match;
  const seeds = hosts.split(",").map((host) => parseAddress(host.trim(), target, DEFAULT_SENTINEL_PORT));
  if (name === "")
    throw badUrl("the name of the primary is missing: redis-sentinel://host:port,host:port/name", target);
  return {
    seeds,
    sentinelName: decode(name, target),
    path: undefined,
    cluster: undefined,
    tls,
    credentials: at === -1 ? undefined : parseCredentials(rest.slice(0, at), target),
    database: parseDatabase(databaseOf(database, query, target), target),
  };
}

function parseAddress(text: string, target: string, defaultPort: number = DEFAULT_PORT): NodeAddress {
  const match = /^(\[[0-9a-f:.]+(?:%\w+)?\]|[^:[\]\s/@]+)(?::(\d+))?$/i.exec(text);
  if (match === null) throw badUrl("expected host:port", target);
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  if (port < 1 || port > 65_535) throw badUrl(`the port ${match[2]} is not between 1 and 65535`, target);
  return { host: match[1]!.replace(/^\[(.*)\]$/, "$1"), port };
}

function parseCredentials(text: string, target: string): Credentials | undefined {
  if (text === "") return undefined;
  const colon = text.indexOf(":");
  if (colon === -1) return { username: decode(text, target) };
  const username = decode(text.slice(0, colon), target);
  const password = decode(text.slice(colon + 1), target);
  return username === "" ? { password } : { username, password };
}

function parseDatabase(text: string, target: string): number | undefined {
  if (text === "") return undefined;
  if (!/^\d{1,9}$/.test(text)) throw badUrl("expected a database number behind / or ?db=", target);
  return Number(text);
}

function decode(text: string, target: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badUrl("a % that is no percent-encoding", target, cause);
  }
}

function badUrl(why: string, target: string, cause?: unknown): ConfigError {
  return new ConfigError("BAD_URL", `target ${JSON.stringify(redactTarget(target))}: ${why}`, {
    option: "target",
    cause,
  });
}
