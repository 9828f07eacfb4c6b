import { afterEach, expect, test, vi } from "vitest";

const real = (globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<object> } })
  .WebAssembly;

/** The slots with a shared kernel that has not started yet. */
async function freshSlots(): Promise<typeof import("../../src/slots/index.ts")> {
  vi.resetModules();
  return await import("../../src/slots/index.ts");
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("kernel.backend tells what computes the slots", async () => {
  const { kernel } = await freshSlots();
  expect(kernel.backend).toBe("wasm");
  vi.stubGlobal("WebAssembly", undefined);
  const { kernel: plain, keySlots } = await freshSlots();
  expect(plain.backend).toBe("js");
  expect(Array.from(keySlots(["foo".padEnd(200, "x"), "foo"]))[1]).toBe(12182);
});

test("initSlots starts the shared kernel, with a module that was compiled asynchronously or without one", async () => {
  const { initSlots, kernel, kernelBinary, keySlots } = await freshSlots();
  expect(initSlots()).toBe("wasm");
  expect(initSlots(await real.compile(kernelBinary()))).toBe("wasm");
  expect(kernel.backend).toBe("wasm");
  const keys = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(90, "-"));
  const slots = keySlots(keys);
  vi.stubGlobal("WebAssembly", undefined);
  const plain = await freshSlots();
  expect(plain.initSlots()).toBe("js");
  expect(plain.keySlots(keys)).toEqual(slots);
});

test("initSlots refuses what is no module of the kernel", async () => {
  const { initSlots, kernel } = await freshSlots();
  expect(() => initSlots({})).toThrow(expect.objectContaining({ code: "WASM_UNAVAILABLE" }));
  expect(kernel.backend).toBe("wasm");
});

test("createKernel gives a kernel of either backend", async () => {
  const { createKernel } = await freshSlots();
  expect([createKernel("wasm").backend, createKernel("js").backend]).toEqual(["wasm", "js"]);
});
