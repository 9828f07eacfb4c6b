/*
 * The part of the WebAssembly interface that is in use. TypeScript declares it in lib.dom only, which neither this
 * package nor a user's Node project compiles with.
 */

/** A `WebAssembly.Module`. */
export type WasmModule = object;

/** A `WebAssembly.Memory`. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface WasmInstance {
  readonly exports: object;
}

interface WasmInterface {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule) => WasmInstance;
}

/** `globalThis.WebAssembly`; `undefined` in a process started with `--jitless` and in some sandboxes. */
export function webAssembly(): WasmInterface | undefined {
  return (globalThis as { WebAssembly?: WasmInterface }).WebAssembly;
}
