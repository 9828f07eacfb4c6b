import { describe, expect, test } from "vitest";
import { BatchError, KvConnector, TimeoutError } from "../../src/index.ts";
import { type ScriptedCommand, type ScriptedServer, startScripted, until } from "../rig/index.ts";
import { chunkOf, keysOf } from "./chunks.ts";

const NOTHING = "$-1\r\n";
const ANSWERS: Readonly<Record<string, string>> = {
  GET: NOTHING,
  STRLEN: ":0\r\n",
  MGET: `*2\r\n${NOTHING}${NOTHING}`,
  MSET: "+OK\r\n",
  UNLINK: ":2\r\n",
};

/** A server that has no records, takes any, and holds back answers to what a test says. */
class HeldServer implements AsyncDisposable {
  readonly #server: ScriptedServer;
  readonly #release: () => void;

  private constructor(server: ScriptedServer, release: () => void) {
    this.#server = server;
    this.#release = release;
  }

  static async start(holds: (command: ScriptedCommand) => boolean): Promise<HeldServer> {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await startScripted(async (command) => {
      if (holds(command)) await released;
      return ANSWERS[command.name];
    });
    return new HeldServer(server, release);
  }

  get url(): string {
    return this.#server.url;
  }

  release(): void {
    this.#release();
  }

