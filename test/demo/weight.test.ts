import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BuiltPage } from "./built-page.ts";

const KB = 1024;

describe("the built page", () => {
  let built: BuiltPage;
  beforeAll(async () => {
    built = await BuiltPage.start();
  });
  afterAll(() => built?.stop());

  test("weighs at most 60 KB with gzip, all of its files together", () => {
    const weights = [...built.files].map(
      ([path, bytes]) => [path, gzipSync(bytes, { level: 9 }).length] as const,
    );
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    expect(total, JSON.stringify(weights)).toBeLessThanOrEqual(60 * KB);
  });

  test("holds slotpack/slots once, at most 12 KB compressed with its WebAssembly", () => {
    const chunks = [...built.files].filter(([path]) => /\/slots-[^/]+\.js$/.test(path));
    expect(chunks.map(([path]) => path)).toHaveLength(1);
    const others = [...built.files].filter(
      ([path, bytes]) => path !== chunks[0]![0] && bytes.includes("AGFzbQ"),
    );
    expect(others.map(([path]) => path)).toEqual([]);
    expect(chunks[0]![1].includes("AGFzbQ")).toBe(true);
    expect(brotliCompressSync(chunks[0]![1]).length).toBeLessThanOrEqual(12 * KB);
  });

  test("names its own files by relative addresses, and no other host", () => {
    const html = built.files.get("index.html")!.toString();
    const addresses = Array.from(html.matchAll(/(?:src|href)="([^"#][^"]*)"/g), ([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(2);
    expect(addresses.filter((address) => !/^\.\/[\w./-]+$/.test(address))).toEqual([]);
    for (const address of addresses) expect([...built.files.keys()]).toContain(address.slice(2));
    const hosts = [...built.files].flatMap(([path, bytes]) =>
      Array.from(bytes.toString("latin1").matchAll(/https?:\/\/[\w.-]+/g), ([host]) => `${path}: ${host}`),
    );
    expect(hosts.filter((host) => !host.endsWith("http://www.w3.org"))).toEqual([]);
  });
});
