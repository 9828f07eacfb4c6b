import type { Cluster, Redis, RedisOptions } from "ioredis";
import { ConfigError } from "../errors.ts";
import type { Credentials, RedisFactory } from "./connection.ts";
import { isInstance, loadFactory, readInstance } from "./ioredis-module.ts";
import { badOption, type ClientOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import type { NodeAddress } from "./redirect.ts";
import {
  checkSentinelName,
  checkSentinels,
  planSentinels,
  refuseSentinelOptions,
  type SentinelPlan,
  sentinelAccess,
} from "./sentinel-plan.ts";
import { parseTarget } from "./target.ts";

/** A target in parts, with the options beside it. */
export interface ConnectOptions extends ClientOptions {
  /** One server. */
  host?: string | undefined;
  port?: number | undefined;
  /** Unix socket of one server. */
  path?: string | undefined;
  /** Some nodes of a cluster. */
  nodes?: readonly NodeAddress[] | undefined;
  /** Some Sentinels, on port 26379 unless they say so; the others are learned from them. */
  sentinels?: readonly { host: string; port?: number | undefined }[] | undefined;
  /** Name under which the Sentinels monitor the primary. */
  name?: string | undefined;
}

/** Where to connect and how, whatever form the target had. */
export interface ConnectPlan {
  readonly createRedis: RedisFactory;
  /** One server, nodes of a cluster, or Sentinels. */
  readonly seeds: readonly NodeAddress[];
  readonly sentinel: SentinelPlan | undefined;
  readonly path: string | undefined;
  readonly options: ResolvedOptions;
  readonly credentials: (() => Credentials | undefined | Promise<Credentials | undefined>) | undefined;
}

/** Reads any form of a target, with the options beside it. Throws ConfigError. */
export async function makePlan(
  target: string | Redis | Cluster | ConnectOptions,
  options: ClientOptions,
): Promise<ConnectPlan> {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  const given = omitUndefined(options);
  if (typeof target === "string") {
    const parsed = parseTarget(target);
    const { database, cluster } = parsed;
    const named = resolveOptions({ ...omitUndefined({ database, cluster }), ...given });
    const resolved = { ...named, tls: named.tls ?? (parsed.tls ? {} : undefined) };
    return {
      sentinel: await planNamed(parsed.sentinelName, given, resolved),
      createRedis: await loadFactory(redisOptions(resolved)),
      seeds: parsed.seeds,
      path: parsed.path,
      options: resolved,
      credentials: credentialsOf({ ...omitUndefined({ ...parsed.credentials }), ...given }),
    };
  }
  if (isInstance(target)) {
    const instance = await readInstance(target as Redis, given.natMap);
    const inherited = {
      database: instance.database,
      cluster: instance.cluster,
      keyPrefix: instance.keyPrefix,
      natMap: instance.natMap,
    };
    const resolved = resolveOptions({ ...omitUndefined(inherited), ...given });
    const { sentinel } = instance;
    if (sentinel === undefined) refuseSentinelOptions(given);
    const access = sentinel && sentinelAccess(given, sentinel.access);
    return {
      sentinel:
        access &&
        planSentinels(
          sentinel.name,
          (own) => sentinel.createRedis({ ...redisOptions(access), ...own }),
          access,
        ),
      createRedis: (own) => instance.createRedis({ ...redisOptions(resolved), ...own }),
      seeds: instance.seeds,
      path: instance.path,
      options: resolved,
      credentials: given.credentials ?? fixedCredentials(given),
    };
  }
  if (typeof target !== "object" || target === null) {
    throw new ConfigError("BAD_TARGET", "expected a URL, an ioredis instance or options", {
      option: "target",
    });
  }
  const { host, port, path, nodes, sentinels, name, ...rest }: ConnectOptions = {
    ...omitUndefined(target as ConnectOptions),
    ...given,
  };
  if (sentinels !== undefined) refuseBeside("sentinels", { host, port, path, nodes });
  else if (name !== undefined) refuseSentinelOptions({ name });
  const seeds =
    sentinels !== undefined
      ? checkSentinels(sentinels)
      : nodes === undefined
        ? [checkServer(host, port, path)]
        : checkNodes(nodes);
  const resolved = resolveOptions({ ...(nodes === undefined ? {} : { cluster: true }), ...rest });
  return {
    sentinel: await planNamed(sentinels === undefined ? undefined : checkSentinelName(name), rest, resolved),
    createRedis: await loadFactory(redisOptions(resolved)),
    seeds,
    path,
    options: resolved,
    credentials: credentialsOf(rest),
  };
}

/** The Sentinels of a target that is no ioredis instance; encrypted as the node is unless the caller says otherwise. */
async function planNamed(
  name: string | undefined,
  given: ClientOptions,
  { tls }: ResolvedOptions,
): Promise<SentinelPlan | undefined> {
  if (name === undefined) {
    refuseSentinelOptions(given);
    return undefined;
  }
  const access = sentinelAccess(given, { username: undefined, password: undefined, tls });
  return planSentinels(name, await loadFactory(redisOptions(access)), access);
}

function redisOptions({ tls }: Pick<ResolvedOptions, "tls">): RedisOptions {
  return tls === undefined ? {} : { tls };
}

function refuseBeside(option: string, others: Readonly<Record<string, unknown>>): void {
  for (const [other, value] of Object.entries(others))
    if (value !== undefined)
      throw new ConfigError("BAD_OPTION", `${other}: a target with ${option} has none`, { option: other });
}

/** Without a password ioredis would not authenticate at all, and the user would silently be the default one. */
function credentialsOf(options: ClientOptions): ConnectPlan["credentials"] {
  const { username, password, credentials } = options;
  if (credentials === undefined && username !== undefined && username !== "default" && !password)
    throw new ConfigError("BAD_OPTION", "username: a user name needs a password", { option: "username" });
  return credentials ?? fixedCredentials(options);
}

function fixedCredentials({ username, password }: ClientOptions): (() => Credentials) | undefined {
  return username === undefined && password === undefined ? undefined : () => ({ username, password });
}

function checkServer(host: unknown = "127.0.0.1", port: unknown = 6379, path?: unknown): NodeAddress {
  if (path !== undefined) {
    if (typeof path !== "string" || path === "") throw badOption("path", "the path of a unix socket", path);
    return { host: path, port: 0 };
  }
  if (typeof host !== "string" || host === "") throw badOption("host", "a host name or an IP address", host);
  if (!isPort(port)) throw badOption("port", "a whole number from 1 to 65535", port);
  return { host, port };
}

function checkNodes(nodes: unknown): NodeAddress[] {
  if (!Array.isArray(nodes) || nodes.length === 0)
    throw badOption("nodes", "an array with at least one { host, port }", nodes);
  return nodes.map((node: Partial<NodeAddress> | null, index) => {
    const { host, port } = node ?? {};
    if (typeof host === "string" && host !== "" && isPort(port)) return { host, port };
    throw badOption(`nodes[${index}]`, "{ host, port }", node);
  });
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;
}

function omitUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
