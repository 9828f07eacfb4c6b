import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { Propagated } from "../../../src/server/hooks.ts";
import { asString } from "../../../src/server/protocol/bytes.ts";
import { until } from "../../rig/index.ts";
import { describeWithReference, ServerPair } from "../differential.ts";
import { ReplyReader, texts } from "../resp-reply.ts";
import { NORMALISE } from "./normalise.ts";
import { RandomCommands } from "./random-commands.ts";
import { ABSOLUTE_MILLISECONDS } from "./random-values.ts";

const AT_ONCE = 50;
const ROUNDS = 60;
const TIMED = new Set(["SET", "PEXPIREAT", "RESTORE"]);
const EXACT = new Set<string>(ABSOLUTE_MILLISECONDS);

/** What a replica of the real server gets, as lines of words. */
class ReplicationStream {
  readonly lines: string[][] = [];
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  /** What came of the RDB that precedes the stream, until it is whole. */
  #file: Buffer | undefined = Buffer.alloc(0);

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.write("SYNC\r\n");
    this.#socket.on("data", (chunk) => this.#received(chunk));
  }

  get begun(): boolean {
    return this.#file === undefined;
  }

  close(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    if (this.#file === undefined) this.#commands(chunk);
    else {
      this.#file = Buffer.concat([this.#file, chunk]);
      // Empty lines keep the connection alive until the file is ready.
      const head = /^\n*\$(\d+)\r\n/.exec(this.#file.toString("latin1"));
      const end = head === null ? Number.POSITIVE_INFINITY : head[0].length + Number(head[1]);
      if (this.#file.length < end) return;
      const rest = this.#file.subarray(end);
      this.#file = undefined;
      this.#commands(rest);
    }
  }

  #commands(chunk: Buffer): void {
    this.#reader.push(chunk);
    for (let reply = this.#reader.next(); reply !== undefined; reply = this.#reader.next()) {
      const words = texts(reply);
      if (words[0] !== "PING") this.lines.push(words);
    }
  }
}

/** A group as the real stream writes it: the database first where it changed, MULTI and EXEC around more than one command. */
function streamOf(groups: readonly (readonly Propagated[])[]): string[][] {
  let selected = -1;
  const lines: string[][] = [];
  for (const group of groups) {
    for (const [index, { db, argv }] of group.entries()) {
      if (db !== selected) lines.push(["SELECT", String(db)]);
      selected = db;
      if (index === 0 && group.length > 1) lines.push(["MULTI"]);
      lines.push(argv.map(asString));
    }
    if (group.length > 1) lines.push(["EXEC"]);
  }
  return lines;
}

/** Times that were counted from now on are some time. */
function timeless(words: readonly string[]): string {
  const timed = TIMED.has((words[0] as string).toUpperCase());
  const isTime = (word: string) => timed && /^\d{13,}$/.test(word) && !EXACT.has(word);
  return JSON.stringify(words.map((word) => (isTime(word) ? "some time" : word)));
}

describeWithReference("what is propagated", () => {
  test("is what the real server sends its replicas, for every command that writes", async () => {
    const pair = await ServerPair.start({
      normalise: NORMALISE,
      config: { "enable-debug-command": "yes", "repl-diskless-sync": "no" },
    });
    const stream = new ReplicationStream(pair.real.node.port);
    try {
      pair.ours.node.activeExpire = false;
      const groups: (readonly Propagated[])[] = [];
      pair.ours.node.hooks.propagated.push((group) => groups.push(group));
      await (await pair.clients())[1].call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
      await until("the replication stream begins", () => stream.begun);
      // SCAN comes upon expired keys in an order that the real server draws anew at every start.
      const commands = new RandomCommands(4711, ["SCAN"]);
      for (let round = 0; round < ROUNDS; round += 1) {
        await pair.samePipeline(Array.from({ length: AT_ONCE }, () => commands.next()));
      }
      await pair.samePipeline([["SET", "the end", "1"]]);
      const last = () => stream.lines.at(-1)?.[1] === "the end";
      await until("the stream ends", last);
      expect(stream.lines.length).toBeGreaterThan(500);
      expect(streamOf(groups).map(timeless)).toEqual(stream.lines.map(timeless));
    } finally {
      stream.close();
      await pair.close();
    }
  });
});
