import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import {
  connect,
  msgpackMetadata,
  NotAppliedError,
  OutcomeUnknownError,
  RecordStore,
  type SlotClient,
  TimeoutError,
} from "../../src/index.ts";
import { keySlot } from "../../src/slots/index.ts";
import { resp, type ScriptedServer, startScripted, startScriptedCluster } from "../rig/index.ts";
import { errorOf } from "./outcome.ts";

// Row 51: the deadline in every state of a call, and what becomes of the late reply.

const TIMEOUT_MS = 200;

/** A plain timer of the same length that began with the call: what this machine makes of 200 ms. */
async function expectAtDeadline(call: Promise<unknown>): Promise<TimeoutError> {
  const began = performance.now();
  let timerEndedAt = 0;
  const timer = setTimeout(() => {
    timerEndedAt = performance.now();
  }, TIMEOUT_MS);
  const error = await errorOf(call);
  const endedAt = performance.now();
  clearTimeout(timer);
  expect(error).toBeInstanceOf(TimeoutError);
  // Half: on a busy machine the call, made first, has a head start on `began`.
  expect(endedAt - began).toBeGreaterThan(TIMEOUT_MS / 2);
  // The design's 20 ms, widened by what a busy machine may put between two timers that are due together.
  expect(endedAt - (timerEndedAt || endedAt)).toBeLessThan(500);
  return error as unknown as TimeoutError;
}

function reasons(error: TimeoutError): Error[] {
  return error.results.map((result) => (result as PromiseRejectedResult).reason);
}

function silentOn(...names: string[]): Promise<ScriptedServer> {
  return startScripted(({ name, text }) => {
    if (names.includes(name)) return null;
    return name === "GET" || name === "ECHO" ? resp(text[0] ?? "") : undefined;
  });
}

const PATIENT = { timeoutMs: TIMEOUT_MS, deadNodeTimeoutMs: 60_000 };

describe("the deadline", () => {
  test("of a call in flight: writes are unknown, reads not applied", async () => {
    await using server = await silentOn("INCR", "GET", "DEL");
    const client = await connect(server.url, PATIENT);
    const [deleted, read] = await Promise.all([
      expectAtDeadline(client.del(["a", "b"])),
      expectAtDeadline(client.mget(["a"])),
    ]);
    expect(reasons(deleted).map(({ name }) => name)).toEqual(["OutcomeUnknownError", "OutcomeUnknownError"]);
    expect(reasons(read)[0]).toBeInstanceOf(NotAppliedError);
    await closeSilent(client, server);
  });

  test("of a call that waits for the window: nothing of it is written, and it leaves the queue", async () => {
    await using server = await silentOn("GET");
    const client = await connect(server.url, { ...PATIENT, maxInFlightBytes: 1 });
    const first = errorOf(client.mget(["first"], { timeoutMs: 400 }));
    const queued = expectAtDeadline(client.mset([["queued", "x".repeat(1000)]]));
    expect(client.stats().queuedBytes).toBeGreaterThan(1000);
    expect(reasons(await queued)[0]).toBeInstanceOf(NotAppliedError);
    expect(client.stats().queuedBytes).toBe(0);
    await first;
    expect(server.names).not.toContain("SET");
    await closeSilent(client, server);
  });

  test("of a call that waits for the connection", async () => {
    await using server = await silentOn("INFO");
    const client = await connect(server.url, {
      ...PATIENT,
      lazyConnect: true,
      cluster: false,
      connectTimeoutMs: 1000,
    });
    const error = await expectAtDeadline(client.mset([["a", "1"]]));
    expect(reasons(error)[0]).toBeInstanceOf(NotAppliedError);
    const outcomes = await client.batch().call("GET", "a").exec();
    expect((outcomes[0] as PromiseRejectedResult).reason).toBeInstanceOf(NotAppliedError);
    await closeSilent(client, server);
  });

  test("of a call that was redirected to a node that keeps silent", async () => {
    const servers = await startScriptedCluster(2, (node, { name, text }) => {
      if (name !== "GET") return undefined;
      return node === 0 ? `-ASK ${keySlot(text[0] ?? "")} ${servers[1]?.address}\r\n` : null;
    });
    const [first, second] = servers as [ScriptedServer, ScriptedServer];
    await using _first = first;
    await using _second = second;
    const client = await connect(first.url, PATIENT);
    const key = keySlot("foo") < 8192 ? "foo" : "bar";
    const error = await expectAtDeadline(client.mget([key]));
    expect(second.names.filter((name) => name === "GET")).toHaveLength(1);
    expect(reasons(error)[0]).toBeInstanceOf(NotAppliedError);
    await closeSilent(client, first, second);
  });

  test.each(["TRYAGAIN later", "CLUSTERDOWN Hash slot not served", "LOADING wait", "BUSY script"])(
    "of a call that waits for its next try after %s",
    async (text) => {
      await using server = await startScripted(({ name }) =>
        name === "INCR" || name === "DEL" ? `-${text}\r\n` : undefined,
      );
      await using client = await connect(server.url, PATIENT);
      // The longest backoffs: tries after 0, 16, 48 and 112 ms, and none is on the wire when the deadline comes.
      const random = vi.spyOn(Math, "random").mockReturnValue(0.999);
      const error = await expectAtDeadline(client.del(["a"])).finally(() => random.mockRestore());
      expect(reasons(error)[0]).toBeInstanceOf(NotAppliedError);
      expect(reasons(error)[0]).toMatchObject({ cause: { code: text.split(" ")[0] } });
      const seen = server.names.filter((name) => name === "DEL").length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(server.names.filter((name) => name === "DEL")).toHaveLength(seen);
      expect(client.stats()).toMatchObject({ queuedBytes: 0, inFlightBytes: 0 });
    },
  );

  test("of a call to a node that refuses every connection", async () => {
    const server = await silentOn();
    const client = await connect(server.url, PATIENT);
    await Promise.all([once(client, "nodeDown"), server.stop()]);
    const error = await expectAtDeadline(client.mset([["a", "1"]]));
    expect(reasons(error)[0]).toBeInstanceOf(NotAppliedError);
    await client.close();
  });
});

