import { decodeRecordHeader, RECORD_HEADER_LENGTH, readRecordHeader } from "../wasm/record-header.ts";
import type { MetadataCodec } from "./metadata-codec.ts";
import type { KvRecord, RecordFlaw } from "./record.ts";

/** The metadata of a record that stores none, from the length of its bytes; undefined when it is no record of the caller's. */
export type ValueMetadata<M> = (byteLength: number, key: string) => M | undefined;

/** Makes records of what was read: a record, `null` where there is nothing, or what is wrong with it. */
export class RecordReader<M> {
  readonly #codec: MetadataCodec<M>;
  readonly #valueMetadata: ValueMetadata<M> | undefined;

  constructor(codec: MetadataCodec<M>, valueMetadata: ValueMetadata<M> | undefined) {
    this.#codec = codec;
    this.#valueMetadata = valueMetadata;
  }

  /** The record of two halves. */
  pair(key: string, metadata: Buffer | null, bytes: Buffer | null): KvRecord<M> | RecordFlaw | null {
    if (metadata === null) return bytes === null ? null : "bytes-only";
    if (bytes === null) return "metadata-only";
    const decoded = this.#decode(metadata, bytes.length);
    return decoded === undefined ? "mismatch" : { key, metadata: decoded, bytes };
  }

  /** The record in a packed value. */
  packed(key: string, value: Buffer | null): KvRecord<M> | RecordFlaw | null {
    if (value === null) return null;
    const header = decodeRecordHeader(value);
    if (header === null) return "mismatch";
    const bytesAt = RECORD_HEADER_LENGTH + header.metadataLength;
    return this.pair(key, value.subarray(RECORD_HEADER_LENGTH, bytesAt), value.subarray(bytesAt));
  }

  /** The record that a value alone is. */
  value(key: string, bytes: Buffer | null): KvRecord<M> | RecordFlaw | null {
    if (bytes === null) return null;
    const metadata = this.#metadataOf(bytes.length, key);
    return metadata === undefined ? "mismatch" : { key, metadata, bytes };
  }

  /** Whether metadata and the length of the bytes make a whole record. */
  isWholePair(metadata: Buffer | null, byteLength: number): boolean {
    return metadata !== null && this.#decode(metadata, byteLength) !== undefined;
  }

  isWholePacked(head: Buffer, valueLength: number): boolean {
    const header = readRecordHeader(head);
    return (
      header !== null && RECORD_HEADER_LENGTH + header.metadataLength + header.byteLength === valueLength
    );
  }

  /** Whether a value of that length, which exists, is a record. */
  isWholeValue(key: string, byteLength: number): boolean {
    return this.#metadataOf(byteLength, key) !== undefined;
  }

  /** A codec of the user's own may throw on bytes that it did not write; here that is no whole record. */
  #decode(encoded: Uint8Array, byteLength: number): M | undefined {
    try {
      return this.#codec.decode(encoded, byteLength);
    } catch {
      return undefined;
    }
  }

  /** Without a function of the user's every value is a record, whose metadata is `null`; one that throws takes none. */
  #metadataOf(byteLength: number, key: string): M | undefined {
    if (this.#valueMetadata === undefined) return null as M;
    try {
      return this.#valueMetadata(byteLength, key);
    } catch {
      return undefined;
    }
  }
}
