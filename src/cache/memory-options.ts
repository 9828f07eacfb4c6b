import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { resolveTtl } from "./cache-input.ts";
import { type CodecName, resolveCodec, type ValueCodec } from "./value-codec.ts";

export interface MemoryBackendOptions<V = Uint8Array> {
  /** Entries, from 1 to 16,777,216; the one not used for longest goes first. Room for their places is taken at once. Default 10,000. */
  maxEntries?: number | undefined;
  /**
   * Bytes of keys, values and metadata together, as they are stored; what the runtime needs beside them (100 to 300 bytes an entry) is not counted. A
   * larger value is refused. Default: no limit.
   */
  maxBytes?: number | undefined;
  /** Milliseconds that an entry lives where `set` does not say, from 1; null: for ever. Default null. */
  ttlMs?: number | null | undefined;
  /** How values become bytes: `bytes` (default), `text`, `json`, `msgpack`, or one of your own. */
  codec?: CodecName | ValueCodec<V> | undefined;
  /** Milliseconds that never run backwards, for tests. Default `performance.now`. */
  clock?: (() => number) | undefined;
}

export interface ResolvedMemoryOptions<V> {
  readonly maxEntries: number;
  readonly maxBytes: number | undefined;
  readonly ttlMs: number | null;
  readonly codec: ValueCodec<V>;
  readonly clock: () => number;
}

/** A Map holds 2^24 keys. */
const MOST_ENTRIES = 2 ** 24;
const NAMES = ["maxEntries", "maxBytes", "ttlMs", "codec", "clock"];

/** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
export function resolveMemoryOptions<V>(options: MemoryBackendOptions<V>): ResolvedMemoryOptions<V> {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    const message = `unknown option "${unknown}" of a MemoryBackend; the options are ${NAMES.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: unknown });
  }
  const { maxEntries = 10_000, maxBytes, clock = () => performance.now() } = options;
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > MOST_ENTRIES)
    throw badOption("maxEntries", `a whole number from 1 to ${MOST_ENTRIES}`, maxEntries);
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || maxBytes < 1))
    throw badOption("maxBytes", "a whole number from 1", maxBytes);
  if (typeof clock !== "function") throw badOption("clock", "a function that returns milliseconds", clock);
  return {
    maxEntries,
    maxBytes,
    ttlMs: resolveTtl(options.ttlMs, null),
    codec: resolveCodec(options.codec),
    clock,
  };
}