describe("an abort", () => {
  test("settles at once in every one of these states, with the signal's reason as cause", async () => {
    await using server = await silentOn("GET");
    const client = await connect(server.url, { deadNodeTimeoutMs: 60_000, maxInFlightBytes: 1 });
    await using gone = await silentOn("INFO");
    const lazy = await connect(gone.url, { lazyConnect: true, cluster: false, connectTimeoutMs: 1000 });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      client.mget(["in flight"], { signal }),
      client.mget(["queued"], { signal }),
      lazy.mget(["not connected"], { signal }),
      lazy.batch().call("GET", "not connected").exec({ signal }),
    ].map(errorOf);
    await expect.poll(() => server.names).toContain("GET");
    const reason = new Error("enough");
    controller.abort(reason);
    const began = performance.now();
    for (const call of calls)
      expect(await call).toMatchObject({ name: "AbortError", code: "ABORTED", cause: reason });
    expect(performance.now() - began).toBeLessThan(3000);
    await closeSilent(client, server);
    await closeSilent(lazy, gone);
  });
});

describe("a reply that comes after the deadline", () => {
  test("is dropped, and the replies behind it on the same connection reach their own calls", async () => {
    const held: ((answer: Uint8Array) => void)[] = [];
    await using server = await startScripted(({ name, text: [key = ""] }) => {
      if (name !== "GET") return undefined;
      return key.startsWith("late")
        ? new Promise<Uint8Array>((resolve) => held.push(resolve))
        : resp(`is ${key}`);
    });
    await using client = await connect(server.url, PATIENT);
    const late = [0, 1, 2].map((i) => expectAtDeadline(client.mget([`late${i}`, `beside${i}`])));
    const behind = [0, 1, 2].map((i) => client.mget([`a${i}`, `b${i}`], { timeoutMs: 10_000 }));
    await Promise.all(late);
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => held.length).toBe(i + 1);
      held[i]?.(resp("far too late"));
    }
    for (let i = 0; i < 3; i++) expect((await behind[i])?.map(String)).toEqual([`is a${i}`, `is b${i}`]);
    expect((await client.mget(["c"])).map(String)).toEqual(["is c"]);
    expect(server.accepted).toBe(1);
    expect(client.stats()).toMatchObject({ desyncs: 0, inFlightBytes: 0, queuedBytes: 0 });
  });

  test("is not written into the caller's buffer, nor does it keep another call's value from its own", async () => {
    const size = 256 * 1024;
    const value = Buffer.alloc(size, "v");
    const metadata = msgpackMetadata().encode({ n: 1 }, size);
    let release: () => void = () => {};
    const half = new Promise<void>((resolve) => (release = resolve));
    await using server = await startScripted(({ name }, connection) => {
      if (name !== "MGET") return undefined;
      const answer = resp([metadata, value]);
      // The first half of the value now, the rest when the test says so.
      connection.write(answer.subarray(0, size / 2));
      return half.then(() => answer.subarray(size / 2));
    });
    await using client = await connect(server.url, { ...PATIENT, timeoutMs: 10_000 });
    const store = new RecordStore(client);
    const mine = Buffer.alloc(size, ".");
    const others = Buffer.alloc(size, ".");
    const first = store.getMany(["first"], { into: [mine] });
    const second = errorOf(store.getMany(["second"], { into: [others], timeoutMs: TIMEOUT_MS }));
    // Times out while the first one's value is being received on the same connection.
    expect((await second).code).toBe("TIMEOUT");
    others.fill("!");
    release();
    const [record] = await first;
    expect(Buffer.compare(record?.bytes ?? Buffer.alloc(0), value)).toBe(0);
    await client.mget(["end of the queue"]).catch(() => {});
    expect(others.equals(Buffer.alloc(size, "!"))).toBe(true);
    expect(server.accepted).toBe(1);
  });
});

/** A silent peer's work ends with its connection. */
async function closeSilent(client: SlotClient, ...servers: ScriptedServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
  await client.close();
}

describe("the outcome at the deadline", () => {
  test("is unknown for what was written and not applied for what was not, within one call", async () => {
    await using server = await silentOn("DEL");
    const client = await connect(server.url, { ...PATIENT, maxInFlightBytes: 1, chunkSize: 2 });
    const error = await expectAtDeadline(client.del(["a", "b", "c", "d"]));
    const [a, b, c, d] = reasons(error);
    for (const reason of [a]) expect(reason).toBeInstanceOf(OutcomeUnknownError);
    for (const reason of [b, c, d]) expect(reason).toBeInstanceOf(NotAppliedError);
    expect(error.results).toHaveLength(4);
    await closeSilent(client, server);
  });
});
