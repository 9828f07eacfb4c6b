import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { kernelBinary } from "../../src/wasm/load.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: {
      new (bytes: Uint8Array): object;
      imports(module: object): object[];
      exports(module: object): { name: string }[];
    };
  };
};

/** The file of asc's bin entry: `npx` would have to find it again. */
function ascPath(): string {
  const manifest = createRequire(import.meta.url).resolve("assemblyscript/package.json");
  return join(dirname(manifest), "bin", "asc.js");
}

describe("the embedded kernel", () => {
  test("has less than 12 KB and imports nothing", () => {
    const module = new WebAssembly.Module(kernelBinary());
    expect(kernelBinary().length).toBeLessThan(12 * 1024);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["crc16From", "keySlots", "memory", "pack", "prepare"]);
  });

  test("is what asc makes of assembly/ now", async () => {
    const folder = await mkdtemp(join(tmpdir(), "slotpack-kernel-"));
    try {
      const file = join(folder, "kernel.wasm");
      const args = [ascPath(), "--config", "asconfig.json", "--target", "release", "--outFile", file];
      await promisify(execFile)(process.execPath, args, { cwd: ROOT });
      const built = await readFile(file);
      expect(built.equals(kernelBinary()), "run `npm run build:kernel` and commit src/wasm/binary.ts").toBe(
        true,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
