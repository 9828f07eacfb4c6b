import { ConfigError } from "../../errors.ts";
import type { CommandFaultOptions, Latency, Split } from "../faults/fault-options.ts";
import type { StreamFaultOptions } from "../faults/faults.ts";
import type { FaultMethod, NodeCalls } from "./node-calls.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** As the options of a fault of the bytes, but for `where`: a function does not go to another thread. */
export type WorkerStreamFaultOptions = Omit<StreamFaultOptions, "where">;
/** As the options of a fault of commands, but for `where`. */
export type WorkerCommandFaultOptions = Omit<CommandFaultOptions, "where">;

/** A fault at a node of another thread. */
export interface WorkerFault {
  /** How often it has struck. */
  readonly hits: Promise<number>;
  remove(): Promise<void>;
}

/** Faults at the connections of a node in another thread: the methods of `Faults`, in force when their promises resolve. */
export class WorkerFaults {
  readonly #thread: WorkerThread<NodeCalls>;
  readonly #key: number;

  /** @internal */
  constructor(thread: WorkerThread<NodeCalls>, key: number) {
    this.#thread = thread;
    this.#key = key;
  }

  seed(seed: number): Promise<void> {
    return this.#thread.call("seedFaults", this.#key, seed);
  }

  latency(ms: Latency, options?: WorkerStreamFaultOptions): Promise<WorkerFault> {
    return this.#add("latency", ms, options);
  }

  split(split: Split, options?: WorkerStreamFaultOptions): Promise<WorkerFault> {
    return this.#add("split", split, options);
  }

  freeze(): Promise<WorkerFault> {
    return this.#add("freeze");
  }

  halfOpen(options?: WorkerStreamFaultOptions): Promise<WorkerFault> {
    return this.#add("halfOpen", options);
  }

  closeAfter(
    limit: { readonly bytes: number },
    options?: WorkerStreamFaultOptions & { readonly times?: number },
  ): Promise<WorkerFault>;
  closeAfter(
    limit: { readonly commands: number; readonly reply?: "sent" | "lost" },
    options?: Omit<WorkerCommandFaultOptions, "skip">,
  ): Promise<WorkerFault>;
  closeAfter(
    limit: { readonly bytes?: number; readonly commands?: number; readonly reply?: "sent" | "lost" },
    options?: WorkerStreamFaultOptions & WorkerCommandFaultOptions,
  ): Promise<WorkerFault> {
    return this.#add("closeAfter", limit, options);
  }

  error(text: string, options?: WorkerCommandFaultOptions): Promise<WorkerFault> {
    return this.#add("error", text, options);
  }

  drop(options?: WorkerCommandFaultOptions): Promise<WorkerFault> {
    return this.#add("drop", options);
  }

  extra(options?: WorkerCommandFaultOptions & { readonly reply?: string | undefined }): Promise<WorkerFault> {
    return this.#add("extra", options);
  }

  malformed(
    options?: WorkerCommandFaultOptions & { readonly reply?: string | undefined },
  ): Promise<WorkerFault> {
    return this.#add("malformed", options);
  }

  clear(): Promise<void> {
    return this.#thread.call("clearFaults", this.#key);
  }

  async #add(method: FaultMethod, ...args: readonly unknown[]): Promise<WorkerFault> {
    if (args.some((arg) => typeof (arg as { where?: unknown } | undefined)?.where === "function")) {
      const text = "where: expected none at a node of a worker thread, got a function";
      throw new ConfigError("WORKER_UNSUPPORTED", text, { option: "where" });
    }
    const thread = this.#thread;
    const fault = await thread.call("addFault", this.#key, method, ...args);
    return {
      get hits() {
        return thread.call("faultHits", fault);
      },
      remove: () => thread.call("removeFault", fault),
    };
  }
}
