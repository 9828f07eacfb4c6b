import type { Cluster, Redis } from "ioredis";
import { BatchError, type ConnectOptions, connect, type SlotClient, SlotpackError } from "../../src/index.ts";
import { type Equal, same } from "./equal.ts";

declare const redis: Redis;
declare const cluster: Cluster;

// Every form of a target.
export const clients: Promise<SlotClient>[] = [
  connect("redis://127.0.0.1:6379"),
  connect("redis-cluster://a:1,b:2", { timeoutMs: 100, retry: "at-least-once" }),
  connect(redis),
  connect(cluster, { keyPrefix: "app:" }),
  connect({ host: "h", port: 1, integrity: false } satisfies ConnectOptions),
  connect({ nodes: [{ host: "h", port: 1 }], credentials: async () => ({ username: "u", password: "p" }) }),
];

// @ts-expect-error a target is needed
connect();
// @ts-expect-error no such option
connect("redis://h", { timeout: 100 });
// @ts-expect-error three ways to retry
connect("redis://h", { retry: "always" });

export async function use(client: SlotClient): Promise<void> {
  const values = await client.mget(["a", new Uint8Array(1)], {
    signal: AbortSignal.timeout(1),
    timeoutMs: 5,
  });
  same<Equal<typeof values, (Buffer | null)[]>>();
  const settled = await client.mgetSettled(["a"] as const);
  same<Equal<typeof settled, PromiseSettledResult<Buffer | null>[]>>();
  await client.mset(
    [
      ["a", "b"],
      [new Uint8Array(1), Buffer.alloc(1)],
    ] as const,
    { ttlMs: 1000 },
  );
  const written = await client.msetSettled([["a", "b"]]);
  same<Equal<typeof written, PromiseSettledResult<void>[]>>();
  for (const count of [
    await client.del(["a"]),
    await client.unlink(["a"]),
    await client.exists(["a"]),
    await client.touch(["a"]),
    await client.expire(["a"], 5),
  ]) {
    same<Equal<typeof count, number>>();
  }
  for await (const key of client.scan("a*")) same<Equal<typeof key, Buffer>>();
  const outcomes = await client
    .batch()
    .call("INCR", "n")
    .call("SET", "k", Buffer.alloc(1))
    .exec({ timeoutMs: 5 });
  outcomes satisfies PromiseSettledResult<unknown>[];
  client.on("redirect", ({ kind, slot, from, to }) => {
    same<Equal<typeof kind, "moved" | "ask">>();
    same<Equal<typeof slot, number>>();
    same<Equal<typeof from, typeof to>>();
  });
  await client.close();

  // @ts-expect-error a value is a string or bytes
  await client.mset([["a", 1]]);
  // @ts-expect-error keys come in a list
  await client.mget("a");
  // @ts-expect-error a TTL is a number of milliseconds
  await client.expire(["a"], "5");
}

export async function dispose(): Promise<void> {
  await using client = await connect("redis://h");
  await client.mget([]);
}

export function explain(error: unknown): string {
  if (error instanceof BatchError) {
    error.results satisfies PromiseSettledResult<unknown>[];
    const base: SlotpackError = error;
    return base.code;
  }
  return error instanceof SlotpackError ? `${error.code} ${error.node} ${error.slot} ${error.keyIndex}` : "";
}
