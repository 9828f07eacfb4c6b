import type { TlsOptions } from "node:tls";
import type { Clock } from "./clock.ts";
import { ANY_TEXT, type Check, type Checks, OBJECT, recordOf, TEXT, wholeNumber } from "./option-check.ts";

/** Values of redis.conf parameters by name; `true` is `yes`. */
export type ConfigSettings = Readonly<Record<string, string | number | boolean>>;

export interface ServerOptions {
  /** TCP port; 0 (the default) takes any free one. -1: no TCP, only `unixSocket`. */
  readonly port?: number | undefined;
  /** Address to listen on, `127.0.0.1` by default. */
  readonly host?: string | undefined;
  /** Password of the default user (`requirepass`). */
  readonly password?: string | undefined;
  /** Further users: name to ACL rules as in ACL SETUSER (`"on >secret ~* +@all"`). */
  readonly users?: Readonly<Record<string, string>> | undefined;
  /** Number of databases, 16 by default; always 1 in a cluster. */
  readonly databases?: number | undefined;
  /** Bytes of accounted memory, 0 (the default) for no limit. */
  readonly maxMemory?: number | undefined;
  /** `noeviction` by default. */
  readonly evictionPolicy?: string | undefined;
  /** Path of a Unix socket to listen on as well. */
  readonly unixSocket?: string | undefined;
  /** Makes the TCP port speak TLS: `cert`, `key`, and `ca` with `requestCert` to ask clients for theirs. */
  readonly tls?: TlsOptions | undefined;
  /** `SystemClock` by default; a `ManualClock` puts TTLs and timeouts under a test's control. */
  readonly clock?: Clock | undefined;
  /** Any other parameter of redis.conf. */
  readonly config?: ConfigSettings | undefined;
  /** Reads a redis.conf first; what is given here wins. CONFIG REWRITE writes it. */
  readonly configFile?: string | undefined;
}

const CLOCK: Check = {
  expected: "a Clock, such as a ManualClock",
  holds: (value) =>
    OBJECT.holds(value) &&
    ["nowMs", "nowUs", "monotonicUs", "after", "every", "sleep"].every(
      (name) => typeof (value as Record<string, unknown>)[name] === "function",
    ),
};
const SETTING: Check = {
  expected: "a string, number or boolean",
  holds: (value) => ["string", "number", "boolean"].includes(typeof value),
};

export const SERVER_CHECKS: Checks<ServerOptions> = {
  port: wholeNumber(-1, 65_535),
  host: TEXT,
  password: ANY_TEXT,
  users: recordOf(ANY_TEXT),
  databases: wholeNumber(1, 2 ** 31 - 1),
  maxMemory: wholeNumber(0),
  evictionPolicy: TEXT,
  unixSocket: TEXT,
  tls: OBJECT,
  clock: CLOCK,
  config: recordOf(SETTING),
  configFile: TEXT,
};
