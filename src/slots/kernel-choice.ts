import type { Kernel } from "../wasm/kernel.ts";
import { createKernel, defaultKernel, kernelOf, setDefaultKernel } from "../wasm/load.ts";
import type { WasmModule } from "../wasm/web-assembly.ts";

/** What computes slots on this thread. */
export const kernel: { readonly backend: "wasm" | "js" } = {
  get backend() {
    return defaultKernel().backend;
  },
};

/**
 * Starts the shared kernel over a module that was compiled elsewhere, e.g. `await WebAssembly.compile(kernelBinary())`
 * where only asynchronous compilation is allowed, or one that was posted to a worker. Without a module it starts as it
 * does by itself at its first use. Returns the backend in use: "js" where WebAssembly is refused and no module was given.
 *
 * @throws ConfigError `WASM_UNAVAILABLE` when the module given is not this version's kernel or may not run
 */
export function initSlots(module?: WasmModule): "wasm" | "js" {
  if (module !== undefined) setDefaultKernel(kernelOf(module));
  return kernel.backend;
}

export { createKernel, type Kernel };
