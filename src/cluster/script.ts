import { createHash } from "node:crypto";
import type { Key } from "../bytes/key.ts";
import type { Reply } from "../bytes/reply.ts";
import { BatchError, ServerError, type SlotpackError } from "../errors.ts";
import type { CommandArgument } from "./encode-command.ts";
import { type CallOptions, resolveTimeout } from "./options.ts";
import type { SlotClient } from "./slot-client.ts";

/** One run of a script. */
export interface ScriptRun {
  /** All in one slot where the servers are a cluster. */
  readonly keys: readonly Key[];
  readonly args: readonly CommandArgument[];
}

/**
 * A Lua script, run on many keys with one packed write per node. Runs go as EVALSHA; those that a server answers with NOSCRIPT (it was restarted, or
 * a replica that never ran it was promoted) did not run, and go again as EVAL, once, in a second packed write.
 */
export class Script {
  readonly source: string;
  readonly sha1: string;

  constructor(source: string) {
    this.source = source;
    this.sha1 = createHash("sha1").update(source).digest("hex");
  }

  /** Outcomes at the caller's index; rejects only on abort and bad input. One deadline for both writes. */
  async runSettled(
    client: SlotClient,
    runs: readonly ScriptRun[],
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Reply>[]> {
    if (runs.length === 0) return [];
    const began = performance.now();
    const outcomes = await exec(client, "EVALSHA", this.sha1, runs, options);
    const unknown = outcomes.flatMap((outcome, i) => (isUnknownScript(outcome) ? [i] : []));
    if (unknown.length === 0) return outcomes;
    const timeoutMs = resolveTimeout(options, client.batchDefaults.options);
    const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - began)));
    const again = unknown.map((i) => runs[i]!);
    const second = await exec(client, "EVAL", this.source, again, { ...options, timeoutMs: left });
    for (const [i, outcome] of second.entries()) outcomes[unknown[i]!] = atIndex(outcome, unknown[i]!);
    return outcomes;
  }

  /** Replies at the caller's index; rejects with BatchError, whose `results` hold every outcome, when part of them failed. */
  async run(client: SlotClient, runs: readonly ScriptRun[], options?: CallOptions): Promise<Reply[]> {
    return valuesOf("script", await this.runSettled(client, runs, options));
  }
}

/** The values of outcomes that are all fulfilled; throws BatchError otherwise. */
export function valuesOf<T>(what: string, outcomes: PromiseSettledResult<T>[]): T[] {
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed.length === 0) return outcomes.map((outcome) => (outcome as { value: T }).value);
  const { code, message, node, slot, keyIndex } = failed[0]!.reason as SlotpackError;
  const count = `${failed.length} of ${outcomes.length}`;
  throw new BatchError(code, `${what}: ${count} items failed, the first with ${message}`, outcomes, {
    cause: failed[0]!.reason,
    node,
    slot,
    keyIndex,
  });
}

function exec(
  client: SlotClient,
  command: "EVAL" | "EVALSHA",
  script: string,
  runs: readonly ScriptRun[],
  options: CallOptions | undefined,
): Promise<PromiseSettledResult<Reply>[]> {
  const batch = client.batch();
  for (const { keys, args } of runs) batch.call(command, script, keys.length, ...keys, ...args);
  return batch.exec(options);
}

function isUnknownScript(outcome: PromiseSettledResult<Reply>): boolean {
  if (outcome.status === "fulfilled") return false;
  return outcome.reason instanceof ServerError && outcome.reason.code === "NOSCRIPT";
}

/** An error of the second write tells the caller's own index. */
function atIndex(outcome: PromiseSettledResult<Reply>, keyIndex: number): PromiseSettledResult<Reply> {
  if (outcome.status === "fulfilled") return outcome;
  const { code, message, node, slot, cause } = outcome.reason as SlotpackError;
  const ErrorClass = outcome.reason.constructor as typeof SlotpackError;
  return {
    status: "rejected",
    reason: new ErrorClass(code, message, { node, slot, keyIndex, cause }),
  };
}
