import { CommandConnection } from "../../src/cli/server-command.ts";
import type { Address } from "../peers/contestant.ts";

/** Asks every node how many commands it has run. */
export class CommandCounter {
  readonly #connections: readonly CommandConnection[];

  private constructor(connections: readonly CommandConnection[]) {
    this.#connections = connections;
  }

  static open(nodes: readonly Address[]): CommandCounter {
    return new CommandCounter(nodes.map(({ host, port }) => new CommandConnection(port, host)));
  }

  /** Commands that all nodes ran meanwhile: the fewest of three tries, since others' background work can only add some. */
  async count(run: () => Promise<unknown>): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 3; attempt++) {
      const before = await this.#total();
      await run();
      // The second look itself is one INFO per node.
      fewest = Math.min(fewest, (await this.#total()) - before - this.#connections.length);
    }
    return fewest;
  }

  async #total(): Promise<number> {
    const infos = await Promise.all(this.#connections.map((connection) => connection.send("INFO", "stats")));
    const counts = infos.map((info) => Number(/total_commands_processed:(\d+)/.exec(String(info))?.[1]));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close();
  }
}
