import { ConfigError, ServerError, SlotpackError } from "../../errors.ts";
import { ConfigRefusal } from "../config/parameter.ts";
import { RdbError } from "../rdb/rdb-reader.ts";

/** An error on its way between threads, where classes and fields of their own would be lost. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** What Node and slotpack add: `code`, `syscall`, `port`, `option`, … */
  readonly fields: Readonly<Record<string, string | number>>;
}

const OURS = { SlotpackError, ConfigError, ServerError } as const;
const CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  RangeError,
  TypeError,
  ConfigRefusal,
  RdbError,
};

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
  const { code, node, option, slot } = fields;
  const Ours = OURS[name as keyof typeof OURS];
  const error =
    Ours === undefined
      ? new (CLASSES[name] ?? Error)(message)
      : new Ours(String(code), message, {
          node: node?.toString(),
          option: option?.toString(),
          slot: slot === undefined ? undefined : Number(slot),
        });
  const { name: _, ...others } = fields;
  Object.assign(error, others);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true });
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, configurable: true });
  return error;
}
