import { ConfigError } from "../../errors.ts";
import { type Clock, SystemClock } from "../clock.ts";
import { ManualClock } from "../manual-clock.ts";

/** Refuses what cannot be copied to another thread, by the name of its option. `ConfigError` WORKER_UNSUPPORTED. */
export function checkTransferable(options: Readonly<Record<string, unknown>>, path = ""): void {
  for (const [name, value] of Object.entries(options)) {
    try {
      structuredClone(value);
    } catch (cause) {
      const option = path + name;
      const text = `${option}: expected what can be copied to a worker thread, got ${describe(value)}`;
      throw new ConfigError("WORKER_UNSUPPORTED", text, { option, cause });
    }
  }
}

/** The clock that has to move the worker's; undefined for the system's. */
export function manualClockOf(clock: Clock | undefined): ManualClock | undefined {
  if (clock === undefined || clock instanceof SystemClock) return undefined;
  if (clock instanceof ManualClock) return clock;
  const text = `clock: expected a ManualClock or the system's for a worker thread, got ${describe(clock)}`;
  throw new ConfigError("WORKER_UNSUPPORTED", text, { option: "clock" });
}

/** True for `1` and `true`, false for `0`, `false` and undefined. */
export function inWorker(option: "worker" | "workers", value: unknown): boolean {
  if (value === undefined || value === false || value === 0) return false;
  if (value === true || value === 1) return true;
  const text = `${option}: expected 1 or true (all nodes in one worker thread), or 0, got ${describe(value)}`;
  throw new ConfigError("WORKER_UNSUPPORTED", text, { option });
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  const functions = Object.entries(value).filter(([, item]) => typeof item === "function");
  if (functions.length > 0)
    return `an object with a function (${functions.map(([name]) => name).join(", ")})`;
  return `a ${value.constructor?.name ?? "object"}`;
}
