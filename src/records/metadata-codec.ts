/**
 * How a record's metadata becomes bytes. Every codec stores the length of the record's bytes as well: it is how a reader tells a whole
 * record from metadata that belongs to other bytes.
 */
export interface MetadataCodec<M> {
  /** The stored form. Throws when `metadata` cannot be encoded. */
  encode(metadata: M, byteLength: number): Uint8Array;
  /** The metadata, or undefined when the bytes are none of this codec's or tell another length than `byteLength`. */
  decode(encoded: Uint8Array, byteLength: number): M | undefined;
  /**
   * The length that stored metadata tells of its bytes, undefined when it is none of this codec's. Without this method metadata whose bytes are gone
   * is never taken for an orphan.
   */
  byteLengthOf?(encoded: Uint8Array): number | undefined;
}
