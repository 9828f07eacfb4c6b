import type { ReplyError } from "../bytes/reply.ts";
import { type ErrorPlace, NotAppliedError, OutcomeUnknownError, type SlotpackError } from "../errors.ts";
import type { PacketFailure } from "./packet.ts";
import type { Effect } from "./retry-policy.ts";

/** Why a call ends before its items do. */
export interface Interruption {
  readonly code: "TIMEOUT" | "ABORTED";
  readonly message: string;
  readonly cause?: unknown;
}

/** The outcome of an item that was pending when its call was interrupted; `written`: its bytes had gone to a socket. */
export function interruptedError(
  { code, message, cause }: Interruption,
  written: boolean,
  effect: Effect,
  place: ErrorPlace,
): SlotpackError {
  const ErrorClass = written && effect !== "read" ? OutcomeUnknownError : NotAppliedError;
  return new ErrorClass(code, message, { ...place, cause: place.cause ?? cause });
}

/** The outcome of an item that was written and is not sent again after its reply was lost. */
export function lostError(
  { kind, cause, node }: PacketFailure,
  effect: Effect,
  place: ErrorPlace,
): SlotpackError {
  const { code = kind === "desync" ? "DESYNC" : "CONNECTION_LOST" } = cause as { code?: string };
  if (effect === "read") return new NotAppliedError(code, cause.message, { ...place, cause });
  const message = `the connection to ${node} was lost before the reply: ${cause.message}`;
  return new OutcomeUnknownError(code, message, { ...place, cause });
}

/** An error reply as a cause. */
export function replyCause(error: ReplyError): Error {
  return Object.assign(new Error(error.message), { code: error.code });
}
