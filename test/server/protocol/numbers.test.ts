import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addInt64, parseInt64 } from "../../../src/server/protocol/int64.ts";
import {
  addLongDoubles,
  formatLongDouble,
  parseLongDouble,
} from "../../../src/server/protocol/long-double.ts";

describe("64-bit integers", () => {
  test("are read in their only normal form", () => {
    expect(["0", "7", "-7", "1234567890123456", "9007199254740991"].map((text) => parseInt64(text))).toEqual([
      0, 7, -7, 1234567890123456, 9007199254740991,
    ]);
    expect(parseInt64("9007199254740993")).toBe(9007199254740993n);
    expect(parseInt64("-9223372036854775808")).toBe(-(2n ** 63n));
    const wrong = [
      "",
      "-",
      "-0",
      "+1",
      "01",
      " 1",
      "1 ",
      "1.0",
      "0x1",
      "9223372036854775808",
      "-9223372036854775809",
      "1\0",
    ];
    expect(wrong.filter((text) => parseInt64(text) !== undefined)).toEqual([]);
    expect(parseInt64(Buffer.from("1"))).toBeUndefined();
  });

  test("are read and added as BigInt does", () => {
    const any = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.maxSafeInteger().map(BigInt),
    );
    fc.assert(
      fc.property(any, any, (first, second) => {
        const [one, other] = [parseInt64(String(first)), parseInt64(String(second))] as [
          number | bigint,
          number | bigint,
        ];
        expect(BigInt(one)).toBe(first);
        expect(typeof one).toBe(Number.isSafeInteger(Number(first)) ? "number" : "bigint");
        const sum = addInt64(one, other);
        expect(sum === undefined ? undefined : BigInt(sum)).toBe(
          BigInt.asIntN(64, first + second) === first + second ? first + second : undefined,
        );
      }),
      { seed: 6 },
    );
  });
});

describe("80-bit numbers", () => {
  const sum = (first: string, second: string): string | undefined => {
    const [one, other] = [parseLongDouble(first), parseLongDouble(second)];
    const result = one && other && addLongDoubles(one, other);
    return result && formatLongDouble(result);
  };

  // What redis-server 7.0.15 answered to INCRBYFLOAT on x86-64.
  test.each([
    ["0.1", "0.2", "0.3"],
    ["3.0e3", "200", "3200"],
    ["10.5", "0.1", "10.6"],
    ["1e17", "0.1", "100000000000000000.1015625"],
    ["99999999999999999.5", "0", "99999999999999999.5"],
    ["9223372036854775807", "1", "9223372036854775808"],
    ["18446744073709551615", "1", "18446744073709551616"],
    ["1e-17", "0", "0.00000000000000001"],
    ["4e-18", "0", "0"],
    ["-1e-20", "0", "0"],
    ["0x1p-3", "0x.8", "0.625"],
    ["1e60", "1", "999999999999999999999373423426722168652130621984886772203520"],
  ])("%s + %s = %s", (first, second, expected) => {
    expect(sum(first, second)).toBe(expected);
  });

  test("are refused where C's strtold reads no number", () => {
    const wrong = [
      "",
      "nan",
      "1e",
      "0x",
      "1 ",
      " 1",
      "--1",
      "1e5000",
      "1e-5000",
      "abc",
      ".",
      "1_0",
      "e5",
      "1e99999999999",
    ];
    expect(wrong.filter((text) => parseLongDouble(text) !== undefined)).toEqual([]);
    expect(sum("inf", "1")).toBeUndefined();
    expect(sum("1e4932", "1e4932")).toBeUndefined();
    expect(parseLongDouble("infinity")).toMatchObject({ infinite: 1 });
  });

  test("of doubles are exact: what is printed reads back as the same double", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (value) => {
        fc.pre(value === 0 || Math.abs(value) > 1);
        expect(Number(sum(String(value), "0"))).toBe(value === 0 ? 0 : value);
      }),
      { seed: 6 },
    );
  });
});
