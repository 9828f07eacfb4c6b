import { untilZero } from "../errors-text.ts";
import { parseLong } from "../protocol/integer.ts";
import { ConfigRefusal, type ConfigValue, type Parameter, type ParameterTraits } from "./parameter.ts";

export const INT_MAX = 2147483647n;
export const UINT_MAX = 4294967295n;
export const LONG_MAX = 9223372036854775807n;
export const ULONG_MAX = 18446744073709551615n;

const UNITS: Record<string, bigint> = {
  "": 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n,
};

export function onOff(name: string, fallback: "yes" | "no", traits: ParameterTraits = {}): Parameter {
  return {
    name,
    fallback,
    ...traits,
    parse(text) {
      const word = text.toLowerCase();
      if (word !== "yes" && word !== "no") throw new ConfigRefusal("argument must be 'yes' or 'no'");
      return { text: word, number: word === "yes" ? 1 : 0 };
    },
  };
}

export function text(name: string, fallback: string, traits: ParameterTraits = {}): Parameter {
  return { name, fallback, ...traits, parse: (value) => ({ text: value, number: 0 }) };
}

/** One of `words`, or several where the trait `words` is set (sorted as the list is, from its end). */
export function choice(
  name: string,
  fallback: string,
  words: readonly string[],
  traits: ParameterTraits = {},
): Parameter {
  return {
    name,
    fallback,
    ...traits,
    parse(value) {
      const given = (traits.words ? value.split(" ") : [value]).map((word) => word.toLowerCase());
      if (given.some((word) => !words.includes(word))) {
        throw new ConfigRefusal(`argument(s) must be one of the following: ${words.join(", ")}`);
      }
      if (given.includes("save") && given.includes("nosave")) {
        throw new ConfigRefusal("shutdown options SAVE and NOSAVE can't be used simultaneously");
      }
      const kept = words.filter((word) => given.includes(word));
      const shown = kept.length > 1 ? kept.filter((word) => word !== "default") : kept;
      return { text: shown.join(" "), number: 0 };
    },
  };
}

/** `check` gives the normal form, or throws a ConfigRefusal. */
export function special(
  name: string,
  fallback: string,
  check: (value: string, before: string) => string,
  traits: ParameterTraits = {},
): Parameter {
  return { name, fallback, ...traits, parse: (value, before) => ({ text: check(value, before), number: 0 }) };
}

type NumberParser = (value: string) => bigint | undefined;

function numeric(
  name: string,
  fallback: number,
  [low, high]: readonly [bigint, bigint],
  traits: ParameterTraits,
  parse: NumberParser,
  refusal: string,
  show: (value: bigint) => string = String,
): Parameter {
  return {
    name,
    fallback: show(BigInt(fallback)),
    ...traits,
    parse(value): ConfigValue {
      const number = parse(value);
      if (number === undefined) throw new ConfigRefusal(refusal);
      if (number < 0n && low === -100n && number < low) {
        throw new ConfigRefusal("percentage argument must be less or equal to 100");
      }
      if (number < low || number > high) {
        throw new ConfigRefusal(`argument must be between ${show(low)} and ${show(high)} inclusive`);
      }
      return { text: show(number), number: Number(number) };
    },
  };
}

export function integer(
  name: string,
  fallback: number,
  low: bigint,
  high: bigint,
  traits: ParameterTraits = {},
): Parameter {
  const refusal = "argument couldn't be parsed into an integer";
  return numeric(name, fallback, [low, high], traits, parseLong, refusal);
}

export function memory(
  name: string,
  fallback: number,
  low: bigint,
  high: bigint,
  traits: ParameterTraits = {},
): Parameter {
  return numeric(name, fallback, [low, high], traits, memorySize, "argument must be a memory value");
}

export function memoryOrPercent(
  name: string,
  fallback: number,
  low: bigint,
  high: bigint,
  traits: ParameterTraits = {},
): Parameter {
  return numeric(
    name,
    fallback,
    [low, high],
    traits,
    (value) => memorySize(value) ?? (/^\d+%$/.test(value) ? -BigInt(value.slice(0, -1)) : undefined),
    "argument must be a memory or percent value",
    (value) => (value < 0n ? `${-value}%` : String(value)),
  );
}

export function octal(
  name: string,
  fallback: number,
  low: bigint,
  high: bigint,
  traits: ParameterTraits = {},
): Parameter {
  return numeric(
    name,
    fallback,
    [low, high],
    traits,
    (value) => (/^[0-7]+$/.test(value) ? BigInt(`0o${value}`) : undefined),
    "argument couldn't be parsed as an octal number",
    (value) => value.toString(8),
  );
}

/** `100`, `100k` (1000 each), `100kb` (1024 each), … in bytes. */
export function memorySize(value: string): bigint | undefined {
  const match = /^(\d*)([a-z]*)$/i.exec(untilZero(value));
  const unit = UNITS[(match?.[2] ?? "?").toLowerCase()];
  if (!match || unit === undefined) return undefined;
  // As strtoull reads it, and then as C multiplies.
  const digits = BigInt(match[1] || "0");
  return BigInt.asUintN(64, (digits < 2n ** 64n ? digits : 2n ** 64n - 1n) * unit);
}
