import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { invalidExpire, SYNTAX_ERROR } from "../../errors-text.ts";
import { addInt64, checkedInt64, type Int64 } from "../../protocol/int64.ts";
import { int64Argument } from "../number-argument.ts";

/** Bits of what SET and GETEX were asked for. */
export const OPTION = {
  nx: 1,
  xx: 2,
  get: 4,
  keepTtl: 8,
  persist: 16,
  ex: 32,
  px: 64,
  exat: 128,
  pxat: 256,
} as const;

/** Any of the four that bring a time. */
export const TIMED: number = OPTION.ex | OPTION.px | OPTION.exat | OPTION.pxat;

const RELATIVE = OPTION.ex | OPTION.px;
const SECONDS = OPTION.ex | OPTION.exat;
const ANY_TTL = TIMED | OPTION.keepTtl | OPTION.persist;

interface OptionRule {
  readonly bit: number;
  /** Bits that must not have been given. */
  readonly excludes: number;
  readonly timed?: boolean;
}

/** Where the same option twice is allowed, the last one counts; source: parseExtendedStringArgumentsOrReply. */
const COMMON: Readonly<Record<string, OptionRule>> = {
  ex: { bit: OPTION.ex, excludes: ANY_TTL & ~OPTION.ex, timed: true },
  px: { bit: OPTION.px, excludes: ANY_TTL & ~OPTION.px, timed: true },
  exat: { bit: OPTION.exat, excludes: ANY_TTL & ~OPTION.exat, timed: true },
  pxat: { bit: OPTION.pxat, excludes: ANY_TTL & ~OPTION.pxat, timed: true },
};

const SET_RULES: ReadonlyMap<string, OptionRule> = new Map(
  Object.entries({
    ...COMMON,
    nx: { bit: OPTION.nx, excludes: OPTION.xx },
    xx: { bit: OPTION.xx, excludes: OPTION.nx },
    get: { bit: OPTION.get, excludes: 0 },
    keepttl: { bit: OPTION.keepTtl, excludes: TIMED | OPTION.persist },
  }),
);

const GETEX_RULES: ReadonlyMap<string, OptionRule> = new Map(
  Object.entries({
    ...COMMON,
    persist: { bit: OPTION.persist, excludes: TIMED | OPTION.keepTtl },
  }),
);

/** The options from argument `first` on: their bits, and above them (`timeIndex`) which argument holds the time. */
export function parseOptions(call: Call, first: number, command: "set" | "getex"): number {
  const rules = command === "set" ? SET_RULES : GETEX_RULES;
  const { length } = call.args;
  let bits = 0;
  let time = 0;
  for (let index = first; index < length; index += 1) {
    const rule = rules.get(call.word(index));
    if (rule === undefined || (bits & rule.excludes) !== 0) throw new CommandError(SYNTAX_ERROR);
    bits |= rule.bit;
    if (!rule.timed) continue;
    index += 1;
    if (index === length) throw new CommandError(SYNTAX_ERROR);
    time = index;
  }
  return bits | (time << 10);
}

export function timeIndex(options: number): number {
  return options >> 10;
}

/** The time in an argument as milliseconds since 1970; `options` says its unit and whether it counts from now. */
export function expiryTime(call: Call, index: number, options: number): Int64 {
  const given = int64Argument(call, index);
  const ms = (options & SECONDS) !== 0 ? seconds(given) : given;
  const time = ms !== undefined && (options & RELATIVE) !== 0 ? addInt64(ms, call.now) : ms;
  if (given <= 0 || time === undefined) throw new CommandError(invalidExpire(call.entry.name));
  return time;
}

function seconds(given: Int64): Int64 | undefined {
  const ms = Number(given) * 1000;
  return Number.isSafeInteger(ms) ? ms : checkedInt64(BigInt(given) * 1000n);
}
