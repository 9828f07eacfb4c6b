import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { AbortError, ConfigError } from "../errors.ts";

/**
 * What `ping()` gives. The numbers are stable: 0 is well, and the rest says what is wrong.
 *
 * | code | name | meaning |
 * |--:|---|---|
 * | 0 | `OK` | every primary answered |
 * | 1 | `FAILED` | an error of none of the kinds below |
 * | 2 | `UNREACHABLE` | a server cannot be connected to, or the connection was lost |
 * | 3 | `TIMEOUT` | no answer in time |
 * | 4 | `REFUSED` | credentials are missing or wrong, or may not do this |
 * | 5 | `LOADING` | a server is starting and not ready yet |
 * | 6 | `CLUSTER_DOWN` | the cluster, or the primary that is waited for, is down |
 * | 7 | `CLOSED` | the connector, or its client, is closed |
 */
export const PingCode = {
  OK: 0,
  FAILED: 1,
  UNREACHABLE: 2,
  TIMEOUT: 3,
  REFUSED: 4,
  LOADING: 5,
  CLUSTER_DOWN: 6,
  CLOSED: 7,
} as const;

export type PingCode = (typeof PingCode)[keyof typeof PingCode];

/** Codes of servers, of slotpack and of Node, in that order; what a connect failed with is told by its causes. */
const RULES: readonly (readonly [RegExp, PingCode])[] = [
  [/WRONGPASS|NOAUTH|NOPERM|invalid password|invalid username/i, PingCode.REFUSED],
  [/LOADING|BUSY\b/, PingCode.LOADING],
  [/CLUSTERDOWN|MASTERDOWN|NOREPLICAS/, PingCode.CLUSTER_DOWN],
  [/CLIENT_CLOSED/, PingCode.CLOSED],
  [/TIMEOUT/, PingCode.TIMEOUT],
  [
    /CONNECT_FAILED|CONNECTION_LOST|CONNECTION_CLOSED|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOENT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|SILENT|DESYNC/,
    PingCode.UNREACHABLE,
  ],
];

/** 0 when every primary answers, else what is wrong. Rejects with AbortError and ConfigError only. */
export async function pingPrimaries(client: SlotClient, options: CallOptions | undefined): Promise<PingCode> {
  try {
    await client.askPrimaries("ping", ["PING"], options);
    return PingCode.OK;
  } catch (error) {
    if (error instanceof AbortError || error instanceof ConfigError) throw error;
    return pingCodeOf(error);
  }
}

/** The number for why a ping failed. */
function pingCodeOf(error: unknown): PingCode {
  const text = [...tellingTexts(error, 0)].join("\n");
  return RULES.find(([pattern]) => pattern.test(text))?.[1] ?? PingCode.FAILED;
}

function* tellingTexts(error: unknown, depth: number): Generator<string> {
  if (!(error instanceof Error) || depth > 4) return;
  const { code, errors = [] } = error as { code?: unknown; errors?: readonly unknown[] };
  yield `${typeof code === "string" ? code : ""} ${error.message}`;
  yield* tellingTexts(error.cause, depth + 1);
  for (const one of errors) yield* tellingTexts(one, depth + 1);
}
