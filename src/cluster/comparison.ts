import type { ConnectionOptions } from "node:tls";
import type { Cluster, Redis } from "ioredis";
import { ConfigError, SlotpackError } from "../errors.ts";
import { keySlotOfText } from "../wasm/key-slot.ts";
import { parseTarget, redactTarget, type Target } from "./target.ts";

/**
 * ioredis as its users have it, connected for a comparison with slotpack: its own cluster client, its own routing, no
 * part of SlotClient. It follows no slot that moves in the middle of a hand-written pipeline.
 */
export interface PlainIoredis {
  /** For one command after another. */
  readonly client: Redis | Cluster;
  /** For a pipeline per node: the primary that owns the key's slot, or the only server. */
  nodeOf(key: string): Redis;
  /** Commands sent, and `write` and `writev` calls on the sockets, since the connections were ready. */
  readonly counters: { commands: number; socketWrites: number };
  close(): void;
}

type Ioredis = Pick<typeof import("ioredis"), "Redis" | "Cluster">;

export interface PlainIoredisOptions {
  /** Milliseconds until this function gives up; default 10,000. */
  connectTimeoutMs?: number | undefined;
}

/**
 * Connects plain ioredis to a target of the same grammar as `connect()`.
 *
 * @throws ConfigError for the target, SlotpackError `CONNECT_FAILED` when it does not answer
 */
export async function openPlainIoredis(
  target: string,
  options: PlainIoredisOptions = {},
): Promise<PlainIoredis> {
  const parsed = parseTarget(target);
  const timeoutMs = options.connectTimeoutMs ?? 10_000;
  const ioredis = await loadIoredis();
  const settings = redisOptions(parsed, timeoutMs);
  const opened: (Redis | Cluster)[] = [];
  // A server without an announced host leaves ioredis waiting for ever, so the limit is ours.
  const giveUp = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
  });
  try {
    return await Promise.race([connectPlain(ioredis, parsed, settings, opened), giveUp]);
  } catch (cause) {
    for (const client of opened) client.disconnect();
    const reason = (cause as Error).message;
    throw new SlotpackError("CONNECT_FAILED", `cannot connect to ${redactTarget(target)}: ${reason}`, {
      cause,
    });
  }
}

async function connectPlain(
  ioredis: Ioredis,
  target: Target,
  settings: PlainSettings,
  opened: (Redis | Cluster)[],
): Promise<PlainIoredis> {
  let isCluster = target.cluster;
  if (!isCluster) {
    const [seed] = target.seeds;
    const place = target.path === undefined ? { host: seed!.host, port: seed!.port } : { path: target.path };
    const server = new ioredis.Redis({ ...settings, ...place, retryStrategy: () => null });
    opened.push(server);
    let refusal: Error | undefined;
    server.on("error", (error) => {
      refusal = error;
    });
    await server.connect().catch((error: Error) => {
      throw refusal ?? error;
    });
    isCluster = (await server.info("cluster")).includes("cluster_enabled:1");
    if (!isCluster) return plainServer(server);
    server.disconnect();
  }
  const cluster = new ioredis.Cluster([...target.seeds], {
    lazyConnect: true,
    redisOptions: settings,
    clusterRetryStrategy: () => null,
  });
  opened.push(cluster);
  cluster.on("error", () => {});
  await cluster.connect().catch((cause: Error) => {
    throw new Error(`none of its nodes answers (${cause.message})`, { cause });
  });
  return await plainCluster(cluster);
}

function plainServer(server: Redis): PlainIoredis {
  const counters = { commands: 0, socketWrites: 0 };
  instrument(server, counters);
  return { client: server, nodeOf: () => server, counters, close: () => server.disconnect() };
}

async function plainCluster(cluster: Cluster): Promise<PlainIoredis> {
  const counters = { commands: 0, socketWrites: 0 };
  // ioredis connects the nodes when they are first used; a run is to start with open connections.
  await Promise.all(cluster.nodes("master").map((node) => node.ping()));
  const byAddress = new Map<string, Redis>();
  const enter = (node: Redis) => {
    byAddress.set(`${node.options.host}:${node.options.port}`, node);
    instrument(node, counters);
  };
  for (const node of cluster.nodes("all")) enter(node);
  cluster.on("+node", enter);
  return {
    client: cluster,
    nodeOf(key) {
      const address = cluster.slots[keySlotOfText(key)]?.[0];
      const node = address === undefined ? undefined : byAddress.get(address);
      if (node === undefined)
        throw new SlotpackError("NO_NODE", `ioredis knows no node for the slot of ${key}`);
      return node;
    },
    counters,
    close: () => cluster.disconnect(),
  };
}

/** The parts of a stream that hand bytes to the operating system. */
interface Sink {
  _write(...args: unknown[]): unknown;
  _writev?(...args: unknown[]): unknown;
}

function instrument(node: Redis, counters: { commands: number; socketWrites: number }): void {
  const send = node.sendCommand;
  node.sendCommand = function (this: Redis, ...args: Parameters<Redis["sendCommand"]>) {
    counters.commands++;
    return send.apply(this, args);
  };
  const watch = () => {
    const socket = (node as unknown as { stream: Sink | undefined }).stream;
    if (socket === undefined) return;
    const { _write: write, _writev: writev } = socket;
    socket._write = function (...args) {
      counters.socketWrites++;
      return write.apply(this, args);
    };
    if (!writev) return;
    socket._writev = function (...args) {
      counters.socketWrites++;
      return writev.apply(this, args);
    };
  };
  watch();
  node.on("connect", watch);
}

/** What both of ioredis' clients take. */
interface PlainSettings {
  lazyConnect: boolean;
  connectTimeout: number;
  maxRetriesPerRequest: number;
  db?: number;
  tls?: ConnectionOptions;
  username?: string;
  password?: string;
}

function redisOptions(target: Target, connectTimeout: number): PlainSettings {
  const { credentials } = target;
  return {
    lazyConnect: true,
    connectTimeout,
    maxRetriesPerRequest: 1,
    ...(target.database === undefined ? {} : { db: target.database }),
    ...(target.tls ? { tls: {} } : {}),
    ...(credentials?.username === undefined ? {} : { username: credentials.username }),
    ...(credentials?.password === undefined ? {} : { password: credentials.password }),
  };
}

async function loadIoredis(): Promise<Ioredis> {
  try {
    return await import("ioredis");
  } catch (cause) {
    throw new ConfigError(
      "IOREDIS_MISSING",
      "the comparison needs ioredis beside slotpack; run `npm install ioredis`",
      { cause },
    );
  }
}
