import type { NodeCalls } from "./node-calls.ts";
import { WorkerFaults } from "./worker-faults.ts";
import { WorkerJournal } from "./worker-journal.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** What can be done with a server of another thread: of `ServerNode` what does not need its objects. */
export class WorkerServerNode {
  readonly faults: WorkerFaults;
  readonly journal: WorkerJournal;
  readonly #thread: WorkerThread<NodeCalls>;
  readonly #key: number;

  /** @internal */
  constructor(thread: WorkerThread<NodeCalls>, key: number) {
    this.#thread = thread;
    this.#key = key;
    this.faults = new WorkerFaults(thread, key);
    this.journal = new WorkerJournal(thread, key);
  }

  /** See `ServerNode.snapshot`. */
  async snapshot(): Promise<Buffer> {
    const { buffer, byteLength, byteOffset } = await this.#thread.call("snapshot", this.#key);
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  /** See `ServerNode.restore`. */
  restore(snapshot: Uint8Array): Promise<void> {
    return this.#thread.call("restore", this.#key, snapshot);
  }
}
