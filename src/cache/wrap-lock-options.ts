import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";

export interface WrapLockOptions {
  /** Milliseconds after which the lock of a process that has died frees itself; a function that takes longer may run twice. Default 10,000. */
  lockMs?: number | undefined;
  /** Milliseconds that the others wait for the value before they run the function themselves. Default: `lockMs`. */
  waitMs?: number | undefined;
  /** Milliseconds between their looks. Default 50. */
  pollMs?: number | undefined;
}

/** Every option with its value. */
export interface WrapLockTimes {
  readonly lockMs: number;
  readonly waitMs: number;
  readonly pollMs: number;
}

const DEFAULT_LOCK_MS = 10_000;
const DEFAULT_POLL_MS = 50;
const NAMES = ["lockMs", "waitMs", "pollMs"];

/** Undefined where there is to be no lock. Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
export function resolveWrapLock(option: unknown): WrapLockTimes | undefined {
  if (option === undefined || option === false) return undefined;
  if (option !== true && (typeof option !== "object" || option === null))
    throw badOption("wrapLock", "a boolean or { lockMs, waitMs, pollMs }", option);
  const given = option === true ? {} : option;
  for (const name of Object.keys(given)) {
    if (NAMES.includes(name)) continue;
    const message = `unknown option "wrapLock.${name}"; the options are ${NAMES.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: `wrapLock.${name}` });
  }
  const { lockMs = DEFAULT_LOCK_MS, waitMs = lockMs, pollMs = DEFAULT_POLL_MS }: WrapLockOptions = given;
  for (const [name, value] of Object.entries({ lockMs, waitMs, pollMs }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw badOption(`wrapLock.${name}`, "a whole number of milliseconds from 1", value);
  return { lockMs, waitMs, pollMs };
}
