import type { Client } from "./client.ts";
import { classOf } from "./output-limits.ts";
import type { ServerNode } from "./server-node.ts";

/** Counting all clients takes time, so it is done again only after so long, or (where the clock stands still) after so many commands. */
const FRESH_FOR_US = 10_000;
const FRESH_FOR_CALLS = 64;
/** Below this nobody could talk to the server any more. */
const LEAST_LIMIT = 128 * 1024;

/**
 * Bytes that wait in connections, received or to be sent: part of `used_memory` where there is a `maxmemory`, and bounded by `maxmemory-clients`, beyond
 * which the connections that hold most are closed (CLIENT NO-EVICT spares one).
 */
class ClientMemory {
  readonly #node: ServerNode;
  #countedAtUs = 0;
  #calls = 0;
  #wanted = false;

  constructor(node: ServerNode) {
    this.#node = node;
    const { config, memory } = node;
    for (const name of ["maxmemory", "maxmemory-clients"]) {
      config.watch(name, () => {
        this.#wanted = config.number("maxmemory") !== 0 || config.number("maxmemory-clients") !== 0;
        if (!this.#wanted) memory.other = 0;
      });
    }
  }

  count(): void {
    if (!this.#wanted) return;
    const { clients, clock, memory } = this.#node;
    this.#calls += 1;
    const now = clock.monotonicUs();
    if (this.#calls < FRESH_FOR_CALLS && now - this.#countedAtUs < FRESH_FOR_US) return;
    this.#calls = 0;
    this.#countedAtUs = now;
    let bytes = 0;
    for (const client of clients) bytes += bytesOf(client);
    memory.other = bytes;
    this.#evict(this.#limit());
  }

  /** Source: getClientEvictionLimit. */
  #limit(): number {
    const { config } = this.#node;
    const given = config.number("maxmemory-clients");
    const bytes = given < 0 ? (config.number("maxmemory") * -given) / 100 : given;
    return bytes === 0 ? Number.POSITIVE_INFINITY : Math.max(LEAST_LIMIT, bytes);
  }

  #evict(limit: number): void {
    const { clients, memory, stats } = this.#node;
    if (memory.other <= limit) return;
    const largest = [...clients].filter(isEvictable).sort((one, other) => bytesOf(other) - bytesOf(one));
    for (const client of largest) {
      if (memory.other <= limit) return;
      memory.other -= bytesOf(client);
      stats.evictedClients += 1;
      client.kill();
    }
  }
}

/** Nothing for a connection that was closed, whose socket still has to notice: it would be paid for twice. */
function bytesOf(client: Client): number {
  if (client.closed) return 0;
  const received =
    client.transport === undefined ? 0 : client.transport.unparsedBytes + client.transport.argumentBytes;
  return client.outputBytes + client.queueBytes + received;
}

function isEvictable(client: Client): boolean {
  return !client.noEvict && !client.closed && !client.master && classOf(client) !== "slave";
}

export function attachClientMemory(node: ServerNode): void {
  const memory = new ClientMemory(node);
  // Not when a round of commands is over: what it had to tell others has not been written then, and would make room for itself.
  node.hooks.makeRoom.push(() => {
    memory.count();
    return false;
  });
  node.hooks.cron.push(() => memory.count());
}
