import type { CacheBackend } from "../cache/cache-backend.ts";
import type { ValueCodec } from "../cache/value-codec.ts";
import { badOption } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { ConfigError } from "../errors.ts";

/** Throws ConfigError `BAD_OPTION` or `UNKNOWN_OPTION`: a mistyped TTL must not make entries live for ever. */
export function checkNames(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const message = `unknown option "${name}" of ${what}; the options are ${names.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: name });
  }
}

/** Throws ConfigError `BAD_OPTION`. */
export function checkWhole(option: string, value: unknown, min: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw badOption(option, `a whole number from ${min}`, value);
}

/** Throws ConfigError `BAD_OPTION`. */
export function checkText(option: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw badOption(option, "a string", value);
}

/** Throws ConfigError `BAD_OPTION`. */
export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function") throw badOption(option, "a function", value);
}

/** What a codec makes of a caller's value. Throws ConfigError `BAD_VALUE` where it makes nothing of it. */
export function encodeValue<V>(codec: ValueCodec<V>, value: V): Uint8Array {
  try {
    return codec.encode(value);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const message = `value: the codec "${codec.name}" cannot encode it: ${(cause as Error)?.message}`;
    throw new ConfigError("BAD_VALUE", message, { option: "value", cause });
  }
}

/** Throws ConfigError `BAD_OPTION` for what is no cache backend, `BAD_CODEC` for one whose values are not bytes. */
export function checkBackend(what: string, value: unknown): void {
  const methods = value as Partial<CacheBackend> | null | undefined;
  for (const name of ["get", "set", "getMany", "setMany", "deleteMany"] as const)
    if (typeof methods?.[name] !== "function")
      throw badOption("cache", "a CacheBackend, e.g. new RedisBackend({ url })", value);
  const { codecName } = value as { codecName?: unknown };
  if (typeof codecName !== "string" || codecName === "bytes") return;
  const message = `${what} makes its own bytes and needs a backend with the codec "bytes" (the default), got "${codecName}"`;
  throw new ConfigError("BAD_CODEC", message, { option: "cache" });
}

/** A client, or a backend that has one (RedisBackend), whose `keyPrefix` then holds here too. */
export type ClientSource =
  | SlotClient
  | { readonly keyPrefix: string; client(): SlotClient | Promise<SlotClient> };

/** Throws ConfigError `BAD_OPTION`. */
export function checkClientSource(source: ClientSource): void {
  const { batch, client, keyPrefix } = Object(source) as Readonly<Record<string, unknown>>;
  if (typeof batch === "function" || (typeof client === "function" && typeof keyPrefix === "string")) return;
  throw badOption("client", "a SlotClient of connect(), or a RedisBackend", source);
}

/** What goes in front of the recipe's own keys. */
export function prefixOf(source: ClientSource): string {
  return "batch" in source ? "" : source.keyPrefix;
}

/** Connects where that is needed. */
export async function clientOf(source: ClientSource): Promise<SlotClient> {
  return "batch" in source ? source : source.client();
}
