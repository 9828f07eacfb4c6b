import type { Socket } from "node:net";

/** Writes packets whole: one `write`, or one `writev`. */
export function writeWhole(socket: Socket, chunks: readonly Uint8Array[], flushed: () => void): void {
  const last = chunks.length - 1;
  if (last === 0) {
    socket.write(chunks[0]!, flushed);
    return;
  }
  socket.cork();
  for (let i = 0; i < last; i++) socket.write(chunks[i]!);
  socket.write(chunks[last]!, flushed);
  socket.uncork();
}

interface Unwritten {
  readonly chunk: Uint8Array;
  /** Called when this and all before it have left; undefined within a packet. */
  readonly flushed: (() => void) | undefined;
}

/**
 * Writes packets in portions, one in a turn of the event loop at most, and none before the one before has left: copying megabytes into
 * a socket keeps everything else of the process waiting, and what is in its buffer keeps the server from everything else.
 */
export class PortionWriter {
  readonly #socket: Socket;
  readonly #portionBytes: number;
  /** Called after each portion. */
  readonly #progress: () => void;
  #queue: Unwritten[] = [];
  /** `#queue[#head]` is next, and of its chunk the byte `#offset`. */
  #head = 0;
  #offset = 0;
  #writing = false;

  constructor(socket: Socket, portionBytes: number, progress: () => void) {
    this.#socket = socket;
    this.#portionBytes = portionBytes;
    this.#progress = progress;
  }

  /** Whether everything has left. */
  get idle(): boolean {
    return !this.#writing;
  }

  write(chunks: readonly Uint8Array[], flushed: () => void): void {
    const last = chunks.length - 1;
    for (let i = 0; i <= last; i++)
      this.#queue.push({ chunk: chunks[i]!, flushed: i === last ? flushed : undefined });
    if (!this.#writing) this.#writePortion();
  }

  /** Forgets what is unwritten. */
  end(): void {
    this.#queue = [];
    this.#head = 0;
    this.#offset = 0;
  }

  #writePortion(): void {
    const portion: Uint8Array[] = [];
    const done: (() => void)[] = [];
    let room = this.#portionBytes;
    while (room > 0 && this.#head < this.#queue.length) {
      const { chunk, flushed } = this.#queue[this.#head]!;
      const part = chunk.subarray(this.#offset, this.#offset + room);
      portion.push(part);
      room -= part.length;
      this.#offset += part.length;
      if (this.#offset < chunk.length) break;
      if (flushed !== undefined) done.push(flushed);
      this.#head++;
      this.#offset = 0;
    }
    if (this.#head === this.#queue.length) this.end();
    this.#writing = portion.length > 0;
    if (!this.#writing) return;
    writeWhole(this.#socket, portion, () => {
      this.#progress();
      for (const flushed of done) flushed();
      setImmediate(() => this.#writePortion());
    });
  }
}
