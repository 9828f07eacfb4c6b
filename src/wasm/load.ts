import { ConfigError } from "../errors.ts";
import { KERNEL_BASE64 } from "./binary.ts";
import type { Kernel } from "./kernel.ts";
import { ReferenceKernel } from "./reference-kernel.ts";
import { type KernelExports, WasmKernel } from "./wasm-kernel.ts";
import { type WasmModule, webAssembly } from "./web-assembly.ts";

/**
 * A kernel with memory of its own. "wasm" throws a ConfigError with code `WASM_UNAVAILABLE` where WebAssembly is absent
 * or forbidden, e.g. by a content security policy without `wasm-unsafe-eval`.
 */
export function createKernel(backend: "wasm" | "js"): Kernel {
  if (backend === "js") return new ReferenceKernel();
  if (backend === "wasm") return kernelOf(undefined);
  throw new ConfigError("BAD_BACKEND", `backend: expected "wasm" or "js", got ${JSON.stringify(backend)}`, {
    option: "backend",
  });
}

/** A kernel with memory of its own over `module`, the embedded binary compiled elsewhere; compiles it when absent. */
export function kernelOf(module: WasmModule | undefined): Kernel {
  const api = webAssembly();
  if (api === undefined) throw new ConfigError("WASM_UNAVAILABLE", "this host has no WebAssembly");
  try {
    const instance = new api.Instance(module ?? new api.Module(kernelBinary()));
    return new WasmKernel(instance.exports as KernelExports);
  } catch (cause) {
    throw new ConfigError("WASM_UNAVAILABLE", `WebAssembly refused the kernel: ${String(cause)}`, { cause });
  }
}

/** The compiled kernel. */
export function kernelBinary(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(KERNEL_BASE64), (char) => char.charCodeAt(0));
}

let shared: Kernel | undefined;

/** The kernel that everything on this thread shares: WebAssembly where it may run, plain JavaScript elsewhere. */
export function defaultKernel(): Kernel {
  shared ??= wasmOrPlain();
  return shared;
}

/** Replaces the shared kernel. */
export function setDefaultKernel(kernel: Kernel): void {
  shared = kernel;
}

function wasmOrPlain(): Kernel {
  try {
    return createKernel("wasm");
  } catch {
    return createKernel("js");
  }
}
