import { afterEach, describe, expect, test, vi } from "vitest";
import { kernelBinary } from "../../src/wasm/load.ts";

const real = (
  globalThis as unknown as {
    WebAssembly: { Instance: unknown; compile(bytes: Uint8Array): Promise<object> };
  }
).WebAssembly;

/** A copy of the module with a shared kernel of its own. */
async function freshLoad(): Promise<typeof import("../../src/wasm/load.ts")> {
  vi.resetModules();
  return await import("../../src/wasm/load.ts");
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the shared kernel", () => {
  test("is WebAssembly where that may run, and the same at every call", async () => {
    const { defaultKernel } = await freshLoad();
    expect(defaultKernel().backend).toBe("wasm");
    expect(defaultKernel()).toBe(defaultKernel());
  });

  test("is plain JavaScript where WebAssembly is absent", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const { createKernel, defaultKernel } = await freshLoad();
    expect(defaultKernel().backend).toBe("js");
    expect(() => createKernel("wasm")).toThrow(expect.objectContaining({ code: "WASM_UNAVAILABLE" }));
    expect(createKernel("js").backend).toBe("js");
  });

  test("is plain JavaScript where a content security policy forbids compilation", async () => {
    class Module {
      constructor() {
        throw new EvalError("violates the following Content Security policy directive");
      }
    }
    vi.stubGlobal("WebAssembly", { ...real, Instance: real.Instance, Module });
    const { createKernel, defaultKernel } = await freshLoad();
    expect(defaultKernel().backend).toBe("js");
    expect(() => createKernel("wasm")).toThrow(/refused the kernel: EvalError: violates/);
  });

  test("needs neither Buffer nor process to start and to work", async () => {
    const { createKernel } = await freshLoad();
    vi.stubGlobal("Buffer", undefined);
    vi.stubGlobal("process", undefined);
    const none = new Uint8Array(0);
    const template = {
      parts: [{ kind: "name" as const, prefix: none, suffix: none }],
      routePrefix: none,
      routeSuffix: none,
      columns: 0,
    };
    const packed = createKernel("wasm").pack({ template, keys: ["a", "b", "c", "d"], nodeCount: 1 });
    vi.unstubAllGlobals();
    expect(new TextDecoder().decode(packed.bytes)).toBe("$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n");
  });
});

describe("createKernel", () => {
  test("gives every kernel memory of its own", async () => {
    const { createKernel } = await freshLoad();
    const one = createKernel("wasm");
    expect(createKernel("wasm")).not.toBe(one);
  });

  test("rejects a backend that does not exist", async () => {
    const { createKernel } = await freshLoad();
    expect(() => createKernel("webgpu" as "js")).toThrow(
      expect.objectContaining({ code: "BAD_BACKEND", option: "backend" }),
    );
  });

  test("takes a module that was compiled elsewhere and refuses another one", async () => {
    const { kernelOf } = await freshLoad();
    const module = await real.compile(kernelBinary());
    expect(kernelOf(module).crc16("123456789")).toBe(0x31c3);
    const empty = await real.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    expect(() => kernelOf(empty)).toThrow(expect.objectContaining({ code: "WASM_UNAVAILABLE" }));
  });
});
