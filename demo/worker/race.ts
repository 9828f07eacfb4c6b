import { createKernel, type Kernel, type Key } from "../../src/slots/index.ts";
import { KEY_SHAPES, KEYS_A_CALL } from "../model/key-shapes.ts";
import type { RaceResult } from "./protocol.ts";

const ROUNDS = 5;
const TURN_MS = 45;

/*
 * The WebAssembly kernel looks at the first, middle and last key of a call and leaves short ones to JavaScript. A lead of
 * 200 characters makes it take the call itself; one key in a thousand is that price, about 2 % with the shortest keys.
 */
const LEAD = "x".repeat(200);

/** Runs one shape; every contestant must give the same slots before it is timed. */
export function race(id: string): RaceResult {
  const shape = KEY_SHAPES.find((candidate) => candidate.id === id)!;
  const keys = shape.keys(undefined);
  const lead = typeof keys[0] === "string" ? LEAD : new TextEncoder().encode(LEAD);
  const ledKeys = shape.keys(lead);
  const js = createKernel("js");
  const wasm = tryWasm();
  const contestants: readonly [Kernel, readonly Key[]][] =
    wasm === undefined
      ? [[js, keys]]
      : [
          [js, keys],
          [wasm, ledKeys],
          [wasm, keys],
        ];
  const expected = slotsOf(js, keys);
  for (const [kernel, own] of contestants) {
    const got = slotsOf(kernel, own);
    for (let i = 1; i < KEYS_A_CALL; i++)
      if (got[i] !== expected[i])
        throw new Error(`${kernel.backend} puts ${String(own[i])} in slot ${got[i]}, not ${expected[i]}`);
  }
  const best = contestants.map(() => 0);
  for (let round = 0; round < ROUNDS; round++)
    contestants.forEach(([kernel, own], i) => {
      best[i] = Math.max(best[i]!, keysPerSecond(kernel, own));
    });
  return { shape: id, js: best[0]!, wasm: best[1], chosen: best[2] ?? best[0]! };
}

export function tryWasm(): Kernel | undefined {
  try {
    return createKernel("wasm");
  } catch {
    return undefined;
  }
}

function slotsOf(kernel: Kernel, keys: readonly Key[]): Uint16Array {
  const slots = new Uint16Array(keys.length);
  kernel.keySlots(keys, slots);
  return slots;
}

function keysPerSecond(kernel: Kernel, keys: readonly Key[]): number {
  const slots = new Uint16Array(keys.length);
  let calls = 0;
  let elapsed = 0;
  const start = performance.now();
  while (elapsed < TURN_MS) {
    for (let i = 0; i < 8; i++) kernel.keySlots(keys, slots);
    calls += 8;
    elapsed = performance.now() - start;
  }
  return (calls * keys.length * 1000) / elapsed;
}
