import { redactTarget } from "../cluster/target.ts";
import type { Server } from "../server/index.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { badOption } from "./option-values.ts";
import { note, type Terminal } from "./terminal.ts";

const ARGS = {
  config: {
    type: "positional",
    required: false,
    description: "a redis.conf; --port and --host win over it",
  },
  cluster: {
    type: "string",
    valueHint: "PxR",
    description: "a cluster of P primaries with R replicas each: 3x1",
  },
  port: {
    type: "string",
    valueHint: "PORT",
    description: "0: any free one; default: 6379, for a cluster 7000 and the next",
  },
  host: { type: "string", valueHint: "ADDRESS", description: "address to listen on; default: 127.0.0.1" },
  json: { type: "boolean", default: false, description: "print one JSON object when it is ready" },
} as const;

export interface ServeSettings {
  readonly configFile: string | undefined;
  /** Undefined: one server. */
  readonly cluster: { readonly primaries: number; readonly replicas: number } | undefined;
  /** Undefined: the configuration's, or the default. */
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly json: boolean;
}

interface Serving {
  /** May hold a password. */
  readonly url: string;
  readonly nodes: readonly { host: string; port: number; role: "primary" | "replica"; id?: string }[];
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

const SINGLE_PORT = 6379;
const CLUSTER_PORT = 7000;
const MAX_NODES = 100;

/** `slotpack serve`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const serveCommand: AnyCommand = anyCommand({
  meta: { name: "serve", description: "Run an embedded server or cluster, for development and tests" },
  args: ARGS,
  run: ({ args, data }) => runServe(serveSettings(args), data as Terminal),
});

function serveSettings(args: {
  config?: string | undefined;
  cluster?: string | undefined;
  port?: string | undefined;
  host?: string | undefined;
  json: boolean;
}): ServeSettings {
  const cluster = args.cluster === undefined ? undefined : shapeOf(args.cluster);
  const port = args.port === undefined ? undefined : portOf(args.port);
  const nodes = cluster === undefined ? 1 : cluster.primaries * (1 + cluster.replicas);
  if ((port ?? 0) + nodes - 1 > 65_535)
    throw badOption("--port", `leaves no room for ${nodes} nodes below 65536`);
  if (args.host === "") throw badOption("--host", "is empty");
  return { configFile: args.config, cluster, port, host: args.host, json: args.json };
}

function shapeOf(text: string): { primaries: number; replicas: number } {
  const match = /^(\d{1,3})(?:x(\d{1,3}))?$/i.exec(text);
  const [primaries, replicas] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (primaries < 1) throw badOption("--cluster", "is primaries x replicas of each, such as 3x1");
  if (primaries * (1 + replicas) > MAX_NODES) throw badOption("--cluster", `has at most ${MAX_NODES} nodes`);
  return { primaries, replicas };
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw badOption("--port", "is a whole number from 0 to 65535");
}

/** Serves until a signal comes or a client sends SHUTDOWN; returns the exit code. */
export async function runServe(settings: ServeSettings, terminal: Terminal): Promise<number> {
  return interruptible(terminal, async (interruption) => {
    const serving = await start(settings);
    try {
      terminal.stdout.write(settings.json ? jsonLine(serving) : `${redactTarget(serving.url)}\n`);
      note(terminal, "an embedded server for development and tests, nothing is stored; Ctrl-C ends it");
      await interruption.orInterrupted(serving.ended);
      return 0;
    } finally {
      await serving.close();
    }
  });
}

async function start(settings: ServeSettings): Promise<Serving> {
  return settings.cluster === undefined ? startOne(settings) : startMany(settings);
}

async function startOne({ configFile, port, host }: ServeSettings): Promise<Serving> {
  const { startServer } = await import("../server/index.ts");
  const wanted = port ?? (configFile === undefined ? SINGLE_PORT : undefined);
  const server: Server = await startServer({ configFile, port: wanted, host });
  return {
    url: server.url,
    nodes: [{ host: server.host, port: server.port, role: "primary" }],
    ended: server.closed,
    close: () => server.close(),
  };
}

async function startMany({
  configFile,
  port = CLUSTER_PORT,
  host,
  cluster,
}: ServeSettings): Promise<Serving> {
  const { startCluster } = await import("../server/index.ts");
  const { primaries, replicas } = cluster!;
  const count = primaries * (1 + replicas);
  const ports = Array.from({ length: count }, (_, index) => (port === 0 ? 0 : port + index));
  const running = await startCluster({ configFile, host, primaries, replicas, ports });
  return {
    url: running.url,
    nodes: running.nodes.map((node) => ({ host: node.host, port: node.port, role: node.role, id: node.id })),
    // One node may be shut down, as in a real cluster; the others go on.
    ended: new Promise(() => {}),
    close: () => running.close(),
  };
}

function jsonLine({ url, nodes }: Serving): string {
  return `${JSON.stringify({ url: redactTarget(url), pid: process.pid, nodes })}\n`;
}
