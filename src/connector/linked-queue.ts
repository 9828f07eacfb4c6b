/** An entry of a LinkedQueue. It is in one queue at most. */
export interface QueueEntry<T> {
  readonly value: T;
  previous: QueueEntry<T> | undefined;
  next: QueueEntry<T> | undefined;
  queued: boolean;
}

/** First in, first out; an entry anywhere in it is taken out in constant time. */
export class LinkedQueue<T> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: T): QueueEntry<T> {
    const entry: QueueEntry<T> = { value, previous: this.#last, next: undefined, queued: true };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#length++;
    return entry;
  }

  shift(): T | undefined {
    const entry = this.#first;
    if (entry === undefined) return undefined;
    this.remove(entry);
    return entry.value;
  }

  /** False when it is not queued any more. */
  remove(entry: QueueEntry<T>): boolean {
    if (!entry.queued) return false;
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.queued = false;
    this.#length--;
    return true;
  }
}