  /** Keys of the commands on records so far, by what they do. */
  get work(): string[] {
    return this.#server.commands
      .filter(({ name }) => name !== "STRLEN" && Object.hasOwn(ANSWERS, name))
      .map(({ name, text }) => `${name} ${/\{(.*)\}/.exec(text[0]!)?.[1]}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await this.#server.stop();
  }
}

/** No silence of a server that holds its answers back is to be taken for its death. */
const PATIENT = { timeoutMs: 60_000, deadNodeTimeoutMs: 60_000 };
const isAbout = (key: string) => (command: ScriptedCommand) => command.text[0]?.includes(`{${key}}`) === true;

describe("the queue of a connector", () => {
  test.each([true, false])("goes by priority to the wire: lanes %s", async (lanes) => {
    await using server = await HeldServer.start(isAbout("first"));
    await using connector = await KvConnector.connect(server.url, { ...PATIENT, workers: 1, lanes });
    const chunk = chunkOf(10);
    const calls: Promise<unknown>[] = [connector.get("first")];
    await until("the worker is busy", () => server.work.length === 1);
    calls.push(
      connector.put("put 1", chunk),
      connector.batchedPut(["put 2", "put 3"], [chunk, chunk]),
      connector.get("get 1"),
      connector.batchedGetNonBlocking("", ["prefetch"]),
      connector.remove("remove"),
      connector.batchedGet(["get 2"]),
      connector.exists("peek 1"),
      connector.batchedContains(["peek 2"]),
      connector.batchedAsyncContains("", ["peek 3"]),
    );
    expect(connector.stats()).toMatchObject({ activeJobs: 1 });
    server.release();
    await Promise.all(calls);
    expect(server.work).toEqual([
      "MGET first",
      "GET peek 1",
      "GET peek 2",
      "GET peek 3",
      "MGET prefetch",
      "MGET get 1",
      "MGET get 2",
      "MSET put 1",
      "MSET put 2",
      "MSET put 3",
      "UNLINK remove",
    ]);
    expect(connector.stats()).toMatchObject({ activeJobs: 0, waitingJobs: 0 });
  });

  test("keeps a worker and its places free of puts", async () => {
    await using server = await HeldServer.start(({ name }) => name === "MSET");
    await using connector = await KvConnector.connect(server.url, {
      ...PATIENT,
      workers: 3,
      maxQueuedJobs: 4,
    });
    const puts = keysOf(6).map((key) => connector.put(key, chunkOf(10)));
    await expect(connector.put("one too many", chunkOf(10))).rejects.toMatchObject({
      code: "QUEUE_OVERFLOW",
    });
    expect(await connector.exists("k")).toBe(false);
    expect(await connector.batchedGet(["k"])).toEqual([null]);
    let room = false;
    const waiting = connector.whenRoom().then(() => {
      room = true;
    });
    expect(await connector.exists("k")).toBe(false);
    expect(room).toBe(false);
    server.release();
    await Promise.all([...puts, waiting]);
  });

  test.each([true, false])("keeps places for puts however many lookups wait: lanes %s", async (lanes) => {
    await using server = await HeldServer.start(isAbout("held"));
    await using connector = await KvConnector.connect(server.url, {
      ...PATIENT,
      workers: 2,
      maxQueuedJobs: 3,
      lanes,
    });
    const held = ["held", "held"].map((key) => connector.get(key));
    const lookups: Promise<unknown>[] = [connector.get("a"), connector.exists("b")];
    // These take reserved places: one with lanes, two without. The rest of them wait in the queue of puts.
    const puts: Promise<void>[] = [];
    const put = async () => {
      await connector.whenRoom();
      puts.push(connector.put(`put ${puts.length}`, chunkOf(10)));
    };
    await put();
    await put();
    lookups.push(connector.get("c"));
    expect(connector.stats()).toMatchObject({ activeJobs: 2, waitingJobs: 5 });
    for (const refused of [connector.exists("d"), connector.batchedGet(["d"]), connector.get("d")])
      await expect(refused).rejects.toMatchObject({ name: "NotAppliedError", code: "QUEUE_OVERFLOW" });
    await put();
    await put();
    if (!lanes) await put();
    expect(connector.stats()).toMatchObject({ activeJobs: 2, waitingJobs: 3 + puts.length });
    await expect(connector.put("one too many", chunkOf(10))).rejects.toMatchObject({
      code: "QUEUE_OVERFLOW",
    });
    server.release();
    await Promise.all([...held, ...lookups, ...puts]);
    expect(server.work.filter((work) => work.startsWith("MSET")).sort()).toEqual(
      puts.map((_, i) => `MSET put ${i}`),
    );
  });

  test("accepts a put after whenRoom() while lookups are refused", async () => {
    await using server = await HeldServer.start(({ name }) => name === "MGET" || name === "GET");
    await using connector = await KvConnector.connect(server.url, {
      ...PATIENT,
      workers: 4,
      maxQueuedJobs: 5,
    });
    const lookups = keysOf(9).map((key) => connector.get(key));
    await expect(connector.get("one too many")).rejects.toMatchObject({ code: "QUEUE_OVERFLOW" });
    const puts: Promise<void>[] = [];
    for (const key of keysOf(8, "put")) {
      await connector.whenRoom();
      puts.push(connector.put(key, chunkOf(10)));
    }
    await expect(connector.exists("one too many")).rejects.toMatchObject({ code: "QUEUE_OVERFLOW" });
    server.release();
    await Promise.all([...lookups, ...puts]);
    expect(await connector.exists("k")).toBe(false);
  });

  test("names the caller's own limit when it makes no sense, and takes the highest there is", async () => {
    await using server = await HeldServer.start(() => false);
    await using owner = await KvConnector.connect(server.url, PATIENT);
    expect(() => new KvConnector(owner.client, { maxQueuedJobs: -3 })).toThrow(/maxQueuedJobs: .* got -3$/);
    expect(() => new KvConnector(owner.client, { workers: 1.5 })).toThrow(/workers: .* got 1\.5$/);
    await using guest = new KvConnector(owner.client, { maxQueuedJobs: Number.MAX_SAFE_INTEGER });
    expect(await guest.exists("k")).toBe(false);
  });

  test("ends the waiting at the call's own deadline, with an outcome for every key", async () => {
    await using server = await HeldServer.start(isAbout("first"));
    await using connector = await KvConnector.connect(server.url, { ...PATIENT, workers: 1 });
    const first = connector.get("first");
    const failure = await connector.batchedGet(["a", "b"], { timeoutMs: 100 }).catch((error) => error);
    expect(failure).toBeInstanceOf(TimeoutError);
    expect(failure.results.map((result: PromiseRejectedResult) => result.reason)).toEqual([
      expect.objectContaining({ code: "TIMEOUT", keyIndex: 0 }),
      expect.objectContaining({ code: "TIMEOUT", keyIndex: 1 }),
    ]);
    const controller = new AbortController();
    const aborted = connector
      .batchedPut(["a", "b"], [chunkOf(2), chunkOf(2)], { signal: controller.signal })
      .catch((error) => error);
    expect(connector.stats()).toMatchObject({ waitingJobs: 1, activeJobs: 1 });
    controller.abort("not needed");
    expect(await aborted).toMatchObject({ code: "ABORTED", cause: "not needed" });
    expect((await aborted).results).toHaveLength(2);
    expect(connector.stats().waitingJobs).toBe(0);
    server.release();
    expect(await first).toBeNull();
    expect(server.work).toEqual(["MGET first"]);
  });

  test("ends a put between its portions at the deadline, and tells what was written", async () => {
    await using server = await HeldServer.start(isAbout("key 4"));
    await using connector = await KvConnector.connect(server.url, PATIENT);
    const keys = keysOf(8);
    // Four records fill a portion.
    const chunk = chunkOf(2 * 1024 ** 2);
    const controller = new AbortController();
    const put = connector
      .batchedPut(
        keys,
        keys.map(() => chunk),
        { signal: controller.signal },
      )
      .catch((error) => error);
    await until("the second portion is under way", () => server.work.includes("MSET key 4"));
    controller.abort();
    const failure = await put;
    expect(failure).toBeInstanceOf(BatchError);
    expect(failure.code).toBe("ABORTED");
    const statuses = failure.results.map(({ status }: PromiseSettledResult<void>) => status);
    expect(statuses.slice(0, 4)).toEqual(new Array(4).fill("fulfilled"));
    expect(statuses.slice(4)).toEqual(new Array(4).fill("rejected"));
    expect(failure.results.slice(4).map((result: PromiseRejectedResult) => result.reason.keyIndex)).toEqual([
      4, 5, 6, 7,
    ]);
    server.release();
  });
});
