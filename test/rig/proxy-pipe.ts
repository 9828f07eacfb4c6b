import type { Socket } from "node:net";

export interface PipeSettings {
  delayMs: number;
  paused: boolean;
  /** Bytes are read and thrown away. */
  discarding: boolean;
  /** What is forwarded instead of the chunk; an empty list drops it. */
  transform: ((chunk: Buffer, connection: number) => readonly Uint8Array[]) | undefined;
  /** Bytes still let through before `onExhausted`; undefined for no limit. */
  budget: number | undefined;
}

/** One direction of one proxied connection. Settings are shared by all connections of a direction and may change. */
export class ProxyPipe {
  readonly #source: Socket;
  readonly #target: Socket;
  readonly #settings: PipeSettings;
  readonly #connection: number;
  readonly #onBytes: (count: number) => void;
  readonly #onExhausted: () => void;
  readonly #delayed: { due: number; chunk: Uint8Array }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #full = false;

  constructor(
    source: Socket,
    target: Socket,
    settings: PipeSettings,
    connection: number,
    events: { onBytes(count: number): void; onExhausted(): void },
  ) {
    this.#source = source;
    this.#target = target;
    this.#settings = settings;
    this.#connection = connection;
    this.#onBytes = events.onBytes;
    this.#onExhausted = events.onExhausted;
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => this.#end());
    target.on("drain", () => {
      this.#full = false;
      this.update();
    });
    this.update();
  }

  /** Applies changed settings. */
  update(): void {
    if (this.#settings.paused || this.#full) this.#source.pause();
    else this.#source.resume();
    this.#flush();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #take(chunk: Buffer): void {
    if (this.#settings.discarding) return;
    const pieces = this.#settings.transform?.(chunk, this.#connection) ?? [chunk];
    const due = performance.now() + this.#settings.delayMs;
    for (const piece of pieces) this.#delayed.push({ due, chunk: piece });
    this.#flush();
  }

  #end(): void {
    this.#ended = true;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    if (this.#settings.paused) return;
    const now = performance.now();
    for (let head = this.#delayed[0]; head !== undefined; head = this.#delayed[0]) {
      // setTimeout has a resolution of 1 ms; half of it keeps the mean delay where it was asked for.
      if (head.due - now > 0.5) {
        this.#timer = setTimeout(() => this.#flush(), head.due - now);
        return;
      }
      this.#delayed.shift();
      if (!this.#forward(head.chunk)) return;
    }
    if (this.#ended && !this.#settings.discarding) this.#target.end();
  }

  /** False once the connection was cut. */
  #forward(chunk: Uint8Array): boolean {
    const budget = this.#settings.budget;
    const allowed = budget === undefined ? chunk : chunk.subarray(0, budget);
    if (budget !== undefined) this.#settings.budget = budget - allowed.length;
    const cut = budget !== undefined && chunk.length >= budget;
    if (allowed.length > 0) {
      this.#onBytes(allowed.length);
      if (cut) {
        this.#target.write(allowed, () => this.#onExhausted());
        return false;
      }
      if (!this.#target.write(allowed) && !this.#full) {
        this.#full = true;
        this.#source.pause();
      }
    }
    if (cut) this.#onExhausted();
    return !cut;
  }
}
