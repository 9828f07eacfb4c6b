import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { Redis as Iovalkey } from "iovalkey";
import type { Driver, DriverOptions, OpenDriver } from "./driver.ts";

/** ioredis and what was made of it have one API. */
export const IOREDIS: Readonly<Record<string, OpenDriver>> = {
  "ioredis 6": (options) => open(Redis, options),
  "ioredis 5": (options) => open(Redis5 as unknown as typeof Redis, options),
  "iovalkey 0.4": (options) => open(Iovalkey as unknown as typeof Redis, options),
};

async function open(Client: typeof Redis, options: DriverOptions): Promise<Driver> {
  const { host, port, username, password, database, name, ca } = options;
  const redis = new Client({
    host,
    port,
    lazyConnect: true,
    retryStrategy: () => 50,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { db: database }),
    ...(name === undefined ? {} : { connectionName: name }),
    ...(ca === undefined ? {} : { tls: { ca, host } }),
  });
  let refused: Error | undefined;
  redis.on("error", (error) => {
    refused ??= error;
  });
  const others = [redis];
  await redis.connect().catch((error: Error) => {
    redis.disconnect();
    throw refused ?? error;
  });
  return {
    set: (key, value, ttlMs) =>
      ttlMs === undefined ? redis.set(key, value) : redis.set(key, value, "PX", ttlMs),
    get: (key) => redis.get(key),
    getBytes: (key) => redis.getBuffer(key),
    call: (...[command, ...args]) => redis.call(command as string, ...args),
    pipeline: async (commands) => {
      const results = await redis.pipeline(commands.map(([name, ...args]) => ["call", name, ...args])).exec();
      return (results ?? []).map(([error, value]) => error ?? value);
    },
    transaction: async (commands, watch, meanwhile) => {
      if (watch !== undefined) await redis.watch(...watch);
      await meanwhile?.();
      const results = await redis.multi(commands.map(([name, ...args]) => ["call", name, ...args])).exec();
      return results?.map(([error, value]) => error ?? value) ?? null;
    },
    subscribe: async (channel, pattern, heard) => {
      const subscriber = redis.duplicate();
      others.push(subscriber);
      subscriber.on("message", heard);
      subscriber.on("pmessage", (_pattern, from, text) => heard(from, text));
      await subscriber.subscribe(channel);
      await subscriber.psubscribe(pattern);
    },
    scan: async (pattern) => {
      const found: string[] = [];
      for await (const keys of redis.scanStream({ match: pattern, count: 50 })) found.push(...keys);
      return found;
    },
    close: () => {
      for (const client of others) client.disconnect();
    },
  };
}
