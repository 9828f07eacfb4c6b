import { ConfigError } from "../errors.ts";
import type { Credentials } from "./connection.ts";
import type { NodeAddress } from "./redirect.ts";

/** What a target string says; the caller's options win over it. */
export interface Target {
  /** Where to begin: one server, or some nodes of a cluster. */
  readonly seeds: readonly NodeAddress[];
  readonly path: string | undefined;
  /** True for `redis-cluster://` and comma lists; undefined when the server is to be asked. */
  readonly cluster: boolean | undefined;
  readonly tls: boolean;
  readonly credentials: Credentials | undefined;
  readonly database: number | undefined;
}

const DEFAULT_PORT = 6379;
const SCHEMES: Readonly<Record<string, { tls: boolean; cluster?: boolean }>> = {
  redis: { tls: false },
  valkey: { tls: false },
  rediss: { tls: true },
  valkeys: { tls: true },
  "redis-cluster": { tls: false, cluster: true },
  "rediss-cluster": { tls: true, cluster: true },
};
const LATER: Readonly<Record<string, string>> = {
  embedded:
    "the embedded server is not part of this version; start a server, or use `slotpack replay --target local`",
  "redis-sentinel": "Sentinel is not part of this version; give the primary's own address",
};

/**
 * Reads `redis[s]://`, `valkey[s]://`, `unix://`, `redis[s]-cluster://` or a comma list of them.
 * User name and password are percent-decoded. Throws ConfigError `BAD_URL` or `UNSUPPORTED_TARGET`; the text never
 * holds the password.
 */
export function parseTarget(target: string): Target {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(target.trim());
  if (match === null) throw badUrl("expected scheme://host:port", target);
  const scheme = match[1]!.toLowerCase();
  if (Object.hasOwn(LATER, scheme))
    throw new ConfigError("UNSUPPORTED_TARGET", `${scheme}://: ${LATER[scheme]}`, { option: "target" });
  if (scheme === "unix") return parseUnix(match[2]!, target);
  const kind = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (kind === undefined)
    throw badUrl(
      `unknown scheme "${scheme}"; the schemes are ${Object.keys(SCHEMES).join(", ")}, unix`,
      target,
    );
  // Each entry may have the scheme again, and then credentials, too.
  const entries = match[2]!.split(new RegExp(`,\\s*${scheme}://`, "i"));
  const parts = entries.map((entry) => splitEntry(entry, target));
  const [first] = parts;
  if (parts.some(({ login, path }) => (login ?? first!.login) !== first!.login || path !== first!.path))
    throw badUrl("the entries of the list differ in their credentials or their database", target);
  const seeds = parts.flatMap(({ hosts }) =>
    hosts.split(",").map((host) => parseAddress(host.trim(), target)),
  );
  const cluster = kind.cluster ?? (seeds.length > 1 ? true : undefined);
  const database = parseDatabase(first!.path, target);
  if (cluster && database) throw badUrl("a cluster has database 0 only", target);
  const credentials = first!.login === undefined ? undefined : parseCredentials(first!.login, target);
  return { seeds, path: undefined, cluster, tls: kind.tls, credentials, database };
}

interface Entry {
  readonly login: string | undefined;
  readonly hosts: string;
  readonly path: string;
}

/** `login@hosts/path`; the last `@` counts, so that a password may hold one, and `/`, `?` and `#` as well. */
function splitEntry(entry: string, target: string): Entry {
  const at = entry.lastIndexOf("@");
  const rest = entry.slice(at + 1);
  if (/[?#]/.test(rest)) throw badUrl("no query is understood; options go beside the target", target);
  const slash = rest.indexOf("/");
  return {
    login: at === -1 ? undefined : entry.slice(0, at),
    hosts: slash === -1 ? rest : rest.slice(0, slash),
    path: slash === -1 ? "" : rest.slice(slash + 1),
  };
}

/** The target without its credentials, for messages; what stands where a port should may be half of them. */
export function redactTarget(target: string): string {
  return target
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@")
    .replace(/:(?!\/\/|\d+(?:[,/]|$)|[^\][,/@]*\])[^,/@]*/g, ":***");
}

function parseUnix(rest: string, target: string): Target {
  const at = rest.startsWith("/") ? -1 : rest.indexOf("@/");
  const [pathPart = "", query = ""] = rest.slice(at + 1).split("?", 2);
  if (!pathPart.startsWith("/")) throw badUrl("expected unix:///path/of/the.sock", target);
  const path = decode(pathPart, target);
  const { db = "", ...others } = Object.fromEntries(new URLSearchParams(query));
  if (Object.keys(others).length > 0) throw badUrl("only ?db= is understood behind the path", target);
  const database = parseDatabase(db, target);
  const credentials = at === -1 ? undefined : parseCredentials(rest.slice(0, at), target);
  return { seeds: [{ host: path, port: 0 }], path, cluster: undefined, tls: false, credentials, database };
}

function parseAddress(text: string, target: string): NodeAddress {
  const match = /^(\[[0-9a-f:.]+(?:%\w+)?\]|[^:[\]\s/@]+)(?::(\d+))?$/i.exec(text);
  if (match === null) throw badUrl("expected host:port", target);
  const port = match[2] === undefined ? DEFAULT_PORT : Number(match[2]);
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
  if (!/^\d{1,9}$/.test(text)) throw badUrl("expected a database number behind the /", target);
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
