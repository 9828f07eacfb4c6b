import type { ClusterCalls, MoveNews } from "./cluster-calls.ts";
import type { WorkerNode } from "./worker-node.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** A slot on its way between nodes of another thread, see `SlotMove`. */
export class WorkerSlotMove {
  readonly slot: number;
  readonly from: WorkerNode;
  readonly to: WorkerNode;
  readonly #thread: WorkerThread<ClusterCalls>;
  readonly #move: number;
  #moved: number;

  /** @internal */
  constructor(
    thread: WorkerThread<ClusterCalls>,
    { move, moved }: MoveNews,
    slot: number,
    from: WorkerNode,
    to: WorkerNode,
  ) {
    this.#thread = thread;
    this.#move = move;
    this.#moved = moved;
    this.slot = slot;
    this.from = from;
    this.to = to;
  }

  /** Keys moved so far. */
  get moved(): number {
    return this.#moved;
  }

  /** Moves the next keys; false where none was left. */
  async step(): Promise<boolean> {
    const { more, moved } = await this.#thread.call("stepMove", this.#move);
    this.#moved = moved;
    return more;
  }

  /** Moves the rest and hands the slot over. */
  async finish(): Promise<void> {
    this.#moved = await this.#thread.call("finishMove", this.#move);
  }

  /** Closes the slot on both sides; keys that have moved stay where they are. */
  abandon(): Promise<void> {
    return this.#thread.call("abandonMove", this.#move);
  }
}
