import type { Call } from "../../call.ts";
import type { Blocked } from "../../client.ts";
import { CommandError } from "../../command-error.ts";
import { TIMEOUT_NEGATIVE, TIMEOUT_NOT_AN_INTEGER, TIMEOUT_OUT_OF_RANGE } from "../../errors-text.ts";
import { addInt64, parseInt64 } from "../../protocol/int64.ts";
import { numberArgument } from "../number-argument.ts";

const ON_REPLICA =
  "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be " +
  "writable (which is not the default) writes to replicas are just local and are not propagated.";

const UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
/** Of Node's timers, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** WAIT numreplicas timeout: milliseconds, 0 for ever. */
export function wait(call: Call): void | Promise<void> {
  const { client, node, reply } = call;
  if (node.replica) throw new CommandError(ON_REPLICA);
  const wanted = numberArgument(call, 1);
  const timeoutMs = timeout(call);
  const acknowledged = (): number => node.hooks.acknowledged.reduce((count, hook) => count + hook(client), 0);
  if (acknowledged() >= wanted || client.denyBlocking || node.inExec) {
    reply.integer(acknowledged());
    return;
  }
  return new Promise((resolve) => {
    const end = (answer: () => void): void => {
      if (client.blocked !== blocked) return;
      client.blocked = undefined;
      timer?.cancel();
      answer();
      resolve();
    };
    const count = (): void => reply.integer(acknowledged());
    const blocked: Blocked = {
      unblock: (how) => end(how === "timeout" ? count : () => reply.error(UNBLOCKED)),
      replicaAcknowledged: () => {
        if (acknowledged() >= wanted) end(count);
      },
    };
    const timer =
      timeoutMs > 0 ? node.clock.after(Math.min(timeoutMs, LONGEST_TIMER), () => end(count)) : undefined;
    client.blocked = blocked;
  });
}

function timeout(call: Call): number {
  const given = parseInt64(call.args[2] as string);
  if (given === undefined) throw new CommandError(TIMEOUT_NOT_AN_INTEGER);
  if (given < 0) throw new CommandError(TIMEOUT_NEGATIVE);
  if (addInt64(given, call.now) === undefined) throw new CommandError(TIMEOUT_OUT_OF_RANGE);
  return Number(given);
}
