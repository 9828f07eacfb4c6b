import { Queue, QueueEvents, Worker } from "bullmq";
import { Cluster, Redis } from "ioredis";
import { beforeEach, expect, test } from "vitest";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { EmbeddingCache } from "../../src/recipes/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { until } from "../rig/index.ts";
import { FakeModel } from "./fake-model.ts";

// docs/recipes/task-queue.md: BullMQ beside slotpack on the same servers.

interface IngestJob {
  readonly document: string;
  readonly chunks: string[];
}

const PREFIX = "{q}";
const QUEUE = "ingest";

describeEachServer("a task queue on BullMQ", (on) => {
  beforeEach(() => on.flush());

  const connection = (): Redis | Cluster => {
    const { host, port } = on.servers.node;
    return on.clustered
      ? new Cluster([{ host, port }], { redisOptions: { maxRetriesPerRequest: null } })
      : new Redis({ host, port, maxRetriesPerRequest: null });
  };

  test("works off jobs, tries again what failed, waits with what is delayed, and closes cleanly", async () => {
    const connections = [connection(), connection(), connection()] as const;
    const model = new FakeModel();
    const vectors = new EmbeddingCache(new RedisBackend({ client: on.client }), { embed: model.embed });
    const tries = new Map<string, number>();
    const queue = new Queue<IngestJob, number>(QUEUE, { connection: connections[0], prefix: PREFIX });
    const events = new QueueEvents(QUEUE, { connection: connections[1], prefix: PREFIX });
    const worker = new Worker<IngestJob, number>(
      QUEUE,
      async ({ data }) => {
        const attempt = (tries.get(data.document) ?? 0) + 1;
        tries.set(data.document, attempt);
        if (data.document === "flaky" && attempt < 3) throw new Error("the model is busy");
        return (await vectors.embedMany(data.chunks)).length;
      },
      { connection: connections[2], prefix: PREFIX, concurrency: 4 },
    );
    // One listener per job that is waited for.
    queue.setMaxListeners(100);
    events.setMaxListeners(100);
    try {
      await events.waitUntilReady();
      await worker.waitUntilReady();
      const documents = Array.from({ length: 20 }, (_, i) => ({
        name: "document",
        data: { document: `doc ${i}`, chunks: [`chunk ${i}`, `chunk ${i} again`] },
      }));
      const jobs = await queue.addBulk(documents);
      const flaky = await queue.add(
        "document",
        { document: "flaky", chunks: ["f"] },
        { attempts: 3, backoff: { type: "exponential", delay: 10 } },
      );
      const later = await queue.add("document", { document: "later", chunks: ["l"] }, { delay: 300 });
      expect(await Promise.all(jobs.map((job) => job.waitUntilFinished(events)))).toEqual(jobs.map(() => 2));
      expect(await flaky.waitUntilFinished(events)).toBe(1);
      expect(tries.get("flaky")).toBe(3);
      expect(await later.waitUntilFinished(events)).toBe(1);
      const { processedOn, timestamp } = (await queue.getJob(later.id!))!;
      expect(processedOn! - timestamp).toBeGreaterThanOrEqual(290);
      expect(await queue.getJobCounts("waiting", "active", "delayed", "failed", "completed")).toEqual({
        waiting: 0,
        active: 0,
        delayed: 0,
        failed: 0,
        completed: 22,
      });
      expect(await vectors.embed("chunk 7")).toEqual(model.expected("chunk 7"));
      expect(model.texts).toHaveLength(42);
    } finally {
      await worker.close();
      await events.close();
      await queue.close();
      await Promise.all(connections.map((client) => client.quit()));
    }
    await until("all connections have ended", () => connections.every(({ status }) => status === "end"));
  });

  test("keeps all its keys in the slot of its prefix", async () => {
    const client = connection();
    const queue = new Queue(QUEUE, { connection: client, prefix: PREFIX });
    try {
      await queue.add("document", {});
      await queue.add("document", {}, { delay: 60_000, priority: 2 });
      const names: string[] = [];
      for await (const key of on.client.scan()) names.push(String(key));
      expect(names.length).toBeGreaterThan(3);
      expect(names.every((name) => name.startsWith("{q}:ingest:"))).toBe(true);
    } finally {
      await queue.close();
      await client.quit();
    }
  });

  test("a worker that is closed finishes the job that it works on", async () => {
    const connections = [connection(), connection()] as const;
    const queue = new Queue(QUEUE, { connection: connections[0], prefix: PREFIX });
    let began = false;
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const worker = new Worker(
      QUEUE,
      async () => {
        began = true;
        await finished;
        return "done";
      },
      { connection: connections[1], prefix: PREFIX },
    );
    try {
      const job = await queue.add("document", {});
      await until("the job is worked on", () => began);
      const closing = worker.close();
      finish();
      await closing;
      expect(await queue.getJobState(job.id!)).toBe("completed");
    } finally {
      await worker.close();
      await queue.close();
      await Promise.all(connections.map((client) => client.quit()));
    }
  });
});
