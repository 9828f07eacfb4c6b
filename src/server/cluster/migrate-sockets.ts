import type { ServerNode } from "../server-node.ts";
import { clusterTls } from "./cluster-tls.ts";
import { MigrateSocket } from "./migrate-socket.ts";

/** Connections of MIGRATE are kept for so long after their last use. */
const KEEP_MS = 10_000;
const CACHES = new WeakMap<ServerNode, MigrateSockets>();

/** A node's open connections to targets of MIGRATE. */
export class MigrateSockets {
  readonly #node: ServerNode;
  readonly #sockets = new Map<string, MigrateSocket>();

  private constructor(node: ServerNode) {
    this.#node = node;
    node.hooks.cron.push(() => this.#closeOld());
    node.hooks.stop.push(() => {
      for (const socket of this.#sockets.values()) socket.close();
    });
  }

  static of(node: ServerNode): MigrateSockets {
    const known = CACHES.get(node);
    if (known !== undefined) return known;
    const cache = new MigrateSockets(node);
    CACHES.set(node, cache);
    return cache;
  }

  /** How many connections a node holds open. */
  static count(node: ServerNode): number {
    const cache = CACHES.get(node);
    return cache === undefined ? 0 : cache.#sockets.size;
  }

  async get(host: string, port: string, timeoutMs: number): Promise<MigrateSocket> {
    const name = `${host}:${port}`;
    const { clock } = this.#node;
    let socket = this.#sockets.get(name);
    if (socket === undefined) {
      socket = await MigrateSocket.open(
        { host, port: Number(port), tls: clusterTls(this.#node) },
        timeoutMs,
        clock,
      );
      this.#sockets.set(name, socket);
    }
    socket.usedAt = clock.nowMs();
    return socket;
  }

  close(host: string, port: string): void {
    const name = `${host}:${port}`;
    this.#sockets.get(name)?.close();
    this.#sockets.delete(name);
  }

  #closeOld(): void {
    const oldest = this.#node.clock.nowMs() - KEEP_MS;
    for (const [name, socket] of this.#sockets) {
      if (socket.usedAt >= oldest) continue;
      socket.close();
      this.#sockets.delete(name);
    }
  }
}
