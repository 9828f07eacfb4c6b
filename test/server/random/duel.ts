import type { Argument } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";
import { normalHeard } from "./heard.ts";
import { commandName, shown, WAITING } from "./names.ts";
import type { Context } from "./normalise.ts";
import { Difference, type Place } from "./place.ts";
import { CLOSED, Stream } from "./stream.ts";

/** One command of a sequence, for one of its connections. */
export interface Step {
  readonly on: string;
  /** `{id:a}`, `{addr:a}`, `{laddr:a}`, `{target:0}`, `{node:1}` stand for what each server calls connection a and node 1. */
  readonly args: readonly Argument[];
  /** Closes other connections: everything has to be heard before. */
  readonly ends?: boolean;
}

interface Pair {
  readonly streams: readonly [ours: Stream, real: Stream];
  readonly id: string;
  readonly node: number;
  resp: 2 | 3;
  /** Within MULTI: what was queued. */
  queue: (readonly Argument[])[] | undefined;
}

/** A side's context while connections come. */
interface Known extends Context {
  readonly ids: Set<string>;
  readonly names: Map<string, string>;
}

const KEPT = 60;

/** Connections by name to both servers, which are told the same one command at a time; every connection must hear the same. */
export class Duel {
  readonly #places: readonly [ours: Place, real: Place];
  readonly #pairs = new Map<string, Pair>();
  readonly #contexts: readonly [Known, Known];
  readonly #history: string[] = [];
  /** Commands sent to each server, and how often the connection spoke RESP3. */
  sent = 0;
  sent3 = 0;
  /** Somebody may see every command, also those that one side needs more often: no whole iterations any more. */
  observed = false;
  #marks = 0;

  constructor(ours: Place, real: Place, commands: ReadonlySet<string>, places: ReadonlySet<string>) {
    this.#places = [ours, real];
    const context = (place: Place): Known => ({
      commands,
      places,
      target: String(place.target),
      ids: new Set(),
      names: new Map(
        place.ports.flatMap((port, index): [string, string][] => [
          [String(port), `<port ${index}>`],
          [String(port + 10_000), `<bus ${index}>`],
          [place.ids[index] ?? "", `<node ${index}>`],
        ]),
      ),
    });
    this.#contexts = [context(ours), context(real)];
  }

