import { type Checks, either, SWITCH, wholeNumber } from "../option-check.ts";
import type { ClusterNode } from "./cluster-node.ts";
import { runCommand } from "./run-command.ts";

export interface MigrateSlotOptions {
  /** How many keys one MIGRATE takes; 100 by default. */
  readonly keysPerStep?: number | undefined;
  /** Stops after so many steps (true: before the first) and leaves the slot open until `finish` or `abandon`. */
  readonly hold?: boolean | number | undefined;
}

export const MIGRATE_SLOT_CHECKS: Checks<MigrateSlotOptions> = {
  keysPerStep: wholeNumber(1),
  hold: either(SWITCH, wholeNumber(0)),
};

const MIGRATE_TIMEOUT_MS = 10_000;

/** A slot on its way from one primary to another, by the commands that `redis-cli --cluster reshard` sends. */
export class SlotMove {
  readonly slot: number;
  readonly from: ClusterNode;
  readonly to: ClusterNode;
  /** Keys moved so far. */
  moved = 0;
  readonly #keysPerStep: number;
  readonly #others: () => readonly ClusterNode[];

  /** @internal */
  constructor(
    slot: number,
    from: ClusterNode,
    to: ClusterNode,
    keysPerStep: number,
    others: () => readonly ClusterNode[],
  ) {
    this.slot = slot;
    this.from = from;
    this.to = to;
    this.#keysPerStep = keysPerStep;
    this.#others = others;
  }

  /** @internal IMPORTING at the target, MIGRATING at the source. */
  async open(): Promise<void> {
    await this.#tell(this.to, "IMPORTING", this.from.id);
    await this.#tell(this.from, "MIGRATING", this.to.id);
  }

  /** Moves the next keys; false where none was left. */
  async step(): Promise<boolean> {
    if (this.from === this.to) return false;
    const keys = this.from.node.databases[0]?.slots?.keysOf(this.slot, this.#keysPerStep) ?? [];
    if (keys.length === 0) return false;
    const { host } = this.to;
    const port = this.to.member.clusterPort;
    const password = this.to.node.config.text("requirepass");
    const login = password === "" ? [] : ["AUTH", password];
    await runCommand(this.from.node, [
      "MIGRATE",
      host,
      String(port),
      "",
      "0",
      String(MIGRATE_TIMEOUT_MS),
      ...login,
      "KEYS",
      ...keys,
    ]);
    this.moved += keys.length;
    return true;
  }

  /** Moves the rest and hands the slot over. */
  async finish(): Promise<void> {
    while (await this.step());
    await this.#tell(this.to, "NODE", this.to.id);
    // Left without slots it has become a replica of the target, which takes no SETSLOT.
    if (this.from.role === "primary") await this.#tell(this.from, "NODE", this.to.id);
    for (const node of this.#others()) {
      if (node !== this.to && node !== this.from) await this.#tell(node, "NODE", this.to.id);
    }
  }

  /** Closes the slot on both sides; keys that have moved stay where they are. */
  async abandon(): Promise<void> {
    await this.#tell(this.from, "STABLE");
    await this.#tell(this.to, "STABLE");
  }

  async #tell(node: ClusterNode, ...words: string[]): Promise<void> {
    await runCommand(node.node, ["CLUSTER", "SETSLOT", String(this.slot), ...words]);
  }
}
