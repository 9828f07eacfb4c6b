import type { SharedTime } from "../manual-clock.ts";
import type { PlainError } from "./plain-error.ts";

/** What a worker is started with. The options are those of the thread that starts it, without `clock`. */
export interface WorkerPlan {
  readonly what: "server" | "cluster";
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a ManualClock that the worker's follows; undefined: the system's. */
  readonly time: SharedTime | undefined;
}

/** To the worker: one call of a method. `call` numbers them. */
export interface WorkerRequest {
  readonly call: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** From the worker. News come before the reply to the call that made them. */
export type WorkerReport =
  | { readonly kind: "value"; readonly call: number; readonly value: unknown }
  | { readonly kind: "error"; readonly call: number; readonly error: PlainError }
  | { readonly kind: "news"; readonly news: unknown }
  | { readonly kind: "ended" };

/** The start is answered like a call. */
export const START_CALL = 0;
