import { type Reply, ReplyError } from "../bytes/reply.ts";
import { CHANNEL_COMMANDS, type ChannelKind, type ChannelName, channelId } from "./channel-name.ts";
import type { CommandArgument } from "./encode-command.ts";
import { type Opener, SideConnection } from "./side-connection.ts";

/** Asks the server something before anything is subscribed; an error reply is a value. */
export type Ask = (...command: readonly CommandArgument[]) => Promise<Reply>;

/** What a connection has to be told before it subscribes; the connection is given up when it rejects. */
export type SubscriptionSetup = (ask: Ask) => Promise<void>;

export interface RawMessage {
  readonly kind: ChannelKind;
  readonly channel: Buffer;
  readonly pattern: Buffer | null;
  /** Bytes; of invalidations an array of keys, or null for all of them. */
  readonly payload: Reply;
  /** Of the name that it was subscribed under. */
  readonly id: string;
}

/** Told in the order of the wire, while it is read: none of these may throw. */
export interface NodeSubscriptionListener {
  message(message: RawMessage): void;
  joined(name: ChannelName): void;
  /** Every name asked for so far is confirmed or refused. */
  settled(): void;
  refused(name: ChannelName, error: ReplyError): void;
  /** The server has ended the subscription to one name: the slot of a shard channel has left. */
  dismissed(name: ChannelName): void;
  /** Called once, and not after `close()`. */
  ended(cause: Error): void;
}

type Awaited =
  | { readonly kind: "answer"; readonly settle: (reply: Reply) => void }
  | { readonly kind: "pong" }
  | { readonly kind: "join" | "leave"; readonly word: string; readonly name: ChannelName };

const MESSAGES: Readonly<Record<string, ChannelKind | undefined>> = {
  __proto__: null as never,
  message: "channel",
  pmessage: "pattern",
  smessage: "shard",
};

/** One connection that is subscribed to names at one node, from its opening to its end. */
export class NodeSubscription {
  readonly #listener: NodeSubscriptionListener;
  readonly #closing = new AbortController();
  /** What was asked for, and not refused. */
  readonly #wanted = new Map<string, ChannelName>();
  /** Replies that are still to come, in order. */
  readonly #awaited: Awaited[] = [];
  #side: SideConnection | undefined;
  #ready = false;
  #joining = 0;
  /** Before that: when the connection was asked for. */
  #heardAt: number = performance.now();
  #pinged = false;

  constructor(open: Opener, setup: SubscriptionSetup | undefined, listener: NodeSubscriptionListener) {
    this.#listener = listener;
    this.#open(open, setup).catch((error: Error) => this.#end(error));
  }

