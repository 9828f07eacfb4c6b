import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Argument, encode } from "../resp-client.ts";
import { ReplyReader, type WireReply } from "../resp-reply.ts";

/** What stands at the end of what was heard where the server closed the connection. */
export const CLOSED = "closed";

/** Nothing takes this long but a server that hangs; it decides no comparison. */
const PATIENCE_MS = 60_000;

const MESSAGES = new Set(["$message", "$smessage", "$pmessage"]);
const CONFIRMATIONS = new Set([
  "$subscribe",
  "$ssubscribe",
  "$psubscribe",
  "$unsubscribe",
  "$sunsubscribe",
  "$punsubscribe",
]);

/** One connection to one of the two servers; keeps what it hears in order until it is compared. */
export class Stream {
  readonly port: number;
  /** The port of this side, by which the server knows the connection. */
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  #heard: WireReply[] = [];
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket, port: number) {
    this.port = port;
    this.localPort = socket.localPort as number;
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      for (let item = this.#reader.next(); item !== undefined; item = this.#reader.next())
        this.#heard.push(item);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<Stream> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.setNoDelay(true);
    return new Stream(socket, port);
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(args: readonly Argument[]): void {
    this.#socket.write(encode(args));
  }

  /** The next reply and what came unasked before it; with `mark` all up to the item that begins with it. The last item is CLOSED where the connection ended. */
  async take(mark?: string): Promise<WireReply[]> {
    const last = (item: WireReply) => (mark === undefined ? !unasked(item) : String(item).startsWith(mark));
    let looked = 0;
    for (;;) {
      for (; looked < this.#heard.length; looked += 1) {
        if (last(this.#heard[looked] as WireReply)) return this.#heard.splice(0, looked + 1);
      }
      if (this.#ended) return [...this.#heard.splice(0), CLOSED];
      await this.#more();
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const heard = JSON.stringify(this.#heard).slice(0, 500);
        reject(new Error(`port ${this.port} does not answer; heard ${heard}, rest ${this.#reader.rest}`));
      }, PATIENCE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Pushes, messages, confirmations of subscriptions (a command may have any number of them) and lines of MONITOR. */
export function unasked(item: WireReply): boolean {
  if (typeof item === "string") return /^\+\d{10}\.\d{6} \[/.test(item);
  const [sign, kind] = item;
  if (sign === ">") return true;
  if (sign !== "*" || typeof kind !== "string") return false;
  if (confirms(item)) return true;
  return MESSAGES.has(kind) && item.length === (kind === "$pmessage" ? 5 : 4);
}

/** What SUBSCRIBE and its kin answer, in an EXEC too. */
export function confirms(item: WireReply): boolean {
  if (typeof item === "string") return false;
  return CONFIRMATIONS.has(String(item[1])) && item.length === 4 && /^:\d+$/.test(String(item[3]));
}
