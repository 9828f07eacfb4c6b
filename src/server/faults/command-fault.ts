import type { Client } from "../client.ts";
import type { Bytes } from "../protocol/arg.ts";
import { asString } from "../protocol/bytes.ts";
import type { CommandFaultOptions, Fault, FaultConnection } from "./fault-options.ts";
import { Random } from "./random.ts";

/** What a fault of commands does; one of the two. */
export interface CommandEffect {
  /** The error that the command gets instead of being run. */
  readonly error?: string;
  /** After the command ran and was answered; what it wrote begins at `mark`. */
  replied?(client: Client, mark: number, random: Random): void;
}

/** Strikes at commands: at which, how often, and with which of the connection's random numbers. */
export class CommandFault implements Fault {
  readonly effect: CommandEffect;
  hits = 0;
  readonly #options: CommandFaultOptions;
  readonly #names: ReadonlySet<string> | undefined;
  readonly #seeds: readonly number[];
  readonly #randoms = new WeakMap<Client, Random>();
  readonly #end: (fault: CommandFault) => void;
  #passed = 0;
  #connections = 0;

  constructor(
    effect: CommandEffect,
    options: CommandFaultOptions,
    seeds: readonly number[],
    end: (fault: CommandFault) => void,
  ) {
    const { command } = options;
    this.effect = effect;
    this.#options = options;
    this.#seeds = seeds;
    this.#end = end;
    const names = typeof command === "string" ? [command] : command;
    this.#names = names && new Set(names.map((name) => name.toLowerCase()));
  }

  /** True where it strikes at this command; counts. */
  strikes(client: Client, args: readonly Bytes[]): boolean {
    const { skip = 0, times = 1, probability = 1, where } = this.#options;
    if (this.#names !== undefined && !isNamed(this.#names, args)) return false;
    if (where !== undefined && !where(described(client))) return false;
    if (this.hits >= times) return false;
    if (probability < 1 && this.randomOf(client).next() >= probability) return false;
    this.#passed += 1;
    if (this.#passed <= skip) return false;
    this.hits += 1;
    if (this.hits >= times) this.remove();
    return true;
  }

  randomOf(client: Client): Random {
    let random = this.#randoms.get(client);
    if (random === undefined) {
      this.#connections += 1;
      random = new Random(...this.#seeds, this.#connections);
      this.#randoms.set(client, random);
    }
    return random;
  }

  remove(): void {
    this.#end(this);
  }
}

export function described(client: Client): FaultConnection {
  return { id: client.id, name: client.name, address: client.transport?.address ?? "" };
}

function isNamed(names: ReadonlySet<string>, args: readonly Bytes[]): boolean {
  const name = asString(args[0] ?? "").toLowerCase();
  return (
    names.has(name) || (args.length > 1 && names.has(`${name}|${asString(args[1] ?? "").toLowerCase()}`))
  );
}
