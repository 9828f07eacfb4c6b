import { expect } from "vitest";
import { type Cluster, startCluster } from "../../../src/server/start-cluster.ts";
import { type RigCluster, startCluster as startReal, until } from "../../rig/index.ts";
import { type Argument, RespClient } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";

/** Which node of the cluster gets a command, and on which of its connections. */
export interface Place {
  readonly node: number;
  readonly on?: string;
}

/** An embedded cluster and a real one of the same shape; nodes are numbered alike, primaries first. */
export class ClusterPair {
  readonly ours: Cluster;
  readonly real: RigCluster;
  readonly #resp: 2 | 3;
  readonly #clients = new Map<string, Promise<readonly [RespClient, RespClient]>>();
  #names: readonly [Map<string, string>, Map<string, string>] | undefined;

  private constructor(ours: Cluster, real: RigCluster, resp: 2 | 3) {
    this.ours = ours;
    this.real = real;
    this.#resp = resp;
  }

  static async start(
    options: {
      readonly replicas?: number;
      readonly resp?: 2 | 3;
      readonly config?: Readonly<Record<string, string | number>>;
    } = {},
  ): Promise<ClusterPair> {
    const { replicas = 0, resp = 2, config = {} } = options;
    const [ours, real] = await Promise.all([
      startCluster({ replicas, config }),
      startReal({ replicas, config }),
    ]);
    return new ClusterPair(ours, real, resp);
  }

  async close(): Promise<void> {
    for (const clients of this.#clients.values()) for (const client of await clients) client.close();
    await Promise.all([this.ours.close(), this.real.stop()]);
  }

  /** `$0` in an argument stands for the id of node 0, `@0` for its port. */
  async same(place: Place | number, ...args: readonly Argument[]): Promise<WireReply> {
    const { node, on = "main" } = typeof place === "number" ? { node: place } : place;
    const [mine, theirs] = await this.clients(node, on);
    const [ourReply, realReply] = await Promise.all([
      mine.call(...args.map((arg) => this.#fill(arg, 0))),
      theirs.call(...args.map((arg) => this.#fill(arg, 1))),
    ]);
    const command = `${node}: ${args.join(" ")}`;
    expect({ command, reply: this.normal(ourReply, 0) }).toEqual({
      command,
      reply: this.normal(realReply, 1),
    });
    return this.normal(ourReply, 0);
  }

  /** The same until both agree: the real cluster learns by gossip. */
  async eventuallySame(place: Place | number, ...args: readonly Argument[]): Promise<void> {
    let failure: unknown;
    await until(`equal replies to ${args.join(" ")}`, async () => {
      try {
        await this.same(place, ...args);
        return true;
      } catch (error) {
        failure = error;
        return false;
      }
    }).catch((error: unknown) => {
      throw failure ?? error;
    });
  }

  clients(node: number, on = "main"): Promise<readonly [RespClient, RespClient]> {
    const name = `${node} ${on}`;
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const opening = Promise.all([
      RespClient.connect(this.ours.nodes[node]?.port as number),
      RespClient.connect(this.real.nodes[node]?.port as number),
    ]).then(async (clients) => {
      if (this.#resp === 3) await Promise.all(clients.map((client) => client.call("HELLO", 3)));
      return clients;
    });
    this.#clients.set(name, opening);
    return opening;
  }

  /** Ids, ports, epochs and times as they are in neither cluster. */
  normal(reply: WireReply, side: 0 | 1): WireReply {
    if (typeof reply !== "string") return reply.map((item) => this.normal(item, side));
    this.#names ??= [namesOf(this.ours.nodes), namesOf(this.real.nodes)];
    const names = this.#names[side];
    return reply.replace(/\b([0-9a-f]{40}|\d{4,5})\b/g, (word) => names.get(word) ?? word);
  }

  #fill(arg: Argument, side: 0 | 1): Argument {
    if (typeof arg !== "string") return arg;
    const nodes = side === 0 ? this.ours.nodes : this.real.nodes;
    return arg
      .replace(/^\$(\d)$/, (_, index) => nodes[Number(index)]?.id ?? "")
      .replace(/^@(\d)$/, (_, index) => String(nodes[Number(index)]?.port));
  }
}

function namesOf(nodes: readonly { readonly id: string; readonly port: number }[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const [index, { id, port }] of nodes.entries()) {
    names.set(id, `<id${index}>`);
    names.set(String(port + 10_000), `<bus${index}>`);
    names.set(String(port - 10_000), `<bus${index}>`);
  }
  for (const [index, { port }] of nodes.entries()) names.set(String(port), `<port${index}>`);
  return names;
}
