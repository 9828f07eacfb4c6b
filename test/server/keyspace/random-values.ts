import type { Draw } from "../draw.ts";

const INTEGERS = [
  "0",
  "1",
  "-1",
  "7",
  "10",
  "99",
  "9999",
  "10000",
  "12345678901",
  "2147483647",
  "-2147483649",
  "9007199254740991",
  "9007199254740993",
  "-9007199254740993",
  "9223372036854775806",
  "9223372036854775807",
  "-9223372036854775808",
  "9223372036854775808",
  "-9223372036854775809",
  "-0",
  "+1",
  "01",
  " 1",
  "1 ",
  "",
  "abc",
  "1.5",
  "99999999999999999999",
] as const;

const FLOATS = [
  "0.1",
  "-0.1",
  "3.0e3",
  "1e-5",
  "5.0e-17",
  "1e17",
  "123456789.987654321",
  "-1.5",
  "0.30000000000000004",
  "1e300",
  "1e4932",
  "1e5000",
  "1e-5000",
  "nan",
  "inf",
  "-inf",
  "0x1p-3",
  "0x1.8",
  ".5",
  "5.",
  "1e",
  "--1",
  "3.141592653589793238462643",
  "10.5",
  "200",
  "1.7976931348623157e308",
  "-0",
  "1e-20",
  "17179869184.1",
  "99999999999999999.5",
] as const;

/** Times that stay what they are: far away, or long ago. */
export const ABSOLUTE_SECONDS = [
  "33177117420",
  "40000000000",
  "1",
  "1000000000",
  "9223372036854775",
  "9223372036854776",
] as const;
export const ABSOLUTE_MILLISECONDS = [
  "33177117420000",
  "40000000000000",
  "1",
  "1000000000000",
  "9223372036854775807",
  "9007199254740993",
  "9223372036854775000",
] as const;
/** Long enough that it does not matter when within a test they were set. */
export const RELATIVE = [
  "100000",
  "2000000",
  "0",
  "-1",
  "9223372036854775807",
  "9223372036854775",
  "9223370000000000000",
  "x",
  "1.0",
] as const;

export class RandomValues {
  readonly #draw: Draw;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  key(): string {
    return this.#draw.pick([
      "a",
      "b",
      "c",
      "d",
      "e",
      "f",
      "{t}1",
      "{t}2",
      "",
      "k\xff\x00",
      "list*[x]",
      "n1",
      "n2",
    ]);
  }

  keys(least: number, most: number): string[] {
    return Array.from({ length: least + this.#draw.integer(most - least + 1) }, () => this.key());
  }

  integer(): string {
    const draw = this.#draw;
    return draw.chance(0.5) ? String(draw.integer(200) - 100) : draw.pick(INTEGERS);
  }

  float(): string {
    const draw = this.#draw;
    if (draw.chance(0.3)) return String((draw.fraction() - 0.5) * 10 ** draw.integer(20));
    if (draw.chance(0.2)) return `${draw.integer(1e9)}.${draw.integer(1e9)}e${draw.integer(40) - 20}`;
    return draw.chance(0.3) ? this.integer() : draw.pick(FLOATS);
  }

  value(): string {
    const draw = this.#draw;
    switch (draw.integer(6)) {
      case 0:
        return this.integer();
      case 1:
        return this.float();
      case 2:
        return draw.bytes(draw.integer(12));
      case 3:
        return draw.pick(["foobar", "hello world", "ohmytext", "mynewtext", "\x00\x00\x01", "\xff\xf0\x00"]);
      case 4:
        return draw.pick(["x", "ab", "\xff", "\x00"]).repeat(draw.pick([0, 3, 20, 21, 43, 44, 45, 60]));
      default:
        // Across the limit of long values, seldom.
        return draw.chance(0.05) ? "long".repeat(8000 + draw.integer(500)) : "mid".repeat(draw.integer(100));
    }
  }

  offset(): string {
    const draw = this.#draw;
    return draw.chance(0.85) ? String(draw.integer(80) - 20) : this.integer();
  }

  bitOffset(): string {
    const draw = this.#draw;
    if (draw.chance(0.9)) return String(draw.integer(draw.pick([8, 64, 500])));
    return draw.pick(["-1", "4294967296", "9223372036854775807", "1.5", "x", "300000"]);
  }

  pattern(): string {
    const draw = this.#draw;
    return draw.pick([
      "*",
      "?",
      "a*",
      "[a-c]",
      "[^a]",
      "{t}?",
      "*\xff*",
      "list\\*\\[x\\]",
      "[c-a]",
      "[a",
      "\\",
      "",
      "**a",
      "n[12]",
      "[\\a]",
    ]);
  }

  /** A word in some case. */
  word(words: readonly string[]): string {
    const word = this.#draw.pick(words);
    return this.#draw.chance(0.3) ? word.toUpperCase() : word;
  }
}
