import { connect } from "../cluster/connect.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { Interruption } from "./interruption.ts";
import { badOption, secondsAsMs } from "./option-values.ts";
import type { Terminal } from "./terminal.ts";

/** A day. */
const MAX_TIMEOUT_SECONDS = 86_400;
/** As the client's own default. */
const CONNECT_TIMEOUT_MS = 10_000;

export const TARGET = {
  type: "string",
  valueHint: "URL",
  description: "server, Sentinels or cluster to work on; default: SLOTPACK_URL",
} as const;

export const TIMEOUT = {
  type: "string",
  default: "30",
  valueHint: "SECONDS",
  description: "how long a server may take for one step",
} as const;

/** The target of the option or of the environment, which may hold a password. Throws ConfigError `BAD_OPTION`. */
export function targetSetting(typed: string | undefined, env: Terminal["env"], others?: string): string {
  if (typed === "") throw badOption("--target", "is empty; give a URL such as redis://127.0.0.1:6379");
  const target = typed ?? env.SLOTPACK_URL;
  if (target !== undefined && target !== "") return target;
  const choice = others === undefined ? "" : `, ${others}`;
  throw badOption("--target", `is missing; give --target redis://host:port${choice}, or set SLOTPACK_URL`);
}

/** Throws ConfigError `BAD_OPTION`. */
export function timeoutSetting(typed: string): number {
  return secondsAsMs("--timeout", typed, MAX_TIMEOUT_SECONDS);
}

export interface ServerSettings {
  /** May hold a password. */
  readonly target: string;
  readonly timeoutMs: number;
  readonly keyPrefix: string;
}

/** Connects; an interruption ends the wait, and a connection that comes later is closed. */
export async function openClient(
  { target, timeoutMs, keyPrefix }: ServerSettings,
  interruption: Interruption,
): Promise<SlotClient> {
  const connectTimeoutMs = Math.min(timeoutMs, CONNECT_TIMEOUT_MS);
  const opening = connect(target, { timeoutMs, connectTimeoutMs, keyPrefix });
  return interruption.orInterrupted(opening).catch((error) => {
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
}
