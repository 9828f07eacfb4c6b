import type { Reply } from "../bytes/reply.ts";
import { AbortError, ConfigError, ServerError, TimeoutError } from "../errors.ts";
import { checkSignal } from "./call.ts";
import { beforeDeadline } from "./deadline.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import {
  badOption,
  type CallOptions,
  checkCallOptions,
  type ResolvedOptions,
  resolveTimeout,
} from "./options.ts";
import { query } from "./query.ts";
import { judgeReply } from "./redirect.ts";
import { backoffMs } from "./retry-policy.ts";

export interface ScanOptions extends CallOptions {
  /** Hint to the server, keys looked at in one step. Default 1,000. */
  count?: number | undefined;
}

interface ScanHost {
  /** Waits for the connection; rejects once the client is closed. */
  network(options: CallOptions): Promise<Network>;
  readonly options: ResolvedOptions;
}

/**
 * SCAN on every primary, one after another, those included that join meanwhile. The deadline and the signal hold for each step; a step
 * whose reply is lost is asked again, since a cursor outlives its connection.
 */
export async function* scanKeys(
  host: ScanHost,
  pattern: string,
  options: ScanOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  if (typeof pattern !== "string")
    throw new ConfigError("BAD_ARGUMENT", "pattern: expected a string", { option: "pattern" });
  checkCallOptions(options, "count");
  const { count = 1000 } = options;
  if (!Number.isSafeInteger(count) || count < 1) throw badOption("count", "a whole number from 1", count);
  resolveTimeout(options, host.options);
  const { keyPrefix } = host.options;
  const prefixLength = Buffer.byteLength(keyPrefix);
  const rest = ["MATCH", escapeGlob(keyPrefix) + pattern, "COUNT", String(count)];
  const visited = new Set<NodeLink>();
  for (;;) {
    const { links } = (await host.network(options)).route();
    const link = links.find((candidate) => !visited.has(candidate));
    if (link === undefined) return;
    visited.add(link);
    let cursor = "0";
    do {
      const reply = await scanStep(host, link, ["SCAN", cursor, ...rest], options);
      if (reply === undefined) break;
      cursor = String(reply[0]);
      for (const key of reply[1]) yield (key as Buffer).subarray(prefixLength);
    } while (cursor !== "0");
  }
}

/** Cursor and keys; undefined when the node is no primary any more. */
async function scanStep(
  host: ScanHost,
  link: NodeLink,
  command: readonly string[],
  options: ScanOptions,
): Promise<[Reply, Reply[]] | undefined> {
  const timeoutMs = resolveTimeout(options, host.options);
  const until = performance.now() + timeoutMs;
  let cause: unknown;
  for (let attempt = 1; ; attempt++) {
    const network = await host.network(options);
    if (!network.route().links.includes(link)) return undefined;
    const signal = checkSignal("scan", options, 0);
    const leftMs = until - performance.now();
    if (leftMs <= 0)
      throw new TimeoutError("TIMEOUT", `scan: no answer of ${link.name} within ${timeoutMs} ms`, [], {
        cause,
      });
    const work = query(network.inLane(link), command, leftMs).catch((error: Error) => {
      if (error instanceof ServerError && judgeReply(error, network.addressOf(link)).kind !== "wait")
        throw error;
      cause = error;
    });
    const asked = await beforeDeadline(work, leftMs, signal);
    if (asked.end === "aborted")
      throw new AbortError("ABORTED", "scan: aborted", [], { cause: signal!.reason });
    if (asked.end === "complete" && asked.value !== undefined) return asked.value as [Reply, Reply[]];
    const pause = Math.min(backoffMs(attempt, Math.random()), Math.max(0, until - performance.now()));
    await beforeDeadline(new Promise(() => {}), pause, signal);
  }
}

/** Text that a glob takes literally. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}
