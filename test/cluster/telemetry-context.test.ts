import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Context, type ContextManager, context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BatchMessage, connect, type NodeMessage, RecordStore } from "../../src/index.ts";
import { snippetFiles } from "../project/readme-snippets.ts";
import { ROOT } from "../project/source-tree.ts";
import { describeWithServer, type RigCluster, startCluster } from "../rig/index.ts";

type Handlers<M> = Partial<
  Record<"start" | "end" | "asyncStart" | "asyncEnd" | "error", (message: M) => void>
>;

/** Subscribes until the work is done. */
async function listening<M extends object>(
  name: string,
  handlers: Handlers<M>,
  work: () => Promise<void>,
): Promise<void> {
  const channels = tracingChannel<unknown, M>(name);
  channels.subscribe(handlers as never);
  try {
    await work();
  } finally {
    channels.unsubscribe(handlers as never);
  }
}

describeWithServer("telemetry in async contexts", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test("all events of a call, and of its writes, come in the caller's own context", async () => {
    await using client = await connect(cluster.url, { chunkSize: 1, maxInFlightBytes: 1 });
    const caller = new AsyncLocalStorage<string>();
    const seen = new Map<string, Set<string | undefined>>();
    const note = (what: string) => () => {
      const found = seen.get(what) ?? new Set();
      seen.set(what, found.add(caller.getStore()));
    };
    const batch = { start: note("start"), asyncStart: note("asyncStart"), asyncEnd: note("asyncEnd") };
    // Packets wait for each other here, so that most are written while another's reply is read.
    const writes: Handlers<NodeMessage> = {
      start: ({ batch }) => batch && note("write start")(),
      asyncEnd: ({ batch }) => batch && note("write end")(),
    };
    const keys = Array.from({ length: 60 }, (_, i) => `context:${i}`);
    await listening("slotpack:batch", batch, () =>
      listening("slotpack:node", writes, async () => {
        await caller.run("the caller", () => client.mget(keys));
      }),
    );
    const own = new Set(["the caller"]);
    const steps = ["start", "asyncStart", "asyncEnd", "write start", "write end"];
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(steps.map((step) => [step, own])));
  });

  test("calls at the same time keep theirs apart, and what binds a store at start finds it in the writes", async () => {
    await using client = await connect(cluster.url);
    const store = new RecordStore<number>(client, { layout: "upstream-pair", readLayouts: ["tagged-pair"] });
    const bound = new AsyncLocalStorage<BatchMessage>();
    const { start } = tracingChannel<BatchMessage, BatchMessage>("slotpack:batch");
    start.bindStore(bound, (message) => message);
    let writeCount = 0;
    const asyncEnd = ({ batch }: NodeMessage) => {
      if (batch === undefined) return;
      expect(bound.getStore()).toBe(batch);
      writeCount++;
    };
    await listening<NodeMessage>("slotpack:node", { start: asyncEnd, asyncEnd }, async () => {
      const calls = Array.from({ length: 30 }, (_, i) =>
        i % 2 === 0 ? client.mget([`apart:${i}`, `apart:${i + 1}`]) : store.getMany([`apart:${i}`, "other"]),
      );
      await Promise.all<unknown>(calls);
    });
    start.unbindStore(bound);
    expect(writeCount).toBeGreaterThanOrEqual(60);
    expect(bound.getStore()).toBeUndefined();
  });

  test("a subscriber that throws is an uncaught exception, and in a process that survives it the call goes on", async () => {
    await using client = await connect(cluster.url);
    await client.mset([["thrower", "v"]]);
    const uncaught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error));
    const throwOnce = (text: string) => {
      let thrown = false;
      return () => {
        if (thrown) return;
        thrown = true;
        throw new Error(text);
      };
    };
    const batch = { start: throwOnce("batch start"), asyncEnd: throwOnce("batch end") };
    const writes = { start: throwOnce("write start"), asyncEnd: throwOnce("write end") };
    try {
      await listening("slotpack:node", writes, () =>
        listening("slotpack:batch", batch, async () => {
          // A connection that is read from while something throws is made anew, see read-guard.ts.
          for (let i = 0; i < 3; i++) expect((await client.mget(["thrower"])).map(String)).toEqual(["v"]);
        }),
      );
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of others) process.on("uncaughtException", listener);
    }
    const texts = uncaught.map((error) => (error as Error).message).toSorted();
    expect(texts).toEqual(["batch end", "batch start", "write end", "write start"]);
    expect(client.stats().desyncs).toBe(0);
  });
});

/** What an OpenTelemetry SDK for Node registers, as far as this test needs it. */
class StorageContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(active, () => work.call(self, ...args));
  }
  bind<T>(_: Context, target: T): T {
    return target;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

describeWithServer("the recipe for OpenTelemetry", () => {
  test("makes the application's span the parent of the call's, and that the parent of its writes", async () => {
    await using cluster = await startCluster();
    mkdirSync(join(ROOT, "build"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, "build", "recipe-"));
    const recipe = readFileSync(join(ROOT, "docs/recipes/opentelemetry.md"), "utf8");
    const { name, text } = snippetFiles(recipe, new Map())[0]!;
    writeFileSync(join(folder, name), text);
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    context.setGlobalContextManager(new StorageContextManager());
    const tracer = provider.getTracer("test");
    await using client = await connect(cluster.url);
    const { traceSlotpack } = (await import(pathToFileURL(join(folder, name)).href)) as {
      traceSlotpack(own: typeof tracer): void;
    };
    rmSync(folder, { recursive: true });
    traceSlotpack(tracer);

    const keys = Array.from({ length: 30 }, (_, i) => `span:${i}`);
    const request = tracer.startSpan("GET /page");
    await context.with(trace.setSpan(context.active(), request), () => client.mget(keys));
    request.end();
    await client.batch().call("LPUSH", "{span}list", "x").exec();
    await expect(client.mget(["{span}list"])).rejects.toMatchObject({ code: "WRONGTYPE" });

    const spans = exporter.getFinishedSpans();
    const call = spans.find((span) => span.name === "slotpack.mget")!;
    const writes = spans.filter((span) => span.parentSpanContext?.spanId === call.spanContext().spanId);
    expect(call.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(call.attributes).toMatchObject({
      "db.system.name": "redis",
      "db.operation.name": "mget",
      "db.operation.batch.size": 30,
      "db.namespace": "0",
      "slotpack.misses": 30,
    });
    expect(writes.map(({ attributes }) => attributes["server.port"]).toSorted()).toEqual(
      cluster.primaries.map(({ port }) => port).toSorted(),
    );
    expect(new Set([call, ...writes].map((span) => span.spanContext().traceId)).size).toBe(1);
    const failed = spans.filter((span) => span.name === "slotpack.mget").at(-1)!;
    expect(failed.attributes["error.type"]).toBe("WRONGTYPE");
    expect(failed.attributes["db.operation.batch.size"]).toBeUndefined();
    expect(failed.status.code).toBe(2);
    context.disable();
  });
});
