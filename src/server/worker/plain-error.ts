import { ConfigError, ServerError, SlotpackError } from "../../errors.ts";

/** An error on its way between threads, where classes and fields of their own would be lost. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** What Node and slotpack add: `code`, `syscall`, `port`, `option`, … */
  readonly fields: Readonly<Record<string, string | number>>;
}

const OWN = { ConfigError, ServerError, SlotpackError };
const BUILT_IN = { RangeError, TypeError };

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: undefined, fields: {} };
  }
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(error)) {
    if (typeof value === "string" || typeof value === "number") fields[name] = value;
  }
  return { name: error.name, message: error.message, stack: error.stack, fields };
}

/** The error as the other thread threw it, with its stack there. */
export function fromPlainError({ name, message, stack, fields }: PlainError): Error {
  const error = Object.hasOwn(OWN, name)
    ? new OWN[name as keyof typeof OWN](String(fields.code), message)
    : new (BUILT_IN[name as keyof typeof BUILT_IN] ?? Error)(message);
  Object.assign(error, fields);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true });
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, configurable: true });
  return error;
}
