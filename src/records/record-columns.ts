import { describe } from "../bytes/describe.ts";
import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { ConfigError } from "../errors.ts";
import { RECORD_HEADER_LENGTH } from "../wasm/record-header.ts";
import type { MetadataCodec } from "./metadata-codec.ts";
import type { KvRecord } from "./record.ts";
import type { LayoutKind } from "./record-layout.ts";
import type { ValueMetadata } from "./record-reader.ts";

/** A batch of records as the kernel takes it: the bytes and, where they are stored, the encoded metadata. */
export interface RecordColumns {
  readonly keys: string[];
  readonly bytes: Uint8Array[];
  readonly metadata: Uint8Array[];
  readonly values: readonly Uint8Array[][];
}

/** How records become columns. */
export interface RecordEncoding<M> {
  readonly codec: MetadataCodec<M>;
  readonly kind: LayoutKind;
  readonly valueMetadata: ValueMetadata<M> | undefined;
}

/**
 * Checks and encodes records. Throws ConfigError `BAD_ARGUMENT`, `BAD_KEY`, `BAD_VALUE`, `BAD_METADATA` or `VALUE_TOO_LARGE` with the index of the
 * first record that is wrong.
 */
export function encodeRecords<M>(
  records: readonly KvRecord<M>[],
  { codec, kind, valueMetadata }: RecordEncoding<M>,
): RecordColumns {
  if (!Array.isArray(records))
    throw new ConfigError("BAD_ARGUMENT", `expected an array of records, got ${describe(records)}`, {
      option: "records",
    });
  const { length } = records;
  const keys: string[] = new Array(length);
  const bytes: Uint8Array[] = new Array(length);
  const metadata: Uint8Array[] = new Array(length);
  for (let i = 0; i < length; i++) {
    const record = records[i];
    if (typeof record?.key !== "string")
      throw wrong("BAD_KEY", i, `expected a key that is a string, got ${describe(record?.key)}`);
    if (!(record.bytes instanceof Uint8Array))
      throw wrong("BAD_VALUE", i, `expected bytes that are a Uint8Array, got ${describe(record.bytes)}`);
    keys[i] = record.key;
    bytes[i] = record.bytes;
    if (kind === "value") {
      checkValue(i, record, valueMetadata);
      continue;
    }
    try {
      metadata[i] = codec.encode(record.metadata, record.bytes.length);
    } catch (cause) {
      throw wrong("BAD_METADATA", i, `its metadata does not encode: ${(cause as Error)?.message}`, cause);
    }
    if (kind === "packed") checkPackedLength(i, metadata[i]!.length + record.bytes.length);
  }
  return { keys, bytes, metadata, values: kind === "value" ? [bytes] : [bytes, metadata] };
}

/** Throws ConfigError `BAD_ARGUMENT` or `BAD_KEY` with the index of the first key that is no string. */
export function checkRecordKeys(keys: readonly string[]): void {
  if (!Array.isArray(keys))
    throw new ConfigError("BAD_ARGUMENT", `expected an array of keys, got ${describe(keys)}`, {
      option: "keys",
    });
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] !== "string")
      throw new ConfigError("BAD_KEY", `key ${i}: expected a string, got ${describe(keys[i])}`, {
        keyIndex: i,
      });
  }
}

/** What a reader with the same function would not take is not written. */
function checkValue<M>(
  index: number,
  { key, bytes }: KvRecord<M>,
  valueMetadata: ValueMetadata<M> | undefined,
): void {
  if (valueMetadata === undefined) return;
  let metadata: M | undefined;
  try {
    metadata = valueMetadata(bytes.length, key);
  } catch (cause) {
    throw wrong("BAD_METADATA", index, `valueMetadata failed: ${(cause as Error)?.message}`, cause);
  }
  if (metadata === undefined)
    throw wrong(
      "BAD_VALUE",
      index,
      `expected bytes of a length that valueMetadata takes, got ${bytes.length} bytes`,
    );
}

function checkPackedLength(index: number, parts: number): void {
  const length = RECORD_HEADER_LENGTH + parts;
  if (length > MAX_VALUE_BYTES)
    throw wrong(
      "VALUE_TOO_LARGE",
      index,
      `expected at most ${MAX_VALUE_BYTES} bytes (512 MB) as one value, got ${length}`,
    );
}

function wrong(code: string, index: number, why: string, cause?: unknown): ConfigError {
  return new ConfigError(code, `record ${index}: ${why}`, { keyIndex: index, cause });
}
