import { Cluster, Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { beforeEach, expect, test } from "vitest";
import { describeEachServer } from "../records/each-server.ts";

// docs/recipes/rate-limits.md: rate-limiter-flexible on an ioredis connection of its own.

describeEachServer("rate-limiter-flexible on ioredis", (on) => {
  beforeEach(() => on.flush());

  const connection = (): Redis | Cluster => {
    const { host, port } = on.servers.node;
    return on.clustered ? new Cluster([{ host, port }]) : new Redis({ host, port });
  };

  test("hands out exactly its points to concurrent callers over two connections", async () => {
    const clients = [connection(), connection()];
    try {
      const limiters = clients.map(
        (storeClient) => new RateLimiterRedis({ storeClient, keyPrefix: "login", points: 50, duration: 600 }),
      );
      const outcomes = await Promise.allSettled(
        Array.from({ length: 300 }, (_, i) => limiters[i % 2]!.consume("10.0.0.1")),
      );
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(outcomes.length - refused.length).toBe(50);
      expect(refused.every(({ reason }) => reason instanceof RateLimiterRes)).toBe(true);
      const [{ reason }] = refused as [PromiseRejectedResult];
      expect(reason.msBeforeNext).toBeGreaterThan(0);
      expect(reason.msBeforeNext).toBeLessThanOrEqual(600_000);
      expect(Number(await on.command("login:10.0.0.1", "GET", "login:10.0.0.1"))).toBe(300);
    } finally {
      await Promise.all(clients.map((client) => client.quit()));
    }
  });

  test("goes on in memory when its connection is gone", async () => {
    const storeClient = connection();
    const limiter = new RateLimiterRedis({
      storeClient,
      points: 5,
      duration: 600,
      insuranceLimiter: new RateLimiterMemory({ points: 2, duration: 600 }),
    });
    await limiter.consume("u");
    await storeClient.quit();
    await limiter.consume("u");
    await limiter.consume("u");
    await expect(limiter.consume("u")).rejects.toBeInstanceOf(RateLimiterRes);
  });
});
