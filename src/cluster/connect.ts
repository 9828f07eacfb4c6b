import type { Cluster, Redis } from "ioredis";
import { ConfigError, NotAppliedError } from "../errors.ts";
import { defaultKernel } from "../wasm/load.ts";
import type { ClientEvents } from "./client-events.ts";
import { setOrigin, watchCredentials } from "./client-origin.ts";
import { ClusterNetwork, isNoCluster } from "./cluster-network.ts";
import { type ConnectOptions, type ConnectPlan, makePlan } from "./connect-plan.ts";
import { beforeDeadline } from "./deadline.ts";
import { type EmbeddedServers, isEmbedded, startEmbedded } from "./embedded.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import { Nodes, nodeName } from "./nodes.ts";
import type { ClientOptions } from "./options.ts";
import { query } from "./query.ts";
import { backoffMs } from "./retry-policy.ts";
import { SentinelNetwork } from "./sentinel-network.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { SingleNetwork } from "./single-network.ts";
import { SlotClient } from "./slot-client.ts";
import { createStats } from "./stats.ts";
import { Subscriptions } from "./subscriptions.ts";
import { eventChannels } from "./telemetry.ts";

/** Beyond `connectTimeoutMs`, so that a connection's own limit, which names its cause, comes first. */
const DEADLINE_GRACE_MS = 20;

/** For a Sentinel, or a node that one names, to connect and answer: `deadNodeTimeoutMs`, but not less than this. */
const SENTINEL_TIMEOUT_MS = 1_000;

/**
 * Connects to a server, to the primary that Sentinels name, or to a cluster. `target` is a URL (`redis://`, `rediss://`, `valkey://`,
 * `valkeys://`, `unix://`, `redis-cluster://` or a comma list, `redis-sentinel://h:p,h:p/name`, `rediss-sentinel://`), an existing ioredis Redis
 * or Cluster (its options are used, its connections are not), or the parts of a target. `embedded://` and
 * `embedded://cluster?primaries=3&replicas=1` start a server or cluster inside this process (for development and tests), which `close()` ends. Whether a single address is a cluster is asked of the
 * server unless `cluster` says so. Behind Sentinels the client goes over to the new primary after a failover.
 *
 * Rejects with ConfigError (target or options), or with NotAppliedError `CONNECT_FAILED` and all causes: after `connectTimeoutMs`, or at
 * once where waiting mends nothing (a wrong password, an untrusted certificate, a database that does not exist, a name that no Sentinel knows).
 */
export async function connect(
  target: string | Redis | Cluster | ConnectOptions,
  options: ClientOptions = {},
): Promise<SlotClient> {
  if (!isEmbedded(target)) return connectTo(target, options);
  const servers = await startEmbedded(target);
  try {
    return await connectTo(servers.url, options, servers);
  } catch (error) {
    await servers.close();
    throw error;
  }
}

async function connectTo(
  target: string | Redis | Cluster | ConnectOptions,
  options: ClientOptions,
  servers?: EmbeddedServers,
): Promise<SlotClient> {
  const { plan, origin } = watchCredentials(await makePlan(target, options), target, options);
  const client = createClient(plan, servers);
  setOrigin(client.instance, origin);
  if (!plan.options.lazyConnect) {
    try {
      await client.start();
    } catch (error) {
      client.abandon();
      throw error;
    }
  }
  return client.instance;
}

interface NewClient {
  readonly instance: SlotClient;
  start(): Promise<Network>;
  /** Closes everything at once. */
  abandon(): void;
}

