import type { Driver, DriverOptions, OpenDriver } from "./driver.ts";

type Glide = typeof import("@valkey/valkey-glide");

/** GLIDE's core is a native part for some platforms; undefined where there is none. */
export async function findGlide(): Promise<Glide | undefined> {
  const glide = await import("@valkey/valkey-glide").catch(() => undefined);
  // It writes every error that a caller gets to stderr as well.
  glide?.Logger.setLoggerConfig("off");
  return glide;
}

/** Why there is no GLIDE here; undefined where there is one. */
export function glideMissing(glide: Glide | undefined): string | undefined {
  return glide === undefined ? "needs the native part of @valkey/valkey-glide" : undefined;
}

export function glideDriver(glide: Glide): OpenDriver {
  return (options) => open(glide, options);
}

async function open(glide: Glide, options: DriverOptions): Promise<Driver> {
  const { Batch, Decoder, GlideClient, ProtocolVersion } = glide;
  const { host, port, username, password, database, name, ca } = options;
  let hear: (channel: string, text: string) => void = () => {};
  const configuration = {
    addresses: [{ host, port }],
    requestTimeout: 20_000,
    protocol: ProtocolVersion.RESP3,
    connectionBackoff: { numberOfRetries: 20, factor: 50, exponentBase: 1 },
    pubsubSubscriptions: {
      channelsAndPatterns: {},
      callback: ({ channel, message }: { channel: unknown; message: unknown }) =>
        hear(String(channel), String(message)),
    },
    ...(password === undefined
      ? {}
      : { credentials: { password, ...(username === undefined ? {} : { username }) } }),
    ...(database === undefined ? {} : { databaseId: database }),
    ...(name === undefined ? {} : { clientName: name }),
    useTLS: ca !== undefined,
    advancedConfiguration: {
      connectionTimeout: 20_000,
      ...(ca === undefined ? {} : { tlsAdvancedConfiguration: { rootCertificates: ca } }),
    },
  };
  const client = await GlideClient.createClient(configuration);
  const batchOf = (atomic: boolean, commands: readonly (readonly string[])[]) => {
    const batch = new Batch(atomic);
    for (const args of commands) batch.customCommand([...args]);
    return batch;
  };
  return {
    set: (key, value, ttlMs) =>
      client.set(
        key,
        value,
        ttlMs === undefined ? {} : { expiry: { type: glide.TimeUnit.Milliseconds, count: ttlMs } },
      ),
    get: async (key) => ((await client.get(key)) as string | null) ?? null,
    getBytes: async (key) => ((await client.get(key, { decoder: Decoder.Bytes })) as Buffer | null) ?? null,
    call: (...args) => client.customCommand([...args]),
    pipeline: async (commands) => (await client.exec(batchOf(false, commands), false)) ?? [],
    transaction: async (commands, watch, meanwhile) => {
      if (watch !== undefined) await client.watch([...watch]);
      await meanwhile?.();
      return client.exec(batchOf(true, commands), false);
    },
    subscribe: async (channel, pattern, heard) => {
      hear = heard;
      await client.subscribe([channel], 20_000);
      await client.psubscribe([pattern], 20_000);
    },
    scan: async (pattern) => {
      const found: string[] = [];
      let cursor = "0";
      do {
        const [next, keys] = await client.scan(cursor, { match: pattern, count: 50 });
        cursor = String(next);
        found.push(...keys.map(String));
      } while (cursor !== "0");
      return found;
    },
    close: () => client.close(),
  };
}
