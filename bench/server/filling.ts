import type { RunningServer } from "./contestant.ts";

/** Keys of one MSET, and MSETs that are on their way at once. */
const KEYS = 100;
const COMMANDS = 20;

/** The names that redis-benchmark draws, and as many bytes to each. */
export async function fill(server: RunningServer, keys: number, valueBytes: number): Promise<void> {
  const value = Buffer.alloc(valueBytes, "x");
  const waiting: Promise<unknown>[] = [];
  for (let first = 0; first < keys; first += KEYS) {
    const pairs = Array.from({ length: Math.min(KEYS, keys - first) }, (_, index) => [
      keyName(first + index),
      value,
    ]);
    waiting.push(server.connection.sendRaw(["MSET", ...pairs.flat()]));
    if (waiting.length === COMMANDS) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
}

/** The same by one SET a key, as clients write. */
export async function fillBySets(server: RunningServer, keys: number, valueBytes: number): Promise<void> {
  const value = Buffer.alloc(valueBytes);
  const waiting: Promise<unknown>[] = [];
  for (let index = 0; index < keys; index++) {
    value.fill(`value ${index} `);
    waiting.push(server.connection.sendRaw(["SET", keyName(index), value]));
    if (waiting.length === KEYS * COMMANDS) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
}

export function keyName(index: number): string {
  return `key:${String(index).padStart(12, "0")}`;
}
