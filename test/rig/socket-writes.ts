import { Socket } from "node:net";

export interface SocketWrites<T> {
  readonly result: T;
  /** Calls of `_write` and `_writev`, each of which is one write(2) or writev(2) unless the kernel's buffer is full. */
  readonly writes: number;
  readonly bytes: number;
  /** By the remote port of the socket; a socket without one (unix) counts under 0. */
  readonly byPort: ReadonlyMap<number, { writes: number; bytes: number }>;
}

type Write = (this: Socket, chunk: Uint8Array | string, encoding: BufferEncoding, done: () => void) => void;
type WriteMany = (
  this: Socket,
  chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[],
  done: () => void,
) => void;

interface WritePrototype {
  _write: Write;
  _writev: WriteMany;
}

const prototype = Socket.prototype as unknown as WritePrototype;

/** Counts the socket writes of this process while `run` is under way, by remote port. Not for concurrent use. */
export async function countSocketWrites<T>(run: () => T | Promise<T>): Promise<SocketWrites<T>> {
  const { _write, _writev } = prototype;
  const byPort = new Map<number, { writes: number; bytes: number }>();
  const count = (socket: Socket, bytes: number): void => {
    const port = socket.remotePort ?? 0;
    const entry = byPort.get(port) ?? { writes: 0, bytes: 0 };
    byPort.set(port, { writes: entry.writes + 1, bytes: entry.bytes + bytes });
  };
  prototype._write = function (chunk, encoding, done): void {
    count(this, byteLength(chunk, encoding));
    _write.call(this, chunk, encoding, done);
  };
  prototype._writev = function (chunks, done): void {
    count(
      this,
      chunks.reduce((sum, { chunk, encoding }) => sum + byteLength(chunk, encoding), 0),
    );
    _writev.call(this, chunks, done);
  };
  try {
    const result = await run();
    const entries = [...byPort.values()];
    return {
      result,
      writes: entries.reduce((sum, entry) => sum + entry.writes, 0),
      bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
      byPort,
    };
  } finally {
    prototype._write = _write;
    prototype._writev = _writev;
  }
}

function byteLength(chunk: Uint8Array | string, encoding: BufferEncoding): number {
  return typeof chunk === "string" ? Buffer.byteLength(chunk, encoding) : chunk.length;
}
