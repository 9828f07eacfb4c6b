import { setTimeout as sleep } from "node:timers/promises";
import type { RigNode } from "../../test/rig/node.ts";
import type { RigCluster } from "../../test/rig/servers.ts";

/** Moves slots round and round over the primaries, holding each of them half-migrated for a while. */
export class SlotShuttle {
  readonly #cluster: RigCluster;
  readonly #slots: readonly number[];
  readonly #holdMs: number;
  #running = true;
  #moves = 0;
  readonly #done: Promise<void>;

  constructor(cluster: RigCluster, slots: readonly number[], holdMs = 5) {
    this.#cluster = cluster;
    this.#slots = slots;
    this.#holdMs = holdMs;
    this.#done = this.#run();
    // Reported by stop().
    this.#done.catch(() => {});
  }

  /** Hand-overs that were completed. */
  get moves(): number {
    return this.#moves;
  }

  /** Ends with every slot whole again; rejects with what went wrong while moving. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #run(): Promise<void> {
    const { primaries } = this.#cluster;
    while (this.#running) {
      for (const slot of this.#slots) {
        const from = await this.#cluster.ownerOf(slot);
        const to = primaries[(primaries.indexOf(from) + 1) % primaries.length] as RigNode;
        await this.#cluster.migrateSlot(slot, from, to, { keys: "half", finish: false });
        await sleep(Math.random() * this.#holdMs);
        await this.#cluster.migrateSlot(slot, from, to);
        this.#moves++;
        if (!this.#running) return;
      }
    }
  }
}
