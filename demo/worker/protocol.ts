import type { KeySummary } from "../model/key-summary.ts";

/** Keys to take: text that is split in the worker, a file that is read there, an example, or one more key. */
export type KeySource =
  | { readonly from: "text"; readonly text: string }
  | { readonly from: "file"; readonly file: File }
  | { readonly from: "example"; readonly name: string }
  | { readonly from: "more"; readonly key: string };

export interface KeysInSlot {
  readonly slot: number;
  readonly count: number;
  /** The first few. */
  readonly keys: readonly string[];
}

/** Keys per second of one shape. `wasm` is missing where WebAssembly is refused. */
export interface RaceResult {
  readonly shape: string;
  readonly js: number;
  readonly wasm: number | undefined;
  readonly chosen: number;
}

/** What the worker is asked, and what it answers. */
export interface Jobs {
  readonly load: { readonly ask: KeySource; readonly answer: KeySummary };
  readonly slot: { readonly ask: number; readonly answer: KeysInSlot };
  readonly race: { readonly ask: string; readonly answer: RaceResult };
}

export interface Ask<J extends keyof Jobs = keyof Jobs> {
  readonly id: number;
  readonly job: J;
  readonly ask: Jobs[J]["ask"];
}

export type Answer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
