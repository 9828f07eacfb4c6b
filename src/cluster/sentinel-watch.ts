import type { Reply } from "../bytes/reply.ts";
import { ReplyError } from "../bytes/reply.ts";
import { type Opener, SideConnection } from "./side-connection.ts";

const CHANNEL = "+switch-master";

export interface WatchListener {
  /** Subscribed; what happened before is not told. */
  watching(): void;
  /** The primary of this name was replaced. */
  switched(): void;
  /** Called once, and not after `close()`; `wasWatching` is false when it never was subscribed. */
  ended(wasWatching: boolean): void;
}

/** A subscription to the failovers that one Sentinel tells of. */
export class SentinelWatch {
  readonly #name: string;
  readonly #listener: WatchListener;
  readonly #closing = new AbortController();
  #side: SideConnection | undefined;
  #watching = false;
  /** Nothing was heard since the last look. */
  #silent = false;

  constructor(name: string, open: Opener, listener: WatchListener) {
    this.#name = name;
    this.#listener = listener;
    open(this.#closing.signal).then(
      (connection) => {
        if (this.#closing.signal.aborted) return connection.destroy();
        this.#side = new SideConnection(connection, {
          heard: (reply) => this.#heard(reply),
          ended: () => this.#end(),
        });
        this.#side.start();
        this.#side.send(["SUBSCRIBE", CHANNEL]);
      },
      () => this.#end(),
    );
  }

  /** To be called every now and then: ends a subscription that has been silent since the last time. */
  look(): void {
    if (this.#silent) return this.#end();
    this.#silent = true;
    this.#side?.send(["PING"]);
  }

  close(): void {
    this.#closing.abort();
    this.#side?.close();
  }

  #end(): void {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#listener.ended(this.#watching);
  }

  #heard(reply: Reply): void {
    this.#silent = false;
    if (reply instanceof ReplyError) return this.#end();
    const [kind, , payload] = Array.isArray(reply) ? reply.map(String) : [];
    if (kind === "subscribe") {
      this.#watching = true;
      this.#listener.watching();
    } else if (kind === "message" && payload?.split(" ", 1)[0] === this.#name) this.#listener.switched();
  }
}
