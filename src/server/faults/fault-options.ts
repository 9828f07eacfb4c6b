/** What a fault's `where` is told of a connection. */
export interface FaultConnection {
  /** As CLIENT ID. */
  readonly id: number;
  /** As CLIENT SETNAME, empty without. */
  readonly name: string;
  /** `host:port` of the other end. */
  readonly address: string;
}

/** Which connections a fault meets. */
export interface ConnectionFaultOptions {
  /** All connections, those to come included, unless this says no. Asked again and again. */
  readonly where?: ((connection: FaultConnection) => boolean) | undefined;
}

/** Which commands a fault meets. */
export interface CommandFaultOptions extends ConnectionFaultOptions {
  /** One command's name or several, in any case, a subcommand as `config|get`; every command by default. */
  readonly command?: string | readonly string[] | undefined;
  /** How many of them pass before the first is met; default 0. */
  readonly skip?: number | undefined;
  /** How often it strikes before it is spent; default 1, `Infinity` until it is removed. */
  readonly times?: number | undefined;
  /** From 0 to 1: how likely it strikes at each command; default 1. Drawn from the seed, for each connection by itself: the first that is met, the second, … */
  readonly probability?: number | undefined;
}

/** A fault that was added. */
export interface Fault {
  /** How often it has struck: commands, or for a fault of the bytes the pieces that it changed. */
  readonly hits: number;
  /** Ends it; what it holds back goes on its way. */
  remove(): void;
}

/** How long something is delayed, in milliseconds of the node's clock; two numbers: drawn between them. */
export type Latency = number | readonly [least: number, most: number];

/** Where to cut what is written: every so many bytes, at these bytes of each write, or at random, no part longer than `upTo`. */
export type Split =
  | { readonly every: number }
  | { readonly at: readonly number[] }
  | { readonly upTo: number };

/** `replies` (the default) is what the node sends, `requests` what it is sent. */
export type Direction = "replies" | "requests" | "both";
