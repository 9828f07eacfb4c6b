import { ConfigError } from "../errors.ts";
import type { CacheMetadata } from "./cache-backend.ts";
import { CacheOperationError } from "./cache-error.ts";
import { type CompressionAlgorithm, compressAll, decompressAll } from "./compression.ts";
import { decodeMetadata, encodeMetadata, readStored, type StoredValue, writeStored } from "./stored-value.ts";
import type { ValueCodec } from "./value-codec.ts";

/** Values of at least `minBytes` encoded bytes are compressed, and stored so where that makes them smaller. */
export interface CompressionRule {
  readonly minBytes: number;
  readonly algorithm: CompressionAlgorithm;
}

/** A value, and its encoded bytes without envelope and compression. */
export interface DecodedValue<V> {
  readonly value: V;
  readonly payload: Uint8Array;
}

/** A value, or why the bytes are none. */
export type Decoded<V> = DecodedValue<V> | CacheOperationError;

/** Values as the bytes of a key, and back. */
export class ValueFormat<V> {
  readonly codec: ValueCodec<V>;
  readonly #compression: CompressionRule | undefined;

  constructor(codec: ValueCodec<V>, compression: CompressionRule | undefined) {
    this.codec = codec;
    this.#compression = compression;
  }

  /** Throws ConfigError (`BAD_VALUE`, …) or CacheOperationError `ENCODE_FAILED`; `keyIndex` tells which value unless there is but one. */
  async encode(values: readonly V[], metadata: CacheMetadata | undefined): Promise<Uint8Array[]> {
    const head = metadata === undefined ? null : encodeFields(metadata);
    const payloads = values.map((value, i) => this.#encodeOne(value, values.length === 1 ? undefined : i));
    const large = payloads.flatMap(({ length }, i) =>
      length >= (this.#compression?.minBytes ?? Number.POSITIVE_INFINITY) ? [i] : [],
    );
    const stored: Uint8Array[] = payloads.map((payload) =>
      writeStored({ payload, compression: null, metadata: head }),
    );
    if (large.length === 0) return stored;
    const { algorithm } = this.#compression!;
    const outcomes = await compressAll(large.map((i) => ({ algorithm, bytes: payloads[i]! })));
    outcomes.forEach((payload, at) => {
      const i = large[at]!;
      if (payload instanceof Error || payload.length >= payloads[i]!.length) return;
      stored[i] = writeStored({ payload, compression: algorithm, metadata: head });
    });
    return stored;
  }

  /** At the index of the stored bytes; null where there are none. */
  async decode(stored: readonly (Uint8Array | null)[]): Promise<(Decoded<V> | null)[]> {
    const decoded: (Decoded<V> | null)[] = new Array(stored.length).fill(null);
    const packed: { readonly index: number; readonly bytes: Uint8Array; algorithm: CompressionAlgorithm }[] =
      [];
    for (let index = 0; index < stored.length; index++) {
      const bytes = stored[index];
      if (bytes == null) continue;
      try {
        const { payload, compression } = readStored(bytes);
        if (compression === null) decoded[index] = { value: this.codec.decode(payload), payload };
        else packed.push({ index, bytes: payload, algorithm: compression });
      } catch (error) {
        decoded[index] = decodeFailed(error, index);
      }
    }
    if (packed.length === 0) return decoded;
    const outcomes = await decompressAll(packed);
    outcomes.forEach((payload, at) => {
      const { index } = packed[at]!;
      try {
        if (payload instanceof Error) throw payload;
        decoded[index] = { value: this.codec.decode(payload), payload };
      } catch (error) {
        decoded[index] = decodeFailed(error, index);
      }
    });
    return decoded;
  }

  /** Throws CacheOperationError `DECODE_FAILED`. */
  metadataOf(stored: Uint8Array): CacheMetadata | null {
    try {
      const { metadata } = readStored(stored);
      return metadata === null ? null : decodeMetadata(metadata);
    } catch (error) {
      throw decodeFailed(error);
    }
  }

  /** Takes the value as it is now; each call of the result gives another copy. */
  copier(value: V): () => V {
    const encoded = Uint8Array.prototype.slice.call(this.codec.encode(value));
    return () => this.codec.decode(Buffer.from(encoded));
  }

  #encodeOne(value: V, keyIndex: number | undefined): Uint8Array {
    let encoded: unknown;
    try {
      encoded = this.codec.encode(value);
    } catch (error) {
      const which = keyIndex === undefined ? "the value" : `value ${keyIndex}`;
      const { message, code } = error as Error & { code?: string };
      if (error instanceof ConfigError)
        throw new ConfigError(code!, `${which}: ${message}`, { option: "value", keyIndex });
      const text = `${which} cannot be encoded by the codec "${this.codec.name}": ${message}`;
      throw new CacheOperationError("ENCODE_FAILED", text, { keyIndex, cause: error });
    }
    if (encoded instanceof Uint8Array) return encoded;
    throw new CacheOperationError(
      "ENCODE_FAILED",
      `the codec "${this.codec.name}" gave no Uint8Array for a value`,
      { keyIndex },
    );
  }
}

function encodeFields(metadata: CacheMetadata): StoredValue["metadata"] {
  try {
    return encodeMetadata(metadata);
  } catch (cause) {
    const message = `metadata: no MessagePack has such a field: ${(cause as Error).message}`;
    throw new ConfigError("BAD_METADATA", message, { option: "metadata", cause });
  }
}

function decodeFailed(cause: unknown, keyIndex?: number): CacheOperationError {
  const message = `the stored bytes are no value of this cache: ${(cause as Error).message}`;
  return new CacheOperationError("DECODE_FAILED", message, { keyIndex, cause });
}
