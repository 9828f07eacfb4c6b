import type { CacheBackend } from "../cache/cache-backend.ts";
import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";

const METHODS = [
  "get",
  "set",
  "delete",
  "exists",
  "ttl",
  "expire",
  "getMany",
  "setMany",
  "deleteMany",
  "hasMany",
  "keys",
  "clear",
  "disconnect",
] as const;

/** The codec that passes bytes through; a backend that does not tell its `codecName` is judged by what it reads. */
const BYTES = "bytes";

/** Throws ConfigError `BAD_OPTION` for what is no cache backend, `BAD_CODEC` for one whose values are not bytes. */
export function requireBytesBackend(adapter: string, backend: unknown): CacheBackend<Uint8Array> {
  const methods = backend as Readonly<Record<string, unknown>> | null | undefined;
  const missing = METHODS.find((name) => typeof methods?.[name] !== "function");
  if (missing !== undefined)
    throw badOption("backend", "a CacheBackend, e.g. new RedisBackend({ url })", backend);
  const { codecName } = backend as { codecName?: unknown };
  if (typeof codecName === "string" && codecName !== BYTES) throw badCodec(adapter, `codec "${codecName}"`);
  return backend as CacheBackend<Uint8Array>;
}

/** A value as the backend gave it; throws ConfigError `BAD_CODEC` where it is no bytes. */
export function requireBytes(adapter: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw badCodec(adapter, `a backend that reads ${value === null ? "null" : `a ${typeof value}`}`);
}

/** UTF-8, as a view of the same memory where that is possible. */
export function textOf(adapter: string, value: unknown): string {
  const bytes = requireBytes(adapter, value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function badCodec(adapter: string, got: string): ConfigError {
  return new ConfigError(
    "BAD_CODEC",
    `${adapter} makes its own bytes and needs a backend with codec "bytes" (the default), got ${got}`,
    { option: "codec" },
  );
}
