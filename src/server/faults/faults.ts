import type { Client } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { Wire } from "../wire.ts";
import { type CommandEffect, CommandFault } from "./command-fault.ts";
import { faultChecks } from "./fault-checks.ts";
import type {
  CommandFaultOptions,
  ConnectionFaultOptions,
  Direction,
  Fault,
  Latency,
  Split,
} from "./fault-options.ts";
import { FaultWire } from "./fault-wire.ts";
import { malformedReply } from "./malformed.ts";
import { type StreamEffect, StreamFault } from "./stream-fault.ts";

/** Options of a fault of the bytes. */
export interface StreamFaultOptions extends ConnectionFaultOptions {
  /** `replies` by default. */
  readonly direction?: Direction | undefined;
}

/**
 * Faults at a node's connections. Each call adds one, in force at once for the connections that are open and those to come; `remove` ends it, `clear`
 * all. Faults of commands are spent after `times` strikes (1 by default), faults of the bytes last. The same seed, faults, commands and connections in
 * the same order give the same strikes. Wrong input throws a ConfigError (`UNKNOWN_OPTION`, `BAD_OPTION`, `BAD_ARGUMENT`) and adds nothing.
 */
export class Faults {
  readonly #wire: FaultWire;
  readonly #use: (wire: Wire | undefined) => void;
  #seed = 1;
  #added = 0;

  /** @internal `use` is told which wire has to stand at the connections. */
  constructor(clock: Clock, use: (wire: Wire | undefined) => void) {
    this.#use = use;
    this.#wire = new FaultWire(clock, () => use(undefined));
  }

  /** Starts the random numbers of the faults that are added from now on; 1 at the start. */
  seed(seed: number): void {
    this.#seed = seed;
    this.#added = 0;
  }

  /** Holds back what passes, in order, by milliseconds of the node's clock. */
  latency(ms: Latency, options: StreamFaultOptions = {}): Fault {
    faultChecks.latency(ms);
    faultChecks.stream("latency", options);
    return this.#addStream({ latency: ms }, options.direction ?? "replies", options);
  }

  /** Cuts each write into parts that leave in turns of the event loop of their own. */
  split(split: Split, options: StreamFaultOptions = {}): Fault {
    faultChecks.split(split);
    faultChecks.stream("split", options);
    return this.#addStream({ split }, options.direction ?? "replies", options);
  }

  /** Nothing comes in and nothing goes out until it is removed, then everything does: as a process that is stopped and continued. */
  freeze(options: ConnectionFaultOptions = {}): Fault {
    faultChecks.connection("freeze", options);
    return this.#addStream({ freeze: true }, "both", options);
  }

  /** What passes is lost without a sign, as behind a dead router; `both` directions by default. The socket stays open. */
  halfOpen(options: StreamFaultOptions = {}): Fault {
    faultChecks.stream("halfOpen", options);
    return this.#addStream({ swallow: true }, options.direction ?? "both", options);
  }

  /**
   * Closes a connection after so many bytes (`direction`: of the replies by default), or after so many commands (counted over all connections that it
   * meets) ran: `reply` says whether the last one's reply is still `sent` or `lost`, the default.
   */
  closeAfter(
    limit: { readonly bytes: number },
    options?: StreamFaultOptions & { readonly times?: number },
  ): Fault;
  closeAfter(
    limit: { readonly commands: number; readonly reply?: "sent" | "lost" },
    options?: Omit<CommandFaultOptions, "skip">,
  ): Fault;
  closeAfter(
    limit: { readonly bytes?: number; readonly commands?: number; readonly reply?: "sent" | "lost" },
    options: StreamFaultOptions & CommandFaultOptions = {},
  ): Fault {
    faultChecks.closeAfter(limit, options);
    const { bytes, commands = 1, reply = "lost" } = limit;
    if (bytes !== undefined) {
      return this.#addStream({ closeAfterBytes: bytes }, options.direction ?? "replies", options);
    }
    const replied = (client: Client, mark: number): void => {
      if (reply === "lost") client.reply.takeFrom(mark);
      client.closeAfterReply = true;
    };
    return this.#addCommand({ replied }, { ...options, skip: commands - 1 });
  }

  /** A command is answered with this error (its code first) and not run; in a MULTI that spoils the transaction, an EXEC ends it. */
  error(text: string, options: CommandFaultOptions = {}): Fault {
    faultChecks.error(text);
    faultChecks.command("error", options);
    return this.#addCommand({ error: text }, options);
  }

  /** A command runs, and its reply is left out. */
  drop(options: CommandFaultOptions = {}): Fault {
    faultChecks.command("drop", options);
    return this.#addCommand({ replied: (client, mark) => void client.reply.takeFrom(mark) }, options);
  }

  /** A reply too many behind a command's own; `+EXTRA` by default. `reply` is RESP as it stands, a binary string. */
  extra(options: CommandFaultOptions & { readonly reply?: string | undefined } = {}): Fault {
    faultChecks.reply("extra", options);
    return this.#addCommand(
      { replied: (client) => client.reply.raw(options.reply ?? "+EXTRA\r\n") },
      options,
    );
  }

  /** A command runs, and bytes that are no reply take the place of its reply: `reply`, or one of a list, drawn. */
  malformed(options: CommandFaultOptions & { readonly reply?: string | undefined } = {}): Fault {
    faultChecks.reply("malformed", options);
    const effect: CommandEffect = {
      replied: (client, mark, random) => {
        client.reply.takeFrom(mark);
        client.reply.raw(options.reply ?? malformedReply(random));
      },
    };
    return this.#addCommand(effect, options);
  }

  /** Removes every fault. */
  clear(): void {
    for (const fault of [...this.#wire.commandFaults, ...this.#wire.streamFaults]) fault.remove();
  }

  #addCommand(effect: CommandEffect, options: CommandFaultOptions): Fault {
    const { commandFaults } = this.#wire;
    const fault = new CommandFault(effect, options, this.#seeds(), (ended) => {
      commandFaults.delete(ended);
      this.#update();
    });
    commandFaults.add(fault);
    this.#update();
    return fault;
  }

  #addStream(
    effect: StreamEffect,
    direction: Direction,
    options: ConnectionFaultOptions & { readonly times?: number | undefined },
  ): Fault {
    const { streamFaults } = this.#wire;
    const fault = new StreamFault(effect, direction, options, this.#seeds(), (ended) => {
      streamFaults.delete(ended);
      this.#update();
    });
    streamFaults.add(fault);
    this.#update();
    return fault;
  }

  #seeds(): number[] {
    this.#added += 1;
    return [this.#seed, this.#added];
  }

  #update(): void {
    this.#wire.update();
    this.#use(this.#wire.idle ? undefined : this.#wire);
  }
}
