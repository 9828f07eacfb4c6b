import type { ConnectionOptions as TlsOptions } from "node:tls";
import { ConfigError } from "../errors.ts";
import { type Connection, openConnection, type RedisFactory } from "./connection.ts";
import { badOption, type ClientOptions, resolveTls } from "./options.ts";
import type { NodeAddress } from "./redirect.ts";
import { DEFAULT_SENTINEL_PORT } from "./target.ts";

/** What the Sentinels of a target are asked for, and how they are reached. */
export interface SentinelPlan {
  /** Under which they monitor the primary. */
  readonly name: string;
  open(sentinel: NodeAddress, connectTimeoutMs: number, signal: AbortSignal): Promise<Connection>;
}

/** How to authenticate at a Sentinel and whether to encrypt. */
export interface SentinelAccess {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsOptions | undefined;
}

export function planSentinels(
  name: string,
  createRedis: RedisFactory,
  { username, password }: SentinelAccess,
): SentinelPlan {
  return {
    name,
    open: ({ host, port }, connectTimeoutMs, signal) =>
      openConnection({
        createRedis,
        host,
        port,
        database: 0,
        credentials: { username, password },
        connectTimeoutMs,
        signal,
      }),
  };
}

/** The caller's options for Sentinels over `inherited` ones. Throws ConfigError `BAD_OPTION`. */
export function sentinelAccess(given: ClientOptions, inherited: SentinelAccess): SentinelAccess {
  if (given.cluster === true)
    throw new ConfigError("BAD_OPTION", "cluster: what Sentinels monitor is one server, no cluster", {
      option: "cluster",
    });
  const username = given.sentinelUsername ?? inherited.username;
  const password = given.sentinelPassword ?? inherited.password;
  if (username !== undefined && username !== "default" && !password)
    throw new ConfigError("BAD_OPTION", "sentinelUsername: a user name needs a password", {
      option: "sentinelUsername",
    });
  const tls = given.sentinelTls === undefined ? inherited.tls : resolveTls("sentinelTls", given.sentinelTls);
  return { username, password, tls };
}

/** Throws ConfigError `BAD_OPTION` for an option of Sentinels where there are none. */
export function refuseSentinelOptions(given: object): void {
  for (const option of ["name", "sentinelUsername", "sentinelPassword", "sentinelTls"]) {
    if ((given as Record<string, unknown>)[option] === undefined) continue;
    throw new ConfigError("BAD_OPTION", `${option}: there are no Sentinels in the target`, { option });
  }
}

/** Throws ConfigError `BAD_OPTION`. */
export function checkSentinelName(name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw badOption("name", "the name under which the Sentinels monitor the primary", name);
}

/** `{ host, port }` each, the port 26379 by default. Throws ConfigError `BAD_OPTION`. */
export function checkSentinels(sentinels: unknown): NodeAddress[] {
  if (!Array.isArray(sentinels) || sentinels.length === 0)
    throw badOption("sentinels", "an array with at least one { host, port }", sentinels);
  return sentinels.map((sentinel: Partial<NodeAddress> | null, index) => {
    const { host, port = DEFAULT_SENTINEL_PORT } = sentinel ?? {};
    const isPort = Number.isInteger(port) && port >= 1 && port <= 65_535;
    if (typeof host === "string" && host !== "" && isPort) return { host, port };
    throw badOption(`sentinels[${index}]`, "{ host, port }", sentinel);
  });
}
