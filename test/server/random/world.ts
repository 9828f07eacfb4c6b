import type { Draw } from "../draw.ts";
import { RandomCommands } from "../keyspace/random-commands.ts";
import { RandomValues } from "../keyspace/random-values.ts";
import type { Argument } from "../resp-client.ts";
import type { Duel } from "./duel.ts";

export type Args = readonly Argument[];

/** What a family of commands wants to be sent: one command, or several that belong together. */
export interface Turn {
  readonly steps: readonly Args[];
  /** `none`: as they are, since another number or one argument less would stop, block or fill the server. `words`: changed, but for numbers. */
  readonly mutation?: "none" | "words";
  /** Another connection than the one whose turn it is. */
  readonly on?: string;
  /** It closes connections. */
  readonly ends?: boolean;
  /** Options of a whole iteration of SCAN, instead of steps. */
  readonly scan?: readonly string[];
}

export interface Family {
  readonly name: string;
  /** How often, among the others. */
  readonly weight: number;
  readonly turn: (world: World, on: string) => Turn | Args;
}

/** What generators draw from. */
export class World {
  readonly draw: Draw;
  readonly values: RandomValues;
  readonly keyspace: RandomCommands;
  readonly duel: Duel;
  readonly cluster: boolean;
  /** More than one node. */
  readonly several: boolean;
  /** Names and values of all parameters at the start. */
  readonly parameters: ReadonlyMap<string, string>;

  constructor(
    draw: Draw,
    duel: Duel,
    options: {
      readonly cluster: boolean;
      readonly nodes: number;
      readonly parameters: ReadonlyMap<string, string>;
    },
  ) {
    this.draw = draw;
    this.duel = duel;
    this.cluster = options.cluster;
    this.several = options.nodes > 1;
    this.parameters = options.parameters;
    this.values = new RandomValues(draw);
    this.keyspace = new RandomCommands(draw.integer(2 ** 31), ["SHUTDOWN"]);
  }

  /** A connection, as a placeholder needs it. */
  connection(): string {
    return this.draw.pick(this.duel.names);
  }

  word(...words: string[]): string {
    const word = this.draw.pick(words);
    const kind = this.draw.integer(4);
    return kind === 0
      ? word.toUpperCase()
      : kind === 1
        ? `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
        : word;
  }

  key(): string {
    return this.values.key();
  }

  some(make: () => string, least: number, most: number): string[] {
    return Array.from({ length: least + this.draw.integer(most - least + 1) }, make);
  }
}

export const ODD_NUMBERS: readonly string[] = [
  "0",
  "-1",
  "100000",
  "2147483648",
  "4294967296",
  "9223372036854775807",
  "-9223372036854775808",
  "9223372036854775808",
  "99999999999999999999",
  "-0",
];
export const ODD_WORDS: readonly string[] = [
  "",
  "nosuch",
  "\x00\xff\r\n",
  "1.5",
  "1e3",
  " 1",
  "1 ",
  "+1",
  "0x10",
  "nan",
  "inf",
  "*",
  "-",
  "%s%n",
  "a b",
  "q\"uote'",
  "x".repeat(300),
];

/** One argument too few, too many, twice or another one. Times are never made short: what depends on the moment is no difference. */
export function mutated(world: World, args: Args, mutation: "words" | undefined): Args {
  const { draw } = world;
  const at = 1 + draw.integer(Math.max(1, args.length - 1));
  const odd = (): Argument => {
    if (mutation === undefined && draw.chance(0.5)) return draw.pick(ODD_NUMBERS);
    return draw.chance(0.02) ? "long".repeat(9000) : draw.pick(ODD_WORDS);
  };
  switch (draw.integer(8)) {
    case 0:
      return args.length > 1 ? args.slice(0, -1) : [...args, odd()];
    case 1:
      return [...args, odd()];
    case 2:
      return args.slice(0, 1);
    case 3:
      return [...args.slice(0, at), args[at] ?? odd(), ...args.slice(at)];
    case 4:
      return args.map((arg, index) =>
        index === 0 ? `${String(arg)}${draw.pick(["x", " ", "|", "\xff", "|get"])}` : arg,
      );
    default:
      return args.map((arg, index) => (index === at ? odd() : arg));
  }
}
