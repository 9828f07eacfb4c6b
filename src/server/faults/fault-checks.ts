import {
  ANY_TEXT,
  type Check,
  type Checks,
  checkArgument,
  checkOptions,
  either,
  FUNCTION,
  listOf,
  TEXT,
  wholeNumber,
} from "../option-check.ts";

import type { CommandFaultOptions, Split } from "./fault-options.ts";

const TIMES: Check = {
  expected: "a whole number from 1, or Infinity",
  holds: (value) => value === Number.POSITIVE_INFINITY || wholeNumber(1).holds(value),
};
const PROBABILITY: Check = {
  expected: "a number from 0 to 1",
  holds: (value) => typeof value === "number" && value >= 0 && value <= 1,
};
const DELAY: Check = {
  expected: "a number of milliseconds from 0",
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};
const LATENCY: Check = {
  expected: `${DELAY.expected}, or the least and the most`,
  holds: (value) =>
    DELAY.holds(value) ||
    (Array.isArray(value) && value.length === 2 && value.every(DELAY.holds) && value[0] <= value[1]),
};
const DIRECTION: Check = {
  expected: '"replies", "requests" or "both"',
  holds: (value) => value === "replies" || value === "requests" || value === "both",
};
const CONNECTION_CHECKS = { where: FUNCTION };
const COMMAND_CHECKS = {
  ...CONNECTION_CHECKS,
  command: either(TEXT, listOf(TEXT)),
  skip: wholeNumber(0),
  times: TIMES,
  probability: PROBABILITY,
} satisfies Checks<CommandFaultOptions>;
const STREAM_CHECKS = { ...CONNECTION_CHECKS, direction: DIRECTION };

/** Each throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_ARGUMENT`. */
export const faultChecks = {
  command: (what: string, options: object): void => checkOptions(what, options, COMMAND_CHECKS),
  reply: (what: string, options: object): void =>
    checkOptions(what, options, { ...COMMAND_CHECKS, reply: ANY_TEXT }),
  stream: (what: string, options: object): void => checkOptions(what, options, STREAM_CHECKS),
  connection: (what: string, options: object): void => checkOptions(what, options, CONNECTION_CHECKS),
  latency: (ms: unknown): void => checkArgument("latency", "ms", LATENCY, ms),
  error: (text: unknown): void => checkArgument("error", "text", TEXT, text),
  split: (split: Split): void =>
    checkOptions("split", split, { every: wholeNumber(1), at: listOf(wholeNumber(0)), upTo: wholeNumber(1) }),
  closeAfter: (limit: { readonly bytes?: number }, options: object): void => {
    checkOptions("closeAfter", limit, { bytes: wholeNumber(0), commands: wholeNumber(1), reply: REPLY });
    const { skip: _skip, ...commandChecks } = COMMAND_CHECKS;
    if (limit.bytes === undefined) checkOptions("closeAfter", options, commandChecks);
    else checkOptions("closeAfter", options, { ...STREAM_CHECKS, times: TIMES });
  },
};

const REPLY: Check = {
  expected: '"sent" or "lost"',
  holds: (value) => value === "sent" || value === "lost",
};
