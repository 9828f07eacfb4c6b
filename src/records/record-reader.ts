import { decodeRecordHeader, RECORD_HEADER_LENGTH, readRecordHeader } from "../wasm/record-header.ts";
import type { MetadataCodec } from "./metadata-codec.ts";
import type { KvRecord, RecordStats } from "./record.ts";

/** Makes records of what was read, and counts what was no whole record. */
export class RecordReader<M> {
  readonly stats: RecordStats = { hits: 0, misses: 0, halves: 0, mismatches: 0 };
  readonly #codec: MetadataCodec<M>;

  constructor(codec: MetadataCodec<M>) {
    this.#codec = codec;
  }

  /** The record of two halves, `null` unless both are there and belong together. */
  pair(key: string, metadata: Buffer | null, bytes: Buffer | null): KvRecord<M> | null {
    const { stats } = this;
    if (metadata === null || bytes === null) {
      if (metadata === bytes) stats.misses++;
      else stats.halves++;
      return null;
    }
    const decoded = this.#decode(metadata, bytes.length);
    if (decoded === undefined) {
      stats.mismatches++;
      return null;
    }
    stats.hits++;
    return { key, metadata: decoded, bytes };
  }

  /** The record in a packed value. */
  packed(key: string, value: Buffer | null): KvRecord<M> | null {
    if (value === null) {
      this.stats.misses++;
      return null;
    }
    const header = decodeRecordHeader(value);
    if (header === null) {
      this.stats.mismatches++;
      return null;
    }
    const bytesAt = RECORD_HEADER_LENGTH + header.metadataLength;
    return this.pair(key, value.subarray(RECORD_HEADER_LENGTH, bytesAt), value.subarray(bytesAt));
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

  /** A codec of the user's own may throw on bytes that it did not write; here that is no whole record. */
  #decode(encoded: Uint8Array, byteLength: number): M | undefined {
    try {
      return this.#codec.decode(encoded, byteLength);
    } catch {
      return undefined;
    }
  }
}
