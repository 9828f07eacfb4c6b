import { createClient, RESP_TYPES, WatchError } from "redis";
import type { Driver, DriverOptions, OpenDriver } from "./driver.ts";

export const NODE_REDIS: Readonly<Record<string, OpenDriver>> = {
  "node-redis 6 over RESP2": (options) => open(2, options),
  "node-redis 6 over RESP3": (options) => open(3, options),
};

async function open(RESP: 2 | 3, options: DriverOptions): Promise<Driver> {
  const { host, port, username, password, database, name, ca } = options;
  let connected = false;
  const socket = {
    host,
    port,
    // A wrong password is an error of connect(), not a reason to try again.
    reconnectStrategy: (_: number, cause: Error) => (connected ? 50 : cause),
  };
  const client = createClient({
    RESP,
    socket: ca === undefined ? socket : { ...socket, tls: true, ca },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(name === undefined ? {} : { name }),
  });
  client.on("error", () => {});
  const subscriber = client.duplicate();
  subscriber.on("error", () => {});
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await client.connect();
  connected = true;
  return {
    set: (key, value, ttlMs) =>
      client.set(key, value, ttlMs === undefined ? {} : { expiration: { type: "PX", value: ttlMs } }),
    get: (key) => client.get(key),
    getBytes: (key) => bytes.get(key),
    call: (...args) => client.sendCommand([...args]),
    // What is called in one turn leaves in one write.
    pipeline: (commands) =>
      Promise.all(commands.map((args) => client.sendCommand([...args]).catch((error: unknown) => error))),
    transaction: async (commands, watch, meanwhile) => {
      if (watch !== undefined) await client.watch([...watch]);
      await meanwhile?.();
      const multi = client.multi();
      for (const args of commands) multi.addCommand([...args]);
      return multi.exec().catch((error: Error & { replies?: unknown[] }) => {
        if (error instanceof WatchError) return null;
        if (error.replies === undefined) throw error;
        return error.replies;
      });
    },
    subscribe: async (channel, pattern, heard) => {
      await subscriber.connect();
      await subscriber.subscribe(channel, (text, from) => heard(from, text));
      await subscriber.pSubscribe(pattern, (text, from) => heard(from, text));
    },
    scan: async (pattern) => {
      const found: string[] = [];
      for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 50 })) found.push(...keys);
      return found;
    },
    close: () => {
      if (subscriber.isOpen) subscriber.destroy();
      client.destroy();
    },
  };
}
