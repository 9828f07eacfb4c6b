import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { findExecutable } from "../../src/cli/server-binary.ts";
import { type Server, startServer } from "../../src/server/index.ts";
import type { ServerOptions } from "../../src/server/server-options.ts";
import { describeUnless, type RigServers, startServer as startReal } from "../rig/index.ts";
import { type Argument, RespClient } from "./resp-client.ts";
import type { WireReply } from "./resp-reply.ts";

/** The version that is imitated; every other one answers differently somewhere. */
const REFERENCE = "7.0.15";

/** A `describe` for suites that compare with redis-server 7.0.15; skipped where another server, or none, is on the PATH. */
export function describeWithReference(title: string, suite: () => void): void {
  describeUnless("redis", missingReference(), title, suite);
}

function missingReference(): string | undefined {
  const file = findExecutable(["valkey-server", "redis-server"]);
  const version = file === undefined ? "" : spawnSync(file, ["--version"], { encoding: "utf8" }).stdout;
  return version.includes(`v=${REFERENCE} `) ? undefined : `needs redis-server ${REFERENCE} on the PATH`;
}

/** One command; with `on` another of the pair's connections than `main` sends it (it is opened by its first command). */
export type Step = readonly Argument[] | { readonly on: string; readonly args: readonly Argument[] };

export interface DifferentialOptions {
  /** 2 (the default) or 3: what HELLO sets on every connection. */
  readonly resp?: 2 | 3 | undefined;
  /** Makes replies comparable where both servers may differ, by command in lower case (`client list`, else `client`). */
  readonly normalise?: Readonly<Record<string, (reply: WireReply) => WireReply>> | undefined;
  /** For the embedded server. */
  readonly options?: ServerOptions | undefined;
  /** Parameters of both servers. */
  readonly config?: Readonly<Record<string, string | number>> | undefined;
}

/** The embedded server and a real one, which are told the same and must answer the same. */
export class ServerPair {
  readonly ours: Server;
  readonly real: RigServers;
  readonly #options: DifferentialOptions;
  readonly #clients = new Map<string, readonly [ours: RespClient, real: RespClient]>();

  private constructor(ours: Server, real: RigServers, options: DifferentialOptions) {
    this.ours = ours;
    this.real = real;
    this.#options = options;
  }

  static async start(options: DifferentialOptions = {}): Promise<ServerPair> {
    const config = options.config ?? {};
    const real = await startReal({ config });
    const ours = await startServer({ ...options.options, config: { ...config, ...options.options?.config } });
    return new ServerPair(ours, real, options);
  }

  async close(): Promise<void> {
    for (const clients of this.#clients.values()) for (const client of clients) client.close();
    await Promise.all([this.ours.close(), this.real.stop()]);
  }

  /** The same connection on both servers. */
  async clients(name = "main"): Promise<readonly [ours: RespClient, real: RespClient]> {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const pair = await Promise.all([
      RespClient.connect(this.ours.port),
      RespClient.connect(this.real.node.port),
    ]);
    this.#clients.set(name, pair);
    if (this.#options.resp === 3) await Promise.all(pair.map((client) => client.call("HELLO", 3)));
    return pair;
  }

  /** Sends the steps one after another to both and expects equal replies; returns ours. */
  async same(steps: readonly Step[]): Promise<WireReply[]> {
    const shown: WireReply[] = [];
    for (const step of steps) {
      const args = "on" in step ? step.args : step;
      const [ours, real] = await this.clients("on" in step ? step.on : "main");
      const [mine, theirs] = await Promise.all([ours.call(...args), real.call(...args)]);
      const normal = this.#normaliser(args);
      expect({ command: show(args), reply: normal(mine) }).toEqual({
        command: show(args),
        reply: normal(theirs),
      });
      shown.push(mine);
    }
    return shown;
  }

  /** The same for commands sent in one write. */
  async samePipeline(commands: readonly (readonly Argument[])[], on = "main"): Promise<WireReply[]> {
    const [ours, real] = await this.clients(on);
    const [mine, theirs] = await Promise.all([ours.pipeline(commands), real.pipeline(commands)]);
    const pairs = (replies: WireReply[]) =>
      replies.map((reply, index) => {
        const args = commands[index] as readonly Argument[];
        return [show(args), this.#normaliser(args)(reply)];
      });
    expect(pairs(mine)).toEqual(pairs(theirs));
    return mine;
  }

  #normaliser(args: readonly Argument[]): (reply: WireReply) => WireReply {
    const [first = "", second = ""] = args.map((arg) => String(arg).toLowerCase());
    const { normalise = {} } = this.#options;
    return normalise[`${first} ${second}`] ?? normalise[first] ?? ((reply) => reply);
  }
}

/** Runs steps on a fresh pair. */
export async function expectSame(
  steps: readonly Step[],
  options: DifferentialOptions = {},
): Promise<WireReply[]> {
  const pair = await ServerPair.start(options);
  try {
    return await pair.same(steps);
  } finally {
    await pair.close();
  }
}

function show(args: readonly Argument[]): string {
  return args
    .map((arg) => (Buffer.isBuffer(arg) ? `<${arg.length} bytes>` : String(arg).slice(0, 80)))
    .join(" ");
}
