/** LMCache's RemoteMetadata for one group: seven little-endian int32. */
export interface LmcacheFields {
  length: number;
  format: number;
  dtype: number;
  shape: [number, number, number, number];
}

export const LMCACHE_BYTE_LENGTH = 28;

/** What a peer's user would write by hand; slotpack's contestant uses slotpack's own codec instead. */
export function encodeLmcache(fields: LmcacheFields): Buffer {
  const bytes = Buffer.allocUnsafe(LMCACHE_BYTE_LENGTH);
  bytes.writeInt32LE(fields.length, 0);
  bytes.writeInt32LE(fields.format, 4);
  bytes.writeInt32LE(fields.dtype, 8);
  bytes.writeInt32LE(fields.shape[0], 12);
  bytes.writeInt32LE(fields.shape[1], 16);
  bytes.writeInt32LE(fields.shape[2], 20);
  bytes.writeInt32LE(fields.shape[3], 24);
  return bytes;
}

export function decodeLmcache(bytes: Buffer): LmcacheFields {
  return {
    length: bytes.readInt32LE(0),
    format: bytes.readInt32LE(4),
    dtype: bytes.readInt32LE(8),
    shape: [bytes.readInt32LE(12), bytes.readInt32LE(16), bytes.readInt32LE(20), bytes.readInt32LE(24)],
  };
}

/** KV_2LTD of bfloat16 whose shape multiplies out to `byteLength`, a multiple of 256. */
export function lmcacheFieldsFor(byteLength: number): LmcacheFields {
  return { length: byteLength, format: 1, dtype: 3, shape: [2, 1, byteLength / 256, 64] };
}
