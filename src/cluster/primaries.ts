import type { Reply } from "../bytes/reply.ts";
import { AbortError, TimeoutError } from "../errors.ts";
import { checkSignal } from "./call.ts";
import { beforeDeadline } from "./deadline.ts";
import type { Network } from "./network.ts";
import { type CallOptions, checkCallOptions, type ResolvedOptions, resolveTimeout } from "./options.ts";
import { query } from "./query.ts";

interface PrimariesHost {
  /** Waits for the connection; rejects once the client is closed. */
  network(options: CallOptions): Promise<Network>;
  readonly options: ResolvedOptions;
}

/** One command to every primary, with neither redirect nor retry. Rejects with the first failure. */
export async function askPrimaries(
  what: string,
  { network, options: resolved }: PrimariesHost,
  command: readonly string[],
  options: CallOptions = {},
): Promise<Reply[]> {
  checkCallOptions(options);
  const signal = checkSignal(what, options, 0);
  const until = performance.now() + resolveTimeout(options, resolved);
  const { links } = (await network(options)).route();
  const leftMs = Math.max(1, Math.ceil(until - performance.now()));
  const work = Promise.all(links.map((link) => query(link, command, leftMs)));
  const asked = await beforeDeadline(work, leftMs + 1, signal);
  if (asked.end === "complete") return asked.value;
  work.catch(() => {});
  if (asked.end === "aborted")
    throw new AbortError("ABORTED", `${what}: aborted`, [], { cause: signal!.reason });
  throw new TimeoutError("TIMEOUT", `${what}: no answer in time`, []);
}
