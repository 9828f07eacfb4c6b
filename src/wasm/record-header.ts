/*
 * A packed record, one value that holds a record's metadata and its bytes. All numbers little-endian.
 *
 *   0       3   4               8               12              16
 *   ┌───────┬───┬───────────────┬───────────────┬───────────────┬──────────┬───────┐
 *   │ "SPR" │ 1 │ metadataLength│  byteLength   │ reserved, 0   │ metadata │ bytes │
 *   └───────┴───┴───────────────┴───────────────┴───────────────┴──────────┴───────┘
 *     magic  version
 */

/** Bytes in front of a packed record's metadata. */
export const RECORD_HEADER_LENGTH = 16;

/** "SPR" and version 1, read as a little-endian u32. */
export const RECORD_MAGIC = 0x01525053;

/** The two lengths of a packed record, in bytes. */
export interface RecordHeader {
  readonly metadataLength: number;
  readonly byteLength: number;
}

/** Writes a header of {@link RECORD_HEADER_LENGTH} bytes at `offset`. */
export function encodeRecordHeaderInto(
  target: Uint8Array,
  offset: number,
  metadataLength: number,
  byteLength: number,
): void {
  writeU32(target, offset, RECORD_MAGIC);
  writeU32(target, offset + 4, metadataLength);
  writeU32(target, offset + 8, byteLength);
  writeU32(target, offset + 12, 0);
}

/** Reads the header at the start of `bytes`; `null` when it is none: too short, another magic or version, reserved bits set. */
export function readRecordHeader(bytes: Uint8Array): RecordHeader | null {
  if (bytes.length < RECORD_HEADER_LENGTH) return null;
  if (readU32(bytes, 0) !== RECORD_MAGIC || readU32(bytes, 12) !== 0) return null;
  return { metadataLength: readU32(bytes, 4), byteLength: readU32(bytes, 8) };
}

/** Like {@link readRecordHeader} for a whole packed record: `null` as well when the lengths do not add up to the value's own. */
export function decodeRecordHeader(value: Uint8Array): RecordHeader | null {
  const header = readRecordHeader(value);
  if (header === null) return null;
  return RECORD_HEADER_LENGTH + header.metadataLength + header.byteLength === value.length ? header : null;
}

function writeU32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}

function readU32(source: Uint8Array, offset: number): number {
  return (
    (source[offset]! |
      (source[offset + 1]! << 8) |
      (source[offset + 2]! << 16) |
      (source[offset + 3]! << 24)) >>>
    0
  );
}
