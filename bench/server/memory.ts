import { setTimeout as sleep } from "node:timers/promises";
import { RunningServer, type ServerContestant } from "./contestant.ts";
import { fillBySets, keyName } from "./filling.ts";
import { residentBytes } from "./process-figures.ts";

const KEYS = 1_000_000;
const VALUE_BYTES = 100;
/** What the process may take with all keys in it. */
export const MOST_BYTES: number = 350 * 1e6;
const AFTER_MS = [100, 5000];

/** Resident bytes of one server's process. */
export interface MemoryFigures {
  readonly contestant: ServerContestant;
  readonly empty: number;
  /** With a million keys of 100 bytes. */
  readonly full: number;
  readonly peak: number;
  /** All written a second time. */
  readonly overwritten: number;
  /** After FLUSHALL, and five seconds later. */
  readonly flushed: readonly number[];
  /** Filled again, and all of them deleted by DEL. */
  readonly deleted: readonly number[];
}

/** Nothing is collected by force: the processes run as they are started by everybody. */
export async function measureMemory(contestant: ServerContestant): Promise<MemoryFigures> {
  const server = await RunningServer.start(contestant);
  try {
    const resident = (): number => residentBytes(server.pid).now;
    const later = async (): Promise<number[]> => {
      const seen: number[] = [];
      let waited = 0;
      for (const ms of AFTER_MS) {
        await sleep(ms - waited);
        waited = ms;
        seen.push(resident());
      }
      return seen;
    };
    const empty = resident();
    await fillBySets(server, KEYS, VALUE_BYTES);
    await check(server, KEYS);
    const full = resident();
    const { peak } = residentBytes(server.pid);
    await fillBySets(server, KEYS, VALUE_BYTES);
    const overwritten = resident();
    await server.connection.send("FLUSHALL");
    const flushed = await later();
    await fillBySets(server, KEYS, VALUE_BYTES);
    for (let first = 0; first < KEYS; first += 1000) {
      await server.connection.send(
        "DEL",
        ...Array.from({ length: 1000 }, (_, index) => keyName(first + index)),
      );
    }
    await check(server, 0);
    return { contestant, empty, full, peak, overwritten, flushed, deleted: await later() };
  } finally {
    await server.stop();
  }
}

async function check(server: RunningServer, keys: number): Promise<void> {
  const size = await server.connection.send("DBSIZE");
  if (size !== keys) throw new Error(`DBSIZE is ${size} instead of ${keys}`);
  if (keys === 0) return;
  const value = await server.connection.send("GET", keyName(keys - 1));
  if (value !== `value ${keys - 1} `.repeat(VALUE_BYTES).slice(0, VALUE_BYTES))
    throw new Error(`GET: ${value}`);
}
