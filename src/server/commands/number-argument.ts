import type { Call } from "../call.ts";
import { CommandError } from "../command-error.ts";
import { NOT_AN_INTEGER } from "../errors-text.ts";
import { type Int64, parseInt64 } from "../protocol/int64.ts";

const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

/** The argument as a 64-bit integer; throws what the server answers where it is none. */
export function int64Argument(call: Call, index: number): Int64 {
  const value = parseInt64(call.args[index] as string);
  if (value === undefined) throw new CommandError(NOT_AN_INTEGER);
  return value;
}

/** For positions and counts, where a double is as good: beyond 2^53 it is rounded. */
export function numberArgument(call: Call, index: number): number {
  return Number(int64Argument(call, index));
}

/** The argument as a C `int`; `message` for all that is none. */
export function intArgument(call: Call, index: number, message?: string): number {
  const value = parseInt64(call.args[index] as string);
  if (value === undefined) throw new CommandError(message ?? NOT_AN_INTEGER);
  if (value < INT_MIN || value > INT_MAX) {
    throw new CommandError(
      message ?? `ERR value is out of range, value must between ${INT_MIN} and ${INT_MAX}`,
    );
  }
  return Number(value);
}
