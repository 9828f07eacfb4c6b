import { Socket } from "node:net";

type Write = (this: Socket, ...args: unknown[]) => void;

const prototype = Socket.prototype as unknown as Record<"_write" | "_writev", Write>;

/** How often this process wrote to a socket meanwhile, whichever client it was: the fewest of three tries. */
export async function fewestSocketWrites(run: () => Promise<unknown>): Promise<number> {
  let writes = 0;
  let fewest = Number.POSITIVE_INFINITY;
  const { _write, _writev } = prototype;
  const counted = (write: Write): Write =>
    function (...args) {
      writes++;
      write.apply(this, args);
    };
  prototype._write = counted(_write);
  prototype._writev = counted(_writev);
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      writes = 0;
      await run();
      fewest = Math.min(fewest, writes);
    }
    return fewest;
  } finally {
    prototype._write = _write;
    prototype._writev = _writev;
  }
}
