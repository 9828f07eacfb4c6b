import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalClusterOptions, LocalServersOptions } from "../../src/cli/local-servers.ts";
import {
  type CommandArgument,
  CommandConnection,
  type RawReply,
  type Reply,
  textReply,
} from "../../src/cli/server-command.ts";
import type { ServerConfig } from "../../src/cli/server-process.ts";
import type { HostAnswer, HostedNode, HostOptions, HostRequest } from "./embedded-orders.ts";
import type { RigGroup, RigProcess } from "./rig-process.ts";

/** As startLocalServers, with embedded servers in one process of their own. */
export async function startEmbeddedServers(options: LocalServersOptions): Promise<RigGroup> {
  const host = new Host(options.config);
  const nodes = await host.start({ what: "servers", count: options.servers ?? 1, options: host.options });
  return host.group(nodes, `redis://${nodes[0]?.host}:${nodes[0]?.port}`);
}

/** As startLocalCluster, with embedded nodes in one process of their own. */
export async function startEmbeddedCluster(options: LocalClusterOptions): Promise<RigGroup> {
  const host = new Host(options.config);
  const { primaries = 3, replicas = 0 } = options;
  const nodes = await host.start({ what: "cluster", primaries, replicas, options: host.options });
  const addresses = nodes.slice(0, primaries).map((node) => `${node.host}:${node.port}`);
  return host.group(nodes, `redis-cluster://${addresses.join(",")}`);
}

/** A process with embedded servers; it ends with this one. */
class Host {
  /** The configuration as a redis.conf, which has lists and quotes in its own way. */
  readonly options: HostOptions;
  /** Servers in the process. */
  size = 0;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "slotpack-rig-"));
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: HostAnswer) => void>();
  readonly #password: string | undefined;
  #orders = 0;

  constructor(config: ServerConfig = {}) {
    const lines = Object.entries({ bind: "127.0.0.1", ...config }).flatMap(([name, value]) =>
      (typeof value === "object" ? value : [value]).map((item) => `${name} ${item === "" ? '""' : item}`),
    );
    const configFile = join(this.#folder, "server.conf");
    writeFileSync(configFile, `${lines.join("\n")}\n`);
    this.options = { configFile, port: 0 };
    this.#password = config.requirepass === undefined ? undefined : String(config.requirepass);
    const compiled = process.env.SLOTPACK_EMBEDDED_HOST;
    if (compiled === undefined)
      throw new Error("embedded servers need the set-up of test/rig/embedded-setup.ts");
    this.#child = fork(compiled, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", (answer: HostAnswer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) this.#keepAlive(false);
    });
    this.#child.on("exit", (code) => {
      for (const [id, settle] of this.#waiting) settle({ id, error: `the host ended with ${code}` });
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async start(request: HostRequest): Promise<readonly HostedNode[]> {
    try {
      return await this.order(request);
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  order(request: HostRequest): Promise<readonly HostedNode[]> {
    this.#orders += 1;
    const id = this.#orders;
    this.#keepAlive(true);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ nodes = [], error }) => {
        if (error === undefined) resolve(nodes);
        else reject(new Error(error));
      });
      this.#child.send({ id, request });
    });
  }

  group(nodes: readonly HostedNode[], url: string): RigGroup {
    this.size = nodes.length;
    const processes = nodes.map((node, index) => new EmbeddedProcess(this, node, index, this.#password));
    return {
      url,
      nodes: processes,
      stop: async () => {
        for (const node of processes) node.disconnect();
        await this.#end();
      },
    };
  }

  /** A process of real servers does not keep the test alive either. */
  #keepAlive(alive: boolean): void {
    if (alive) this.#child.channel?.ref();
    else this.#child.channel?.unref();
    if (alive) this.#child.ref();
    else this.#child.unref();
  }

  async #end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#keepAlive(true);
      const gone = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** An embedded server in the place of a server process. */
class EmbeddedProcess implements RigProcess {
  readonly host: string;
  readonly port: number;
  readonly #host: Host;
  readonly #index: number;
  readonly #password: string | undefined;
  #running = true;
  #connection: CommandConnection | undefined;

  constructor(host: Host, node: HostedNode, index: number, password: string | undefined) {
    this.host = node.host;
    this.port = node.port;
    this.#host = host;
    this.#index = index;
    this.#password = password;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get pid(): number {
    return this.#running ? this.#host.pid : 0;
  }

  async command(...args: CommandArgument[]): Promise<Reply> {
    return textReply(await this.commandRaw(...args));
  }

  commandRaw(...args: CommandArgument[]): Promise<RawReply> {
    if (this.#connection === undefined || this.#connection.closed) {
      this.#connection = new CommandConnection(this.port, this.host);
      if (this.#password !== undefined) this.#connection.send("AUTH", this.#password).catch(() => {});
    }
    return this.#connection.sendRaw(args);
  }

  async start(): Promise<void> {
    await this.#host.order({ what: "restart", node: this.#index });
    this.#running = true;
  }

  async stop(): Promise<void> {
    this.disconnect();
    this.#running = false;
    await this.#host.order({ what: "kill", node: this.#index });
  }

  /** Alone in its process it is frozen at once, as a real server is; in a cluster a message freezes it a moment later. */
  pause(): void {
    if (this.#host.size === 1) process.kill(this.pid, "SIGSTOP");
    else void this.#host.order({ what: "pause", node: this.#index });
  }

  resume(): void {
    if (this.#host.size === 1) process.kill(this.pid, "SIGCONT");
    else void this.#host.order({ what: "resume", node: this.#index });
  }

  disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}
