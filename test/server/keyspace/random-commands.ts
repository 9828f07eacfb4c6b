import { dumpPayload } from "../../../src/server/rdb/dump-payload.ts";
import { Draw } from "../draw.ts";
import type { Argument } from "../resp-client.ts";
import { ABSOLUTE_MILLISECONDS, ABSOLUTE_SECONDS, RandomValues, RELATIVE } from "./random-values.ts";

type Make = () => readonly Argument[];

/** Commands of strings, bits and keys with options right and wrong, as a seed decides. */
export class RandomCommands {
  readonly #draw: Draw;
  readonly #values: RandomValues;
  readonly #makers: readonly Make[];
  readonly #without: ReadonlySet<Argument>;

  /** `without`: names of commands to leave out. */
  constructor(seed: number, without: readonly string[] = []) {
    this.#without = new Set(without);
    this.#draw = new Draw(seed);
    this.#values = new RandomValues(this.#draw);
    this.#makers = [...this.#strings(), ...this.#bits(), ...this.#generic()];
  }

  next(): readonly Argument[] {
    let args = this.#draw.pick(this.#makers)();
    while (this.#without.has(args[0] as Argument)) args = this.#draw.pick(this.#makers)();
    if (args.length === 1 || !this.#draw.chance(0.01)) return args;
    // Too few or too many arguments.
    return this.#draw.chance(0.5) ? args.slice(0, -1) : [...args, "more"];
  }

  #strings(): Make[] {
    const v = this.#values;
    const one =
      (name: string, ...rest: (() => string)[]): Make =>
      () => [name, v.key(), ...rest.map((make) => make())];
    const value = () => v.value();
    const offset = () => v.offset();
    return [
      one("GET"),
      one("GET"),
      one("SET", value),
      () => ["SET", v.key(), v.value(), ...this.#setOptions(["nx", "xx", "get", "keepttl"])],
      () => ["SET", v.key(), v.value(), ...this.#setOptions(["nx", "xx", "get", "keepttl"])],
      one("SETNX", value),
      one("SETEX", () => this.#draw.pick(RELATIVE), value),
      one("PSETEX", () => this.#draw.pick(["100000000", ...RELATIVE.slice(2)]), value),
      one("GETSET", value),
      one("GETDEL"),
      () => ["GETEX", v.key(), ...this.#setOptions(["persist"])],
      () => ["MGET", ...v.keys(1, 4)],
      () => [this.#draw.pick(["MSET", "MSETNX"]), ...v.keys(1, 3).flatMap((key) => [key, v.value()])],
      one("APPEND", value),
      one("STRLEN"),
      one("GETRANGE", offset, offset),
      one("SUBSTR", offset, offset),
      one(
        "SETRANGE",
        () => String(this.#draw.chance(0.9) ? this.#draw.integer(60) : v.integer()).slice(0, 5),
        value,
      ),
      one("INCR"),
      one("DECR"),
      one("INCRBY", () => v.integer()),
      one("DECRBY", () => v.integer()),
      one("INCRBYFLOAT", () => v.float()),
      () => ["LCS", v.key(), v.key(), ...this.#lcsOptions()],
    ];
  }

  #setOptions(words: readonly string[]): string[] {
    const draw = this.#draw;
    const options: string[] = [];
    for (let count = draw.integer(3); count >= 0; count -= 1) {
      const word = this.#values.word([
        ...words,
        ...words,
        "ex",
        "px",
        "exat",
        "pxat",
        draw.chance(0.1) ? "bad" : "ex",
      ]);
      options.push(word);
      const times: Record<string, readonly string[]> = {
        ex: RELATIVE,
        px: ["100000000", ...RELATIVE.slice(2)],
        exat: ABSOLUTE_SECONDS,
        pxat: ABSOLUTE_MILLISECONDS,
      };
      const time = times[word.toLowerCase()];
      if (time !== undefined && draw.chance(0.95)) options.push(draw.pick(time));
    }
    return options;
  }

  #lcsOptions(): string[] {
    const options = this.#draw.some(["idx", "LEN", "withmatchlen", "minmatchlen"], 0, 3);
    return options.flatMap((option) =>
      option === "minmatchlen" ? [option, this.#values.offset()] : [option],
    );
  }

  #bits(): Make[] {
    const v = this.#values;
    const draw = this.#draw;
    const bit = () => draw.pick(["0", "1", "1", "0", "2", "x"]);
    const range = () =>
      draw.chance(0.8) ? [v.offset(), v.offset(), ...draw.some(["bit", "BYTE", "bogus"], 0, 1)] : [];
    return [
      () => ["SETBIT", v.key(), v.bitOffset(), bit()],
      () => ["GETBIT", v.key(), v.bitOffset()],
      () => ["BITCOUNT", v.key(), ...range()],
      () => ["BITPOS", v.key(), bit(), ...range().slice(0, draw.integer(4))],
      () => ["BITOP", draw.pick(["and", "OR", "xor", "not", "nand"]), v.key(), ...v.keys(1, 3)],
      () => ["BITFIELD", v.key(), ...this.#fields(["get", "set", "incrby", "overflow"])],
      () => ["BITFIELD", v.key(), ...this.#fields(["get", "set", "incrby", "overflow"])],
      () => ["BITFIELD_RO", v.key(), ...this.#fields(["get", "get", "get", "set"])],
    ];
  }

  #fields(words: readonly string[]): string[] {
    const draw = this.#draw;
    const fields: string[] = [];
    for (let count = draw.integer(4); count > 0; count -= 1) {
      const word = this.#values.word(words);
      if (word.toLowerCase() === "overflow") {
        fields.push(word, draw.pick(["wrap", "SAT", "fail", "bad"].slice(0, draw.chance(0.9) ? 3 : 4)));
        continue;
      }
      const type = draw.chance(0.95)
        ? `${draw.pick(["i", "u"])}${1 + draw.integer(63)}`
        : draw.pick(["i64", "u64", "i65", "x8", "u0", "u", "i08"]);
      const offset = draw.chance(0.3) ? `#${draw.integer(9)}` : this.#values.bitOffset();
      fields.push(word, type, offset);
      if (word.toLowerCase() !== "get") fields.push(this.#values.integer());
    }
    return fields;
  }

  #generic(): Make[] {
    const v = this.#values;
    const draw = this.#draw;
    const one =
      (name: string, ...rest: (() => string)[]): Make =>
      () => [name, v.key(), ...rest.map((make) => make())];
    const database = () => draw.pick(["0", "0", "1", "2", "16", "-1", "x"]);
    // Two times from now on, set one after the other, are compared differently by two servers.
    const unordered = () => draw.some(["nx", "XX", "bad"].slice(0, draw.chance(0.9) ? 2 : 3), 0, 2);
    const conditions = () =>
      draw.some(["nx", "XX", "gt", "LT", "bad"].slice(0, draw.chance(0.9) ? 4 : 5), 0, 2);
    return [
      () => [draw.pick(["DEL", "UNLINK", "EXISTS", "TOUCH"]), ...v.keys(1, 4)],
      one("TYPE"),
      () => ["KEYS", v.pattern()],
      () => ["SCAN", draw.pick(["0", "0", "0", "x", "-", " 0"]), ...this.#scanOptions()],
      () => ["DBSIZE"],
      () => [draw.pick(["RENAME", "RENAMENX"]), v.key(), v.key()],
      () => [
        "COPY",
        v.key(),
        v.key(),
        ...draw
          .some(["REPLACE", "db"], 0, 2)
          .flatMap((word) => (word === "db" ? [word, database()] : [word])),
      ],
      one("MOVE", database),
      () => ["EXPIRE", v.key(), draw.pick(RELATIVE), ...unordered()],
      () => ["PEXPIRE", v.key(), draw.pick(["100000000", ...RELATIVE.slice(2)]), ...unordered()],
      () => ["EXPIREAT", v.key(), draw.pick(ABSOLUTE_SECONDS), ...conditions()],
      () => ["PEXPIREAT", v.key(), draw.pick(ABSOLUTE_MILLISECONDS), ...conditions()],
      () => [draw.pick(["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST"]), v.key()],
      () => ["OBJECT", v.word(["encoding", "encoding", "refcount", "freq", "idletime", "bad"]), v.key()],
      one("DUMP"),
      () => [
        "RESTORE",
        v.key(),
        draw.pick(["0", "0", ...RELATIVE]),
        this.#payload(),
        ...this.#restoreOptions(),
      ],
      () =>
        draw.chance(0.05)
          ? [draw.pick(["FLUSHDB", "FLUSHALL"]), ...draw.some(["sync", "ASYNC", "x"], 0, 1)]
          : ["GET", v.key()],
      () => ["SWAPDB", database(), database()],
      () => ["SELECT", draw.pick(["0", "0", "1", "2", "16"])],
      () => ["WAIT", "0", draw.pick(["0", "10", "-1", "x"])],
    ];
  }

  #scanOptions(): string[] {
    const draw = this.#draw;
    const options = draw.some(["match", "COUNT", "type", "bad"].slice(0, draw.chance(0.95) ? 3 : 4), 0, 2);
    const value: Record<string, () => string> = {
      match: () => this.#values.pattern(),
      COUNT: () => draw.pick(["1000", "5000", "1000", "0", "x"]),
      type: () => draw.pick(["string", "STRING", "hash", "none"]),
      bad: () => "1",
    };
    // The answer has to be whole in one step.
    return ["count", "1000", ...options.flatMap((option) => [option, (value[option] as () => string)()])];
  }

  #payload(): Buffer {
    const draw = this.#draw;
    const payload = Buffer.from(dumpPayload(this.#values.value()) as string, "latin1");
    if (draw.chance(0.1)) payload[draw.integer(payload.length)] = draw.integer(256);
    return draw.chance(0.05) ? payload.subarray(draw.integer(payload.length)) : payload;
  }

  #restoreOptions(): string[] {
    const draw = this.#draw;
    return draw
      .some(
        ["replace", "REPLACE", "absttl", "idletime", "freq", "bad"].slice(0, draw.chance(0.95) ? 5 : 6),
        0,
        3,
      )
      .flatMap((word) =>
        word === "idletime" || word === "freq" ? [word, draw.pick(["0", "10", "-1", "256", "x"])] : [word],
      );
  }
}
