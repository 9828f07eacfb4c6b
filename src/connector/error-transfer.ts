import {
  AbortError,
  BatchError,
  ConfigError,
  NotAppliedError,
  OutcomeUnknownError,
  ServerError,
  SlotpackError,
  TimeoutError,
} from "../errors.ts";

/** An error as it crosses a thread, which would make a plain Error of it. */
export interface PlainError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly node: string | undefined;
  readonly slot: number | undefined;
  readonly option: string | undefined;
  readonly cause: PlainError | undefined;
}

const CLASSES = { SlotpackError, ServerError, NotAppliedError, OutcomeUnknownError, ConfigError };
const BATCH_CLASSES = { BatchError, TimeoutError, AbortError };
/** Causes of causes beyond this are left out. */
const MAX_DEPTH = 8;

export function toPlainError(error: unknown, depth: number = 0): PlainError {
  const { name, message, code, node, slot, option, cause } = (error ?? {}) as Record<string, unknown>;
  return {
    name: String(name ?? "Error"),
    code: typeof code === "string" ? code : "UNEXPECTED",
    message: String(message ?? error),
    node: typeof node === "string" ? node : undefined,
    slot: typeof slot === "number" ? slot : undefined,
    option: typeof option === "string" ? option : undefined,
    cause: cause === undefined || depth === MAX_DEPTH ? undefined : toPlainError(cause, depth + 1),
  };
}

/** An error of the same class and code; one that was none of slotpack's becomes an Error with the code. */
export function fromPlainError({ name, code, message, cause, ...place }: PlainError): Error {
  const origin = cause === undefined ? {} : { cause: fromPlainError(cause) };
  const where = { ...place, ...origin };
  if (Object.hasOwn(CLASSES, name)) return new CLASSES[name as keyof typeof CLASSES](code, message, where);
  if (Object.hasOwn(BATCH_CLASSES, name))
    return new BATCH_CLASSES[name as keyof typeof BATCH_CLASSES](code, message, [], where);
  return Object.assign(new Error(message, origin), { code });
}