  /** Subscribes to what is not subscribed yet, and ends what is not among `names`. */
  want(names: ReadonlyMap<string, ChannelName>): void {
    const more = [...names.values()].filter(({ id }) => !this.#wanted.has(id));
    const less = [...this.#wanted.values()].filter(({ id }) => !names.has(id));
    for (const { id } of less) this.#wanted.delete(id);
    for (const name of more) this.#wanted.set(name.id, name);
    if (!this.#ready) return;
    this.#send("leave", less);
    this.#send("join", more);
  }

  /**
   * To be called every now and then: asks for a sign of life after `silenceMs` without one, and gives the connection up after as long again,
   * also while it is being opened.
   */
  look(now: number, silenceMs: number): void {
    const silent = now - this.#heardAt;
    if (silent > silenceMs * 2) {
      const cause = new Error(`silent for ${Math.round(silent)} ms`);
      return this.#end(Object.assign(cause, { code: "NODE_SILENT" }));
    }
    if (silent <= silenceMs || this.#pinged || !this.#ready) return;
    this.#pinged = true;
    this.#awaited.push({ kind: "pong" });
    this.#side!.send(["PING"]);
  }

  /** After a stall of the event loop silence proves nothing. */
  forgiveSilence(now: number): void {
    this.#heardAt = now;
  }

  close(): void {
    this.#closing.abort();
    this.#side?.close();
  }

  async #open(open: Opener, setup: SubscriptionSetup | undefined): Promise<void> {
    const connection = await open(this.#closing.signal);
    if (this.#closing.signal.aborted) return connection.destroy();
    const side = new SideConnection(connection, {
      heard: (reply) => this.#heard(reply),
      ended: (cause) => this.#end(cause),
    });
    this.#side = side;
    this.#heardAt = performance.now();
    side.start();
    await setup?.(
      (...command) =>
        new Promise((settle) => {
          this.#awaited.push({ kind: "answer", settle });
          side.send(command);
        }),
    );
    if (this.#closing.signal.aborted) return;
    this.#ready = true;
    this.#send("join", [...this.#wanted.values()]);
  }

  /** One command a name: a refusal answers a command, and then tells which name it is about. */
  #send(what: "join" | "leave", names: readonly ChannelName[]): void {
    if (names.length === 0) return;
    if (what === "join") this.#joining += names.length;
    for (const name of names)
      this.#awaited.push({ kind: what, word: CHANNEL_COMMANDS[name.kind][what], name });
    this.#side!.send(...names.map(({ kind, name }) => [CHANNEL_COMMANDS[kind][what].toUpperCase(), name]));
  }

  #heard(reply: Reply): void {
    this.#heardAt = performance.now();
    this.#pinged = false;
    const [first] = this.#awaited;
    if (first?.kind === "answer") {
      this.#awaited.shift();
      first.settle(reply);
    } else if (reply instanceof ReplyError) this.#refused(first, reply);
    else if (Array.isArray(reply)) this.#pushed(first, reply);
    else if (first?.kind === "pong") this.#awaited.shift();
    else this.#outOfStep();
  }

  #refused(first: Awaited | undefined, error: ReplyError): void {
    if (first === undefined) return this.#end(new Error(error.message));
    this.#awaited.shift();
    if (first.kind !== "join") return;
    this.#wanted.delete((first as { name: ChannelName }).name.id);
    this.#listener.refused((first as { name: ChannelName }).name, error);
    this.#joinEnded();
  }

  #pushed(first: Awaited | undefined, reply: readonly Reply[]): void {
    const word = String(reply[0]);
    const kind = MESSAGES[word];
    if (kind !== undefined) return this.#deliver(kind, reply);
    if (first?.kind === "pong" && word === "pong") {
      this.#awaited.shift();
      return;
    }
    const isNamed = first?.kind === "join" || first?.kind === "leave";
    if (isNamed && first.word === word && first.name.name.equals(reply[1] as Buffer)) {
      this.#awaited.shift();
      if (first.kind === "leave") return;
      if (this.#wanted.has(first.name.id)) this.#listener.joined(first.name);
      return this.#joinEnded();
    }
    // A slot that leaves takes its channels along: nobody asked for that.
    if (word !== CHANNEL_COMMANDS.shard.leave || !Buffer.isBuffer(reply[1])) return this.#outOfStep();
    const name = this.#wanted.get(channelId("shard", reply[1]));
    if (name === undefined) return;
    this.#wanted.delete(name.id);
    this.#listener.dismissed(name);
  }

  #deliver(kind: ChannelKind, reply: readonly Reply[]): void {
    const pattern = kind === "pattern" ? (reply[1] as Buffer) : null;
    const [channel, payload] = reply.slice(pattern === null ? 1 : 2) as [Buffer, Reply];
    const id = channelId(kind, pattern ?? channel);
    if (this.#wanted.has(id)) this.#listener.message({ kind, channel, pattern, payload, id });
  }

  #joinEnded(): void {
    this.#joining--;
    if (this.#joining === 0) this.#listener.settled();
  }

  #outOfStep(): void {
    this.#end(Object.assign(new Error("the replies are out of step"), { code: "DESYNC" }));
  }

  #end(cause: Error): void {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#listener.ended(cause);
  }
}
