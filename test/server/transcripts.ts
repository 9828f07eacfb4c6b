import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect } from "vitest";
import { type Server, startServer } from "../../src/server/index.ts";
import { type RigServers, startServer as startReal } from "../rig/index.ts";
import { type Argument, encode } from "./resp-client.ts";
import { ReplyReader, texts, type WireReply } from "./resp-reply.ts";

/** One connection that keeps all that it hears in order, pushes and replies alike. */
class Listener {
  readonly heard: WireReply[] = [];
  id = 0;
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      for (let item = this.#reader.next(); item !== undefined; item = this.#reader.next())
        this.heard.push(item);
      this.#wake();
    });
  }

  static async open(port: number): Promise<Listener> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const listener = new Listener(socket);
    listener.send("CLIENT", "ID");
    await listener.until((heard) => heard.length === 1);
    listener.id = Number(String(listener.heard.pop()).slice(1));
    return listener;
  }

  send(...args: readonly Argument[]): void {
    this.#socket.write(encode(args));
  }

  /** Waits until the list of what was heard fulfils the condition. */
  async until(done: (heard: readonly WireReply[]) => boolean): Promise<void> {
    while (!done(this.heard)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

const MARK = "transcript-mark";

/** Connections by name on the embedded server and on a real one; what each of them hears must be the same, in the same order. */
export class Transcripts {
  readonly ours: Server;
  readonly real: RigServers;
  readonly #pairs = new Map<string, readonly [Listener, Listener]>();

  private constructor(ours: Server, real: RigServers) {
    this.ours = ours;
    this.real = real;
  }

  static async start(config: Readonly<Record<string, string | number>> = {}): Promise<Transcripts> {
    const real = await startReal({ config });
    return new Transcripts(await startServer({ config }), real);
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs.values()) for (const listener of pair) listener.close();
    await Promise.all([this.ours.close(), this.real.stop()]);
  }

  /** Connections of one name get the same id on both sides, so that ids in replies are equal too. */
  async open(name: string, resp: 2 | 3 = 2): Promise<void> {
    if (this.#pairs.has(name)) await this.hangUp(name);
    const ports = [this.ours.port, this.real.node.port] as const;
    const pair: [Listener, Listener] = [await Listener.open(ports[0]), await Listener.open(ports[1])];
    while (pair[0].id !== pair[1].id) {
      const lower = pair[0].id < pair[1].id ? 0 : 1;
      pair[lower].close();
      pair[lower] = await Listener.open(ports[lower]);
    }
    this.#pairs.set(name, pair);
    if (resp === 3) await this.say(name, ["HELLO", 3]);
    for (const listener of pair) listener.heard.length = 0;
  }

  /** Sends a command and waits for `items` replies or pushes. `$name` in an argument is the id of that connection. */
  async say(name: string, args: readonly Argument[], items = 1): Promise<void> {
    await Promise.all(
      this.#pair(name).map(async (listener) => {
        const before = listener.heard.length;
        listener.send(...args.map((arg) => this.#filled(arg)));
        await listener.until((heard) => heard.length >= before + items);
      }),
    );
  }

  /** Sends what gets no answer. */
  tell(name: string, args: readonly Argument[]): void {
    for (const listener of this.#pair(name)) listener.send(...args);
  }

  /** Expects that the connection heard the same on both sides since the last time, and returns it. */
  async same(name: string): Promise<WireReply[]> {
    const [ours, real] = await this.both(name);
    expect(ours).toEqual(real);
    return ours;
  }

  /** What the connection heard since the last time, from both. */
  async both(name: string): Promise<[ours: WireReply[], real: WireReply[]]> {
    const pair = this.#pair(name);
    const isMark = (item: WireReply) => texts(item).includes(MARK);
    for (const listener of pair) {
      listener.send("PING", MARK);
      await listener.until((heard) => heard.some(isMark));
    }
    return pair.map(({ heard }) => {
      const items = heard.splice(0);
      return items.slice(0, items.findIndex(isMark));
    }) as [WireReply[], WireReply[]];
  }

  async hangUp(name: string): Promise<void> {
    const { id } = this.#pair(name)[0];
    for (const listener of this.#pair(name)) listener.close();
    this.#pairs.delete(name);
    // Until both servers have seen it.
    for (const port of [this.ours.port, this.real.node.port]) {
      const asking = await Listener.open(port);
      for (let gone = false; !gone; ) {
        asking.heard.length = 0;
        asking.send("CLIENT", "LIST", "ID", id);
        await asking.until((heard) => heard.length > 0);
        gone = asking.heard[0] === "$";
      }
      asking.close();
    }
  }

  #pair(name: string): readonly [Listener, Listener] {
    return this.#pairs.get(name) as readonly [Listener, Listener];
  }

  #filled(arg: Argument): Argument {
    if (typeof arg !== "string" || !arg.startsWith("$")) return arg;
    return this.#pairs.get(arg.slice(1))?.[0].id ?? arg;
  }
}