/** `servers` end with the client. */
function createClient(plan: ConnectPlan, servers?: EmbeddedServers): NewClient {
  const { options } = plan;
  const stats = createStats();
  const down = new Set<NodeLink>();
  let network: Network | undefined;
  let slots: ClusterNetwork | undefined;
  let starting: Promise<Network> | undefined;
  let lastFailure: Error | undefined;
  let closed = false;
  // A listener that throws is its owner's uncaught exception; it must not unwind through the replies being read, nor end their connection
  // (read-guard.ts).
  const emit = <E extends keyof ClientEvents>(event: E, ...args: ClientEvents[E]): void => {
    if (client.listenerCount(event) > 0)
      setImmediate(() => client.emit(event as "nodeUp", ...(args as [never])));
    if (eventChannels[event].hasSubscribers) setImmediate(() => eventChannels[event].publish(args[0]));
  };
  const observer = {
    linkUp(link: NodeLink, again: boolean) {
      lastFailure = undefined;
      down.delete(link);
      emit("nodeUp", { node: link.name });
      if (again) emit("reconnect", { node: link.name });
    },
    linkDown(link: NodeLink, cause: Error, suspected: boolean) {
      lastFailure = cause;
      (slots ?? sentinels)?.refreshSoon();
      if (down.has(link) && !suspected) return;
      down.add(link);
      emit("nodeDown", { node: link.name, cause, suspected });
    },
    bulkDown(main: NodeLink, suspected: boolean) {
      (slots ?? sentinels)?.refreshSoon();
      // Only the main connection speaks for the node: asked, it is found silent too, or it is not.
      if (suspected && main.connected && !main.busy)
        query(main, ["PING"], options.deadNodeTimeoutMs).catch(() => {});
    },
  };
  const nodes = new Nodes({
    options,
    createRedis: plan.createRedis,
    credentials: plan.credentials,
    path: plan.path,
    stats,
    observer,
  });
  const subscriptions = new Subscriptions({ nodes, options, stats, network: () => network });
  const refreshed = (nodeCount: number): void => {
    subscriptions.review();
    emit("refresh", { nodes: nodeCount });
  };
  const watch = new SilenceWatch(() => nodes.all, options.deadNodeTimeoutMs);
  const useCluster = (): ClusterNetwork =>
    new ClusterNetwork({
      nodes,
      seeds: plan.seeds,
      stats,
      queryTimeoutMs: options.deadNodeTimeoutMs,
      refreshEveryMs: options.topologyRefreshMs,
      events: {
        refresh: refreshed,
        redirect: (kind, slot, from, to) => {
          if (kind === "moved") subscriptions.review();
          emit("redirect", { kind, slot, from, to });
        },
      },
    });
  const sentinels =
    plan.sentinel &&
    new SentinelNetwork({
      sentinel: plan.sentinel,
      seeds: plan.seeds,
      nodes,
      stats,
      askTimeoutMs: Math.min(
        options.connectTimeoutMs,
        Math.max(SENTINEL_TIMEOUT_MS, options.deadNodeTimeoutMs),
      ),
      refreshEveryMs: options.topologyRefreshMs,
      events: { refresh: refreshed },
    });
  const client = new SlotClient({
    options,
    kernel: defaultKernel(),
    stats,
    subscriptions,
    ready: () => {
      starting ??= start().catch((error) => {
        starting = undefined;
        throw error;
      });
      return starting;
    },
    network: () => network,
    bulkOf: (link) => nodes.bulkOf(link),
    slotMap: () => slots?.map,
    topology: () => (slots ?? sentinels)?.map,
    lastFailure: () => lastFailure,
    close: async () => {
      closed = true;
      subscriptions.close();
      (slots ?? sentinels)?.close();
      // Still watched: a node that has fallen silent would keep its work for ever.
      await nodes.drain();
      abandon();
      await servers?.close();
    },
  });
  const abandon = (): void => {
    closed = true;
    subscriptions.close();
    watch.stop();
    (slots ?? sentinels)?.close();
    nodes.close();
  };
  const find = (): Promise<Network> =>
    sentinels === undefined
      ? discover(plan, nodes, useCluster, stats)
      : findBehind(sentinels, options.connectTimeoutMs);
  const start = async (): Promise<Network> => {
    watch.start();
    const until = performance.now() + options.connectTimeoutMs;
    const causes: Error[] = [];
    for (let attempt = 1; ; attempt++) {
      try {
        const leftMs = until - performance.now() + DEADLINE_GRACE_MS;
        const discovery = await beforeDeadline(find(), leftMs, undefined);
        if (discovery.end !== "complete") throw new Error("no answer in time");
        const found = discovery.value;
        if (found instanceof ClusterNetwork) slots = found;
        if (!closed) (slots ?? sentinels)?.start();
        network = found;
        return found;
      } catch (error) {
        if (error instanceof ConfigError) throw error;
        causes.push(error as Error);
        if (isFinal(error)) throw connectFailed(plan, "", causes);
      }
      const wait = backoffMs(attempt, Math.random());
      if (closed || performance.now() + wait > until)
        throw connectFailed(plan, ` within ${options.connectTimeoutMs} ms`, causes);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  return { instance: client, start: () => (starting ??= start()), abandon };
}

/** Connects to the first seed that answers and finds out what it is. */
async function discover(
  plan: ConnectPlan,
  nodes: Nodes,
  useCluster: () => ClusterNetwork,
  stats: SlotClientStats,
): Promise<Network> {
  const { options, seeds } = plan;
  const timeoutMs = options.connectTimeoutMs;
  const address = nodes.translate(seeds[0]!);
  if (options.cluster === true || (options.cluster === undefined && options.database === 0)) {
    const network = useCluster();
    try {
      await network.refresh();
      await Promise.allSettled(network.route().links.map((link) => query(link, ["PING"], timeoutMs)));
      return network;
    } catch (error) {
      network.close();
      const causes = (error as { cause?: AggregateError }).cause?.errors ?? [];
      if (options.cluster === true || !causes.some(isNoCluster)) throw error;
    }
  }
  const link = nodes.linkTo(address);
  await greet(link, timeoutMs);
  return new SingleNetwork(link, address, stats);
}

/** Connects to the primary that the Sentinels name. */
async function findBehind(sentinels: SentinelNetwork, timeoutMs: number): Promise<Network> {
  await sentinels.refresh();
  await Promise.all(sentinels.route().links.map((link) => greet(link, timeoutMs)));
  return sentinels;
}

async function greet(link: NodeLink, timeoutMs: number): Promise<void> {
  await query(link, ["PING"], timeoutMs).catch((error: Error & { code?: string }) => {
    // Who may not ask is connected all the same.
    if (error.code !== "NOPERM") throw error;
  });
}

type SlotClientStats = ReturnType<typeof createStats>;

/** What waiting does not mend: wrong credentials, an untrusted certificate, no such database or name, a target that is no cluster. */
function isFinal(error: unknown): boolean {
  if ((error as { code?: unknown }).code === "UNKNOWN_PRIMARY") return true;
  const causes: unknown[] = (error as { cause?: AggregateError }).cause?.errors ?? [error];
  return causes.some((cause) => {
    const refused =
      /WRONGPASS|NOAUTH|NOPERM|invalid password|cluster support disabled|DB index is out of range|SELECT is not allowed|certificate|wrong version number/i;
    return isConfigError(cause) || refused.test((cause as Error).message);
  });
}

function isConfigError(error: unknown): boolean {
  return error instanceof ConfigError || (error as Error).cause instanceof ConfigError;
}

function connectFailed(plan: ConnectPlan, when: string, causes: readonly Error[]): NotAppliedError {
  const texts = [...new Set(causes.map((cause) => cause.message))];
  const where = plan.seeds.map(nodeName).join(", ");
  const message = `no connection to ${where}${when}: ${texts.join("; ")}`;
  return new NotAppliedError("CONNECT_FAILED", message, {
    cause: new AggregateError(causes, texts.join("; ")),
  });
}
