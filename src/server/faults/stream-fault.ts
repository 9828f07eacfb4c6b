import type { Client } from "../client.ts";
import { described } from "./command-fault.ts";
import type { ConnectionFaultOptions, Direction, Fault, Latency, Split } from "./fault-options.ts";
import { Random } from "./random.ts";

/** What a fault of the bytes does; those that are there hold together. */
export interface StreamEffect {
  readonly latency?: Latency;
  readonly split?: Split;
  /** Nothing moves until the fault is removed. */
  readonly freeze?: boolean;
  /** What comes is thrown away. */
  readonly swallow?: boolean;
  /** So many bytes pass, then the connection is closed. */
  readonly closeAfterBytes?: number;
}

/** Changes how the bytes of connections come through. */
export class StreamFault implements Fault {
  readonly effect: StreamEffect;
  readonly direction: Direction;
  hits = 0;
  readonly #options: ConnectionFaultOptions & { readonly times?: number | undefined };
  readonly #seeds: readonly number[];
  readonly #randoms = new WeakMap<Client, Random>();
  readonly #passed = new WeakMap<Client, number>();
  readonly #end: (fault: StreamFault) => void;
  #connections = 0;

  constructor(
    effect: StreamEffect,
    direction: Direction,
    options: ConnectionFaultOptions & { readonly times?: number | undefined },
    seeds: readonly number[],
    end: (fault: StreamFault) => void,
  ) {
    this.effect = effect;
    this.direction = direction;
    this.#options = options;
    this.#seeds = seeds;
    this.#end = end;
  }

  meets(client: Client, direction: "replies" | "requests"): boolean {
    if (this.direction !== "both" && this.direction !== direction) return false;
    return this.#options.where?.(described(client)) ?? true;
  }

  delayMs(client: Client): number {
    const { latency = 0 } = this.effect;
    return typeof latency === "number"
      ? latency
      : latency[0] + this.#random(client) * (latency[1] - latency[0]);
  }

  /** The same bytes in parts. */
  cut(client: Client, bytes: Buffer): Buffer[] {
    const { split } = this.effect;
    if (split === undefined) return [bytes];
    const parts: Buffer[] = [];
    if ("at" in split) {
      const places = [...new Set(split.at)].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
      let start = 0;
      for (const end of [...places, bytes.length]) {
        parts.push(bytes.subarray(start, end));
        start = end;
      }
      return parts;
    }
    for (let start = 0; start < bytes.length; ) {
      const size = "every" in split ? split.every : 1 + Math.floor(this.#random(client) * split.upTo);
      parts.push(bytes.subarray(start, start + size));
      start += size;
    }
    return parts;
  }

  /** How many of these bytes still pass, undefined: all of them. The connection is to be closed behind the last. */
  allowance(client: Client, count: number): number | undefined {
    const limit = this.effect.closeAfterBytes;
    if (limit === undefined || this.hits >= (this.#options.times ?? 1)) return undefined;
    const before = this.#passed.get(client) ?? 0;
    this.#passed.set(client, before + count);
    if (before + count < limit) return undefined;
    this.hits += 1;
    if (this.hits >= (this.#options.times ?? 1)) this.remove();
    return limit - before;
  }

  remove(): void {
    this.#end(this);
  }

  #random(client: Client): number {
    let random = this.#randoms.get(client);
    if (random === undefined) {
      this.#connections += 1;
      random = new Random(...this.#seeds, this.#connections);
      this.#randoms.set(client, random);
    }
    return random.next();
  }
}
