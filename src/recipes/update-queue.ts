import { AbortError } from "../errors.ts";

export interface UpdateMessage<T> {
  readonly topic: string;
  readonly value: T;
  /** Messages may have been missed right before this one: the connection was lost meanwhile, or the iterator's queue was full. */
  readonly gap: boolean;
}

/** Messages between their arrival and their reader: at most so many, and then the oldest make room. */
export class UpdateQueue<T> implements AsyncIterableIterator<UpdateMessage<T>> {
  readonly #maxQueued: number;
  readonly #ended: () => void;
  #messages: UpdateMessage<T>[] = [];
  #waiting: { resolve(result: IteratorResult<UpdateMessage<T>>): void; reject(error: Error): void }[] = [];
  #over = false;
  #failure: Error | undefined;
  /** The next message comes behind a gap. */
  #gap = false;

  constructor(maxQueued: number, ended: () => void) {
    this.#maxQueued = maxQueued;
    this.#ended = ended;
  }

  push(topic: string, value: T): void {
    if (this.#over) return;
    const message = { topic, value, gap: this.#gap };
    this.#gap = false;
    const reader = this.#waiting.shift();
    if (reader !== undefined) return reader.resolve({ done: false, value: message });
    this.#messages.push(message);
    if (this.#messages.length <= this.#maxQueued) return;
    this.#messages.shift();
    this.#messages[0] = { ...this.#messages[0]!, gap: true };
  }

  gap(): void {
    this.#gap = true;
  }

  /** What has arrived can still be read. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const reader of this.#waiting.splice(0)) reader.resolve({ done: true, value: undefined });
    this.#ended();
  }

  abort(reason: unknown): void {
    if (this.#over) return;
    const error = new AbortError("ABORTED", "messages: aborted", [], { cause: reason });
    this.#messages = [];
    const readers = this.#waiting.splice(0);
    // The first reader is told, and without one the next.
    if (readers.length === 0) this.#failure = error;
    for (const reader of readers) reader.reject(error);
    this.end();
  }

  next(): Promise<IteratorResult<UpdateMessage<T>>> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<UpdateMessage<T>>> {
    this.#messages = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
