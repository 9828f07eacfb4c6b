import { crc16, hashTag, keySlot, SLOT_COUNT } from "../../src/slots/index.ts";

/** What stands in the way of a tag, or that there is one. */
export type TagKind = "tag" | "none" | "empty" | "unclosed";

/** A key and the part of it that is hashed, in characters and in UTF-8 bytes. */
export interface HashedKey {
  readonly key: string;
  readonly kind: TagKind;
  /** The characters that are hashed: `key.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly hashed: string;
  readonly bytes: Uint8Array;
  /** The bytes that are hashed: `bytes.subarray(firstByte, endByte)`. */
  readonly firstByte: number;
  readonly endByte: number;
  readonly crc: number;
  readonly slot: number;
}

const encoder = new TextEncoder();

/** Where the first `{` stands, and what becomes of it. */
export function tagKind(key: string): TagKind {
  const open = key.indexOf("{");
  if (open < 0) return "none";
  const close = key.indexOf("}", open + 1);
  if (close < 0) return "unclosed";
  return close === open + 1 ? "empty" : "tag";
}

export function readKey(key: string): HashedKey {
  const kind = tagKind(key);
  const hashed = hashTag(key);
  const start = kind === "tag" ? key.indexOf("{") + 1 : 0;
  const bytes = encoder.encode(key);
  const firstByte = encoder.encode(key.slice(0, start)).length;
  const endByte = firstByte + encoder.encode(hashed).length;
  return {
    key,
    kind,
    start,
    end: start + hashed.length,
    hashed,
    bytes,
    firstByte,
    endByte,
    crc: crc16(hashed),
    slot: keySlot(key),
  };
}

/** One byte's turn: the CRC before it and behind it. */
export interface CrcStep {
  readonly byte: number;
  readonly before: number;
  readonly after: number;
}

/** The CRC byte by byte, at most `limit` of them. */
export function crcSteps(key: HashedKey, limit = 256): CrcStep[] {
  const steps: CrcStep[] = [];
  const end = Math.min(key.endByte, key.firstByte + limit);
  let before = 0;
  for (let i = key.firstByte; i < end; i++) {
    const after = crc16(key.bytes.subarray(key.firstByte, i + 1));
    steps.push({ byte: key.bytes[i]!, before, after });
    before = after;
  }
  return steps;
}

/** One sentence on what is hashed. */
export function describeHashing(key: HashedKey): string {
  const whole = `all ${count(key.bytes.length, "byte")} are hashed`;
  switch (key.kind) {
    case "tag":
      return `The tag decides: ${key.endByte - key.firstByte} of ${count(key.bytes.length, "byte")} are hashed.`;
    case "empty":
      return `The first braces are empty, so ${whole}.`;
    case "unclosed":
      return `The { is never closed, so ${whole}.`;
    case "none":
      return key.bytes.length === 0 ? "An empty key: its CRC is 0." : `No {tag}: ${whole}.`;
  }
}

export function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

/** `1 byte`, `1,024 bytes`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en")} ${noun}${amount === 1 ? "" : "s"}`;
}

export const LAST_SLOT: number = SLOT_COUNT - 1;
