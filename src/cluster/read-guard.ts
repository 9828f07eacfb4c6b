import type { Socket } from "node:net";

/*
 * A callback of process.nextTick that runs behind a read and throws makes Node (seen in 20.20) ignore the buffer that `onread` gave it: the next
 * read would go over the one before, and so over values that callers hold. Where an `uncaughtException` handler keeps the process alive, the
 * socket is therefore destroyed before it reads again. Without such a handler the process ends, and the guard changes nothing about that.
 */

let guarded = 0;
/** Read from in this turn of the event loop, the last one of them. */
let reading: Socket | undefined;
let clearing = false;

/** Guards a socket until it is closed. */
export function guardReads(socket: Socket): void {
  if (socket.destroyed) return;
  if (guarded++ === 0) process.on("uncaughtExceptionMonitor", destroyReader);
  socket.once("close", () => {
    if (--guarded === 0) process.off("uncaughtExceptionMonitor", destroyReader);
  });
}

/** To be called in each read of a guarded socket. */
export function enterRead(socket: Socket): void {
  reading = socket;
  if (clearing) return;
  clearing = true;
  setImmediate(() => {
    clearing = false;
    reading = undefined;
  });
}

function destroyReader(exception: unknown): void {
  reading?.destroy(new Error("an uncaught exception interrupted its reading", { cause: exception }));
}
