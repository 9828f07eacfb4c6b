import { SlotpackError } from "../errors.ts";
import { SLOT_COUNT } from "../wasm/key-slot.ts";

/*
 * Reading values of a topology reply, which may hold strings or buffers, numbers or digits, and anything at all when it
 * comes from something that is no Redis.
 */

const decoder = new TextDecoder();

/** A reply that is no topology. */
export function badTopology(where: string, expected: string, got: unknown): SlotpackError {
  return new SlotpackError("BAD_TOPOLOGY", `${where}: expected ${expected}, got ${describe(got)}`);
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return describe(decoder.decode(value));
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "number" || value === null || value === undefined) return String(value);
  return Array.isArray(value) ? `an array of ${value.length}` : typeof value;
}

export function readArray(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw badTopology(where, "an array", value);
  return value;
}

export function readText(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return decoder.decode(value);
  throw badTopology(where, "text", value);
}

/** A host, or `answeringHost` for what means "the one that you asked": null, nothing, `?`. */
export function readHost(value: unknown, answeringHost: string, where: string): string {
  if (value === null || value === undefined) return answeringHost;
  const host = readText(value, where);
  if (host === "" || host === "?") return answeringHost;
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  // Also keeps line breaks and the like out of logs.
  if (!/^[\w.:%-]+$/.test(bare)) throw badTopology(where, "a host name or an IP address", host);
  return bare;
}

export function readPort(value: unknown, where: string): number {
  const port = readInteger(value);
  if (port === undefined || port < 1 || port > 65535)
    throw badTopology(where, "a port from 1 to 65535", value);
  return port;
}

export function readSlot(value: unknown, where: string): number {
  const slot = readInteger(value);
  if (slot === undefined || slot < 0 || slot >= SLOT_COUNT)
    throw badTopology(where, "a slot from 0 to 16383", value);
  return slot;
}

export function readRange(first: unknown, last: unknown, where: string): readonly [number, number] {
  const range = [readSlot(first, where), readSlot(last, where)] as const;
  if (range[0] > range[1])
    throw badTopology(where, "a range that ends behind its start", `${range[0]}-${range[1]}`);
  return range;
}

function readInteger(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  if (typeof value === "bigint") return Number(value);
  const digits = value instanceof Uint8Array ? decoder.decode(value) : value;
  return typeof digits === "string" && /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}