  get names(): string[] {
    return [...this.#pairs.keys()];
  }

  get history(): readonly string[] {
    return this.#history;
  }

  resp(name: string): 2 | 3 {
    return this.#pair(name).resp;
  }

  inMulti(name: string): boolean {
    return this.#pair(name).queue !== undefined;
  }

  node(name: string): number {
    return this.#pair(name).node;
  }

  has(name: string): boolean {
    return this.#pairs.has(name);
  }

  /** Both servers number their connections; those of one name get the same number. */
  async open(name: string, resp: 2 | 3, node = 0): Promise<void> {
    const pair = await Promise.all([this.#greet(0, node), this.#greet(1, node)]);
    while (pair[0].id !== pair[1].id) {
      const lower = pair[0].id < pair[1].id ? 0 : 1;
      pair[lower].stream.close();
      pair[lower] = await this.#greet(lower, node);
    }
    const streams = [pair[0].stream, pair[1].stream] as const;
    const id = String(pair[0].id);
    this.#pairs.set(name, { streams, id, node, resp: 2, queue: undefined });
    for (const [side, context] of this.#contexts.entries()) {
      context.ids.add(id);
      context.names.set(String((streams[side] as Stream).localPort), `<${name}>`);
    }
    if (resp === 3) await this.say({ on: name, args: ["HELLO", "3"] });
  }

  async #greet(side: 0 | 1, node: number): Promise<{ stream: Stream; id: number }> {
    const stream = await Stream.open(this.#places[side].ports[node] as number);
    const ask = async (...args: string[]) => {
      stream.send(args);
      return String((await stream.take())[0]);
    };
    // Whatever became of the default user.
    await ask("AUTH", "control", "control");
    const id = Number((await ask("CLIENT", "ID")).slice(1));
    await ask("RESET");
    return { stream, id };
  }

  /** Sends the command, waits for both answers and compares all that this connection heard up to them. */
  async say(step: Step): Promise<WireReply[]> {
    if (step.ends) await this.sync();
    const pair = this.#pair(step.on);
    this.#note(step);
    const name = commandName(step.args);
    if (name === "monitor" || step.args.includes("slowlog-log-slower-than")) this.observed = true;
    // These may have no reply, or several.
    const several = WAITING.has(name) && pair.queue === undefined;
    // What is swallowed here is asked for again by the CLIENT REPLY ON that follows.
    const silent =
      several && commandName(step.args) === "client|reply" && /^off$/i.test(String(step.args[2]));
    const mark = several ? this.#mark() : undefined;
    for (const side of [0, 1] as const) {
      pair.streams[side].send(step.args.map((arg) => this.#filled(arg, side)));
      if (name === "client|reply" && mark !== undefined) pair.streams[side].send([`skipped-${mark}`]);
      if (mark !== undefined && !silent) pair.streams[side].send([mark]);
    }
    if (silent) return [];
    this.sent += 1;
    if (pair.resp === 3) this.sent3 += 1;
    const heard = await this.#compare(
      step,
      pair,
      mark === undefined ? undefined : `-ERR unknown command '${mark}'`,
    );
    this.#follow(pair, name, step.args, heard.at(mark === undefined ? -1 : -2));
    if (heard.at(-1) === CLOSED) await this.#again(step.on, pair);
    return heard;
  }

  /** Everything that any connection was told unasked is compared. */
  async sync(): Promise<void> {
    for (const [on, pair] of [...this.#pairs]) {
      if (pair.queue !== undefined) await this.say({ on, args: ["WATCH", "k"] });
      else await this.#await(on);
    }
  }

  async #await(on: string): Promise<void> {
    const pair = this.#pair(on);
    const mark = this.#mark();
    for (const stream of pair.streams) stream.send([mark]);
    const heard = await this.#compare({ on, args: ["(sync)"] }, pair, `-ERR unknown command '${mark}'`);
    if (heard.at(-1) === CLOSED) await this.#again(on, pair);
  }

  /** All keys that SCAN gives from 0 to 0, on each server for itself. */
  async scan(on: string, options: readonly string[]): Promise<void> {
    const pair = this.#pair(on);
    this.#note({ on, args: ["SCAN", "(all)", ...options] });
    const all = await Promise.all(
      pair.streams.map(async (stream) => {
        const keys = new Set<string>();
        let cursor = "0";
        do {
          stream.send(["SCAN", cursor, ...options]);
          const reply = (await stream.take()).at(-1) as WireReply;
          if (typeof reply === "string") return reply;
          for (const key of (reply[2] as WireReply[]).slice(1)) keys.add(String(key));
          cursor = String(reply[1]).slice(1);
        } while (cursor !== "0");
        return [...keys].sort();
      }),
    );
    this.sent += 1;
    if (JSON.stringify(all[0]) !== JSON.stringify(all[1]))
      this.#differ(`SCAN ${options.join(" ")}`, all[0] as WireReply, all[1] as WireReply);
  }

  close(): void {
    for (const name of this.names) this.hangUp(name);
  }

  hangUp(name: string): void {
    for (const stream of this.#pair(name).streams) stream.close();
    this.#pairs.delete(name);
  }

  async #compare(step: Step, pair: Pair, mark: string | undefined): Promise<WireReply[]> {
    const take = (until?: string) => Promise.all(pair.streams.map((stream) => stream.take(until)));
    const heard = await take(mark);
    if (commandName(step.args) === "exec") {
      // What is left over of an array that was too short comes before the mark.
      const behind = this.#mark();
      for (const stream of pair.streams) stream.send([behind]);
      const rest = await take(`-ERR unknown command '${behind}'`);
      for (const [side, items] of rest.entries())
        if (heard[side]?.at(-1) !== CLOSED) heard[side]?.push(...items);
    }
    const [ours, real] = heard as [WireReply[], WireReply[]];
    if (same(ours, real)) return real;
    const normal = heard.map((items, side) => {
      return normalHeard(items, step.args, pair.queue ?? [], this.#contexts[side as 0 | 1]);
    });
    const [mine, theirs] = normal as [WireReply[], WireReply[]];
    if (!same(mine, theirs)) this.#differ(`${step.on}: ${shown(step.args)}`, mine, theirs);
    return real;
  }

  #follow(pair: Pair, name: string, args: readonly Argument[], reply: WireReply | undefined): void {
    if (typeof reply === "string" && reply === "+QUEUED") pair.queue?.push(args);
    else if (name === "multi" && reply === "+OK") pair.queue = [];
    else if (name === "reset" && reply === "+RESET") {
      pair.queue = undefined;
      pair.resp = 2;
    } else if (name === "discard" && reply === "+OK") pair.queue = undefined;
    else if (name === "exec") pair.queue = undefined;
    else if (name === "hello" && typeof reply !== "string" && args.length > 1)
      pair.resp = String(args[1]) === "3" ? 3 : 2;
  }

  async #again(name: string, { node, resp }: Pair): Promise<void> {
    this.hangUp(name);
    await this.open(name, resp, node);
  }

  #mark(): string {
    this.#marks += 1;
    return `mark-${this.#marks}`;
  }

  #note({ on, args }: Step): void {
    this.#history.push(`${on}: ${shown(args)}`);
    if (this.#history.length > KEPT) this.#history.shift();
  }

  #differ(what: string, ours: WireReply, real: WireReply): never {
    const [mine, theirs] = [JSON.stringify(ours), JSON.stringify(real)];
    let at = 0;
    while (mine[at] === theirs[at]) at += 1;
    const part = (text: string) => `${at > 200 ? "…" : ""}${text.slice(Math.max(0, at - 200), at + 300)}`;
    throw new Difference(`${what}
  ours: ${part(mine)}
  real: ${part(theirs)}`);
  }

  #pair(name: string): Pair {
    const pair = this.#pairs.get(name);
    if (pair === undefined) throw new Error(`no connection ${name}`);
    return pair;
  }

  #filled(arg: Argument, side: 0 | 1): Argument {
    if (typeof arg !== "string" || !arg.includes("{")) return arg;
    return arg.replace(/\{(id|addr|laddr|node|target):(\w+)\}/g, (whole, kind: string, name: string) => {
      const place = this.#places[side];
      if (kind === "target") return String(place.target);
      if (kind === "node") return place.ids[Number(name)] ?? whole;
      const pair = this.#pairs.get(name);
      if (pair === undefined) return "0";
      const stream = pair.streams[side];
      if (kind === "id") return pair.id;
      return `127.0.0.1:${kind === "addr" ? stream.localPort : stream.port}`;
    });
  }
}

function same(one: WireReply[], other: WireReply[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
