import type { CacheBackend } from "../../src/cache/cache-backend.ts";

/** A value of a backend of bytes. */
export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

export function text(value: Uint8Array | null | undefined): string | null {
  return value == null ? null : Buffer.from(value).toString();
}

export function texts(values: ReadonlyMap<string, Uint8Array>): [string, string | null][] {
  return [...values].map(([key, value]) => [key, text(value)]);
}

export async function keysOf(backend: CacheBackend<Uint8Array>, pattern?: string): Promise<string[]> {
  const keys = new Set<string>();
  for await (const key of backend.keys(pattern)) keys.add(key);
  return [...keys].sort();
}
