/** A call under way, from before it was sent until what it found out has been stored. */
export interface MarkedCall {
  readonly order: number;
  readonly generation: Generation;
}

interface Generation {
  /** Key → order of the last write that began. */
  readonly begun: Map<string, number>;
  /** Key → order of the latest write that was stored. */
  readonly stored: Map<string, number>;
  calls: number;
}

const KEYS_PER_GENERATION = 4_096;

/**
 * Tells what came after a call while it was under way: a slow read must not bring back what a write has replaced, nor a slow write what a later one
 * has. Remembers as long as a call is under way that it could matter to, and no longer.
 */
export class WriteMarks {
  readonly #generations: Generation[] = [newGeneration()];
  #order = 0;
  #lastClear = 0;

  begin(written: Iterable<string> = []): MarkedCall {
    const order = ++this.#order;
    if (this.#newest.begun.size >= KEYS_PER_GENERATION) this.#generations.push(newGeneration());
    const generation = this.#newest;
    for (const key of written) generation.begun.set(key, order);
    generation.calls++;
    return { order, generation };
  }

  /** A call that writes every key. */
  beginClear(): MarkedCall {
    const call = this.begin();
    this.#lastClear = call.order;
    return call;
  }

  /** Whether a write of the key began after the call. */
  wroteSince(key: string, { order }: MarkedCall): boolean {
    return this.#lastClear > order || this.#generations.some(({ begun }) => (begun.get(key) ?? 0) > order);
  }

  /** Whether the write may be stored: none that began later has been. It then counts as stored. */
  store(key: string, { order }: MarkedCall): boolean {
    if (this.#lastClear > order || this.#generations.some(({ stored }) => (stored.get(key) ?? 0) > order))
      return false;
    this.#newest.stored.set(key, order);
    return true;
  }

  end({ generation }: MarkedCall): void {
    generation.calls--;
    // A call needs the writes since it began, which are those of its generation and of later ones.
    while (this.#generations.length > 1 && this.#generations[0]!.calls === 0) this.#generations.shift();
    const { begun, stored, calls } = this.#newest;
    if (this.#generations.length > 1 || calls > 0) return;
    begun.clear();
    stored.clear();
  }

  /** Keys that are remembered now. */
  get size(): number {
    return this.#generations.reduce((sum, { begun }) => sum + begun.size, 0);
  }

  get #newest(): Generation {
    return this.#generations.at(-1)!;
  }
}

function newGeneration(): Generation {
  return { begun: new Map(), stored: new Map(), calls: 0 };
}
