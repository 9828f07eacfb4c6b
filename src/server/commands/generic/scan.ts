import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { INVALID_CURSOR, SYNTAX_ERROR } from "../../errors-text.ts";
import { globMatch } from "../../glob.ts";
import { numberArgument } from "../number-argument.ts";

const DEFAULT_COUNT = 10;
const LARGEST_CURSOR = 2n ** 64n - 1n;

export interface ScanOptions {
  readonly count: number;
  /** Undefined: everything matches. */
  readonly pattern: string | undefined;
  readonly type: string | undefined;
}

/** SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] */
export function scan(call: Call): void {
  const { db, reply } = call;
  const cursor = parseCursor(call.arg(1));
  const { count, pattern, type } = parseScanOptions(call, 2, true);
  const step = db.scan(cursor, count);
  const keys = step.keys.filter((key) => {
    if (pattern !== undefined && !globMatch(pattern, key)) return false;
    if (type !== undefined && db.typeOf(key) !== type) return false;
    return !db.expireIfNeeded(key);
  });
  reply.array(2);
  reply.bulk(String(step.cursor));
  reply.bulks(keys);
}

/** A cursor of any of the SCAN commands. The server reads it as C's strtoul does; only its low 32 bits are ever in use here. */
export function parseCursor(text: string): number {
  if (!/^[+-]?\d*$/.test(text) || /^[+-]$/.test(text)) throw new CommandError(INVALID_CURSOR);
  const value = text === "" ? 0n : BigInt(text.replace("+", ""));
  if (value > LARGEST_CURSOR || value < -LARGEST_CURSOR) throw new CommandError(INVALID_CURSOR);
  return Number(BigInt.asUintN(32, value));
}

/** The options from argument `first` on; `withType` for SCAN itself. */
export function parseScanOptions(call: Call, first: number, withType: boolean): ScanOptions {
  const { length } = call.args;
  let count = DEFAULT_COUNT;
  let pattern: string | undefined;
  let type: string | undefined;
  for (let index = first; index < length; index += 2) {
    const word = call.word(index);
    if (index + 1 === length) throw new CommandError(SYNTAX_ERROR);
    if (word === "count") {
      count = numberArgument(call, index + 1);
      if (count < 1) throw new CommandError(SYNTAX_ERROR);
    } else if (word === "match") pattern = call.arg(index + 1);
    else if (word === "type" && withType) type = call.word(index + 1);
    else throw new CommandError(SYNTAX_ERROR);
  }
  return { count, pattern: pattern === "*" ? undefined : pattern, type };
}
