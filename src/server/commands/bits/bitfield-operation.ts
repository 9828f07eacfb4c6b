import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { SYNTAX_ERROR } from "../../errors-text.ts";
import { type Int64, parseInt64 } from "../../protocol/int64.ts";
import { int64Argument } from "../number-argument.ts";
import { bitOffset } from "./bit-offset.ts";

export type Overflow = "wrap" | "sat" | "fail";

/** One operation of BITFIELD: on a field of `width` bits from bit `offset` on. */
export interface BitfieldOperation {
  readonly kind: "get" | "set" | "incrby";
  readonly signed: boolean;
  readonly width: number;
  readonly offset: number;
  readonly operand: Int64;
  readonly overflow: Overflow;
}

/** All operations of the arguments; throws before any has an effect. */
export function parseBitfield(call: Call): BitfieldOperation[] {
  const { length } = call.args;
  const operations: BitfieldOperation[] = [];
  let overflow: Overflow = "wrap";
  let index = 2;
  while (index < length) {
    const word = call.word(index);
    const more = length - index - 1;
    if (word === "overflow" && more >= 1) {
      overflow = parseOverflow(call.word(index + 1));
      index += 2;
    } else if ((word === "get" && more >= 2) || ((word === "set" || word === "incrby") && more >= 3)) {
      const { signed, width } = parseType(call.arg(index + 1));
      const offset = bitOffset(call, index + 2, width);
      const operand = word === "get" ? 0 : int64Argument(call, index + 3);
      operations.push({ kind: word, signed, width, offset, operand, overflow });
      index += word === "get" ? 3 : 4;
    } else throw new CommandError(SYNTAX_ERROR);
  }
  return operations;
}

function parseOverflow(word: string): Overflow {
  if (word === "wrap" || word === "sat" || word === "fail") return word;
  throw new CommandError("ERR Invalid OVERFLOW type specified");
}

function parseType(text: string): { signed: boolean; width: number } {
  const signed = text.startsWith("i");
  const width = signed || text.startsWith("u") ? parseInt64(text.slice(1)) : undefined;
  if (width === undefined || width < 1 || width > (signed ? 64 : 63)) {
    throw new CommandError(
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
    );
  }
  return { signed, width: Number(width) };
}
