import { once } from "node:events";
import type { Terminal } from "./terminal.ts";

/** Writes results to stdout as fast as they are read, and knows when nobody reads them any more. */
export class ResultOutput implements Disposable {
  readonly #stream: Terminal["stdout"];
  readonly #gone: AbortController = new AbortController();
  #failure: Error | undefined;
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") this.#failure = error;
    this.#gone.abort();
  };
  readonly #onClose = (): void => this.#gone.abort();

  constructor(terminal: Terminal) {
    this.#stream = terminal.stdout;
    this.#stream.on("error", this.#onError);
    this.#stream.on("close", this.#onClose);
  }

  /** The reader has gone (`| head`): what is written from now on is lost, and the command may end. */
  get closed(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Waits while the reader is slow. `false` once it has gone; rejects where writing fails otherwise (a full disk). */
  async write(chunk: string | Uint8Array): Promise<boolean> {
    if (this.closed) return this.#end();
    if (this.#stream.write(chunk)) return true;
    const { signal } = this.#gone;
    await once(this.#stream, "drain", { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
    return this.closed ? this.#end() : true;
  }

  [Symbol.dispose](): void {
    this.#stream.off("error", this.#onError);
    this.#stream.off("close", this.#onClose);
  }

  #end(): false {
    if (this.#failure !== undefined) throw this.#failure;
    return false;
  }
}
