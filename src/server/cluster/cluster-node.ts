import { ConfigError } from "../../errors.ts";
import type { Faults } from "../faults/faults.ts";
import type { Journal } from "../journal.ts";
import type { ServerNode } from "../server-node.ts";
import type { ServerOptions } from "../server-options.ts";
import { type Server, startServer } from "../start-server.ts";
import type { ClusterMember } from "./cluster-member.ts";
import { memberOf } from "./cluster-member.ts";

/** One node of an embedded cluster: its address, and what may happen to it. */
export class ClusterNode {
  readonly #options: ServerOptions;
  #server: Server;
  #member: ClusterMember;
  #running = true;
  #closed = false;
  #restarting: Promise<void> | undefined;

  private constructor(options: ServerOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#member = memberOf(server.node) as ClusterMember;
  }

  /** @internal */
  static async start(options: ServerOptions): Promise<ClusterNode> {
    const node = new ClusterNode(options, await startServer(options));
    node.#member.refreshSelf();
    return node;
  }

  /** 40 hexadecimal digits; CLUSTER RESET HARD changes it. */
  get id(): string {
    return this.#member.id;
  }

  get host(): string {
    return this.#server.host;
  }

  get port(): number {
    return this.#server.port;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get url(): string {
    return this.#server.url;
  }

  /** The server behind it; another one after `restart`. */
  get node(): ServerNode {
    return this.#server.node;
  }

  /** Faults at its connections; gone after `restart`. */
  get faults(): Faults {
    return this.node.faults;
  }

  /** What came in on its connections, once started; gone after `restart`. */
  get journal(): Journal {
    return this.node.journal;
  }

  /** @internal */
  get member(): ClusterMember {
    return this.#member;
  }

  get role(): "primary" | "replica" {
    return this.#member.view.self.replica ? "replica" : "primary";
  }

  /** False after `kill` and before `restart`. */
  get running(): boolean {
    return this.#running;
  }

  /** The id of the primary that it follows. */
  get primaryId(): string | undefined {
    return this.#member.view.self.primary?.id;
  }

  /** As SIGKILL: connections are cut off, the keys are lost. */
  async kill(): Promise<void> {
    this.#running = false;
    await this.#server.kill();
  }

  /**
   * Starts a node again, a running one after killing it: same port, same id, no keys (a replica copies its primary's). A second call waits for the
   * first. Rejects with ConfigError `BAD_NODE` once the node or its cluster is closed.
   */
  restart(): Promise<void> {
    this.#restarting ??= this.#startAgain().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  async #startAgain(): Promise<void> {
    if (this.#closed) throw new ConfigError("BAD_NODE", `restart: ${this.address} was closed`);
    if (this.#running) await this.kill();
    const { view } = this.#member;
    this.#server = await startServer({ ...this.#options, port: this.port });
    this.#member = memberOf(this.#server.node) as ClusterMember;
    this.#member.resume(view);
    this.#running = true;
  }

  /** As SIGSTOP: connections stay open and new ones are accepted, but nothing is answered, and the others hear nothing of it. */
  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#restarting?.catch(() => {});
    this.#running = false;
    await this.#server.close();
  }
}
