import type { Client } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { Bytes } from "../protocol/arg.ts";
import { toBuffer } from "../protocol/bytes.ts";
import type { Output, Wire } from "../wire.ts";
import { BytePipe } from "./byte-pipe.ts";
import type { CommandFault } from "./command-fault.ts";
import type { StreamFault } from "./stream-fault.ts";

interface Pipes {
  readonly replies: BytePipe;
  readonly requests: BytePipe;
  /** The fault closed it: nothing passes any more. */
  cut: boolean;
}

/** Applies the faults that are in force to what passes between sockets and the server. */
export class FaultWire implements Wire {
  readonly commandFaults: Set<CommandFault> = new Set();
  readonly streamFaults: Set<StreamFault> = new Set();
  readonly #clock: Clock;
  readonly #pipes = new Map<Client, Pipes>();
  readonly #onIdle: () => void;

  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  /** Nothing is in force, and nothing is held back. */
  get idle(): boolean {
    return this.commandFaults.size === 0 && this.streamFaults.size === 0 && this.#pipes.size === 0;
  }

  /** After a fault came or went: what is frozen or not may have changed. */
  update(): void {
    for (const [client, pipes] of this.#pipes) {
      for (const direction of ["replies", "requests"] as const) {
        pipes[direction].held = this.#frozen(client, direction);
        if (!this.#delayed(client, direction)) pipes[direction].hurry();
      }
      this.#tidy(client, pipes);
    }
  }

  incoming(client: Client, chunk: Buffer, deliver: (chunk: Buffer) => void): void {
    this.#pass(client, "requests", chunk, deliver);
  }

  outgoing(client: Client, output: Output, deliver: (output: Output) => void): void {
    if (this.streamFaults.size === 0 && !this.#pipes.has(client)) return deliver(output);
    this.#pass(client, "replies", Buffer.concat(output.map(toBuffer)), (bytes) => deliver([bytes]));
  }

  finishing(client: Client, end: () => void): void {
    const pipes = this.#pipes.get(client);
    if (pipes === undefined) end();
    else pipes.replies.whenEmpty(end);
  }

  closed(client: Client): void {
    const pipes = this.#pipes.get(client);
    if (pipes === undefined) return;
    pipes.replies.stop();
    pipes.requests.stop();
    this.#pipes.delete(client);
    if (this.idle) this.#onIdle();
  }

  command(client: Client, args: readonly Bytes[]): string | undefined {
    if (client.transport === undefined) return undefined;
    for (const fault of this.commandFaults) {
      if (fault.effect.error !== undefined && fault.strikes(client, args)) return fault.effect.error;
    }
    return undefined;
  }

  replied(client: Client, args: readonly Bytes[], mark: number): void {
    if (client.transport === undefined) return;
    for (const fault of this.commandFaults) {
      if (fault.effect.replied === undefined || !fault.strikes(client, args)) continue;
      fault.effect.replied(client, mark, fault.randomOf(client));
    }
  }

  #pass(
    client: Client,
    direction: "replies" | "requests",
    bytes: Buffer,
    deliver: (bytes: Buffer) => void,
  ): void {
    let pipes = this.#pipes.get(client);
    if (pipes?.cut) return;
    let parts = [bytes];
    let delayMs = 0;
    let passing = bytes.length;
    let close = false;
    for (const fault of this.streamFaults) {
      if (!fault.meets(client, direction)) continue;
      if (fault.effect.swallow) {
        fault.hits += 1;
        return;
      }
      const allowed = fault.allowance(client, bytes.length);
      if (allowed !== undefined) {
        close = true;
        passing = Math.min(passing, allowed);
      } else if (fault.effect.closeAfterBytes === undefined) {
        fault.hits += 1;
        delayMs += fault.delayMs(client);
        parts = parts.flatMap((part) => fault.cut(client, part));
      }
    }
    if (close) parts = [bytes.subarray(0, passing)];
    const frozen = this.#frozen(client, direction);
    if (pipes === undefined && parts.length === 1 && delayMs === 0 && !close && !frozen)
      return deliver(bytes);
    if (pipes === undefined) {
      pipes = { replies: new BytePipe(this.#clock), requests: new BytePipe(this.#clock), cut: false };
      this.#pipes.set(client, pipes);
    }
    const kept = pipes;
    kept[direction].held = frozen;
    kept[direction].push(parts, delayMs, (part) => {
      if (part.length > 0) deliver(part);
      this.#tidy(client, kept);
    });
    if (close) {
      kept.cut = true;
      kept[direction].whenEmpty(() => client.transport?.finish());
    }
  }

  #frozen(client: Client, direction: "replies" | "requests"): boolean {
    for (const fault of this.streamFaults) {
      if (fault.effect.freeze && fault.meets(client, direction)) return true;
    }
    return false;
  }

  #delayed(client: Client, direction: "replies" | "requests"): boolean {
    for (const fault of this.streamFaults) {
      if (fault.effect.latency !== undefined && fault.meets(client, direction)) return true;
    }
    return false;
  }

  /** A connection without anything waiting goes the direct way again. */
  #tidy(client: Client, pipes: Pipes): void {
    if (pipes.cut || !pipes.replies.empty || !pipes.requests.empty) return;
    this.#pipes.delete(client);
    if (this.idle) this.#onIdle();
  }
}
