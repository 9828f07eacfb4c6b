import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Clock, ClockTimer } from "../clock.ts";
import type { Bytes } from "../protocol/arg.ts";

export class MigrateError extends Error {
  override readonly name = "MigrateError";
  readonly timedOut: boolean;

  constructor(text: string, timedOut: boolean) {
    super(text);
    this.timedOut = timedOut;
  }
}

/** A connection of MIGRATE to its target, which answers in single lines. */
export class MigrateSocket {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #text = "";
  #waiting:
    | { resolve: (line: string) => void; reject: (error: MigrateError) => void; timer: ClockTimer }
    | undefined;
  #closed = false;
  /** The database that was selected last; -1: unknown. */
  db = -1;
  /** Milliseconds since 1970. */
  usedAt = 0;

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      this.#deliver();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#fail(false);
    });
  }

  /** Rejects with a MigrateError after `timeoutMs` of the clock, or where nobody listens. */
  static open(
    { host, port, tls }: { host: string; port: number; tls: ConnectionOptions | undefined },
    timeoutMs: number,
    clock: Clock,
  ): Promise<MigrateSocket> {
    return new Promise((resolve, reject) => {
      const fail = (text: string): void => {
        timer.cancel();
        socket.destroy();
        reject(new MigrateError(text, true));
      };
      const socket = tls === undefined ? connect({ host, port }) : connectTls({ ...tls, host, port });
      const timer = clock.after(timeoutMs, () => fail("error or timeout connecting to the client"));
      // The real server notices a refused connection only when it writes.
      const refused = (): void => fail("error or timeout writing to target instance");
      socket.once("error", refused);
      socket.once(tls === undefined ? "connect" : "secureConnect", () => {
        timer.cancel();
        socket.off("error", refused);
        resolve(new MigrateSocket(socket, clock));
      });
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a command; its reply has to be read. */
  send(argv: readonly Bytes[]): void {
    this.#socket.cork();
    this.#socket.write(`*${argv.length}\r\n`);
    for (const arg of argv) {
      this.#socket.write(`$${arg.length}\r\n`);
      if (typeof arg === "string") this.#socket.write(`${arg}\r\n`, "latin1");
      else {
        this.#socket.write(arg);
        this.#socket.write("\r\n");
      }
    }
    this.#socket.uncork();
  }

  /** The next line without its end; rejects with a MigrateError. */
  line(timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => this.#fail(true));
      this.#waiting = { resolve, reject, timer };
      if (this.#closed) this.#fail(false);
      else this.#deliver();
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #deliver(): void {
    const end = this.#text.indexOf("\r\n");
    const waiting = this.#waiting;
    if (end < 0 || waiting === undefined) return;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    this.#waiting = undefined;
    waiting.timer.cancel();
    waiting.resolve(line);
  }

  #fail(timedOut: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.timer.cancel();
    waiting?.reject(new MigrateError("error or timeout reading to target instance", timedOut));
  }
}
