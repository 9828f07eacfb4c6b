import { ConfigError } from "../errors.ts";
import { redactTarget } from "./target.ts";

/** A server or cluster of this process that an `embedded://` target stands for. */
export interface EmbeddedServers {
  /** Where it listens, in the other forms of a target. */
  readonly url: string;
  close(): Promise<void>;
}

interface Shape {
  /** Undefined: one node without a cluster. */
  readonly primaries: number | undefined;
  /** Of each primary. */
  readonly replicas: number;
}

const MAX_NODES = 100;

export function isEmbedded(target: unknown): target is string {
  return typeof target === "string" && /^\s*embedded:/i.test(target);
}

/**
 * Starts what `embedded://` (one node) or `embedded://cluster?primaries=3&replicas=1` (both may be left out: 3 and 0) names, on free ports of 127.0.0.1.
 * Throws ConfigError `BAD_URL`.
 */
export async function startEmbedded(target: string): Promise<EmbeddedServers> {
  const { primaries, replicas } = parseShape(target.trim());
  const { startCluster, startServer } = await import("../server/index.ts");
  return primaries === undefined ? startServer() : startCluster({ primaries, replicas });
}

/** Throws what {@link startEmbedded} throws, and starts nothing. */
export function checkEmbedded(target: string): void {
  parseShape(target.trim());
}

function parseShape(target: string): Shape {
  const match = /^embedded:\/\/(cluster)?\/?(?:\?([^#]*))?$/i.exec(target);
  if (match === null)
    throw badUrl(target, "expected embedded:// or embedded://cluster?primaries=3&replicas=1");
  const [, cluster, query = ""] = match;
  const { primaries = "3", replicas = "0", ...others } = Object.fromEntries(new URLSearchParams(query));
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badUrl(target, `there is no ${unknown}, only primaries and replicas`);
  if (cluster === undefined) {
    if (query !== "") throw badUrl(target, "primaries and replicas go behind embedded://cluster");
    return { primaries: undefined, replicas: 0 };
  }
  const shape = { primaries: count(target, primaries, 1), replicas: count(target, replicas, 0) };
  if (shape.primaries * (1 + shape.replicas) > MAX_NODES)
    throw badUrl(target, `more than ${MAX_NODES} nodes`);
  return shape;
}

function count(target: string, text: string, least: number): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= least) return Number(text);
  throw badUrl(target, `${JSON.stringify(text)} is no number of nodes from ${least}`);
}

function badUrl(target: string, why: string): ConfigError {
  return new ConfigError("BAD_URL", `target ${JSON.stringify(redactTarget(target))}: ${why}`, {
    option: "target",
  });
}
