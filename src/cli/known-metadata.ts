import { lmcacheMetadata } from "../records/lmcache-metadata.ts";
import type { MetadataCodec } from "../records/metadata-codec.ts";
import { msgpackMetadata } from "../records/msgpack-metadata.ts";

export const CODEC_NAMES = ["lmcache", "msgpack"] as const;

export type CodecName = (typeof CODEC_NAMES)[number];

/** Metadata and how it was stored. */
export type KnownMetadata =
  | { readonly codec: CodecName; readonly metadata: unknown }
  /** None of ours: whether it tells the length of the bytes is not known. */
  | { readonly codec: null; readonly encoded: Uint8Array };

/** The codec of this name. */
export function codecNamed(name: CodecName): MetadataCodec<unknown> {
  return name === "lmcache" ? (lmcacheMetadata() as MetadataCodec<unknown>) : msgpackMetadata();
}

/**
 * Reads what the named codecs wrote. Both tell the length of the record's bytes, one little-endian from the first byte on, the other big-endian from
 * the third on, behind a fixed mark; no metadata is whole under both, since LMCache's format would be 0x92ce then, which is none. With `foreign`
 * metadata that none of them knows is handed on as it is stored.
 */
export function knownMetadata(
  names: readonly CodecName[],
  { foreign }: { readonly foreign: boolean },
): MetadataCodec<KnownMetadata> {
  const codecs = names.map((name) => ({ name, codec: codecNamed(name) }));
  const byteLengthOf = (encoded: Uint8Array) =>
    codecs.map(({ codec }) => codec.byteLengthOf?.(encoded)).find((length) => length !== undefined);
  return {
    encode: () => {
      throw new Error("written with one codec only");
    },
    decode(encoded, byteLength) {
      for (const { name, codec } of codecs) {
        const metadata = codec.decode(encoded, byteLength);
        if (metadata !== undefined) return { codec: name, metadata };
      }
      return foreign && byteLengthOf(encoded) === undefined
        ? { codec: null, encoded: Buffer.from(encoded) }
        : undefined;
    },
    byteLengthOf,
  };
}

/** Metadata as JSON: bytes, dates and numbers that JSON does not have are shown as text. */
export function metadataJson(metadata: unknown): unknown {
  if (metadata instanceof Uint8Array) return { $bytes: Buffer.from(metadata).toString("base64") };
  if (typeof metadata === "bigint") return String(metadata);
  if (typeof metadata === "number" && !Number.isFinite(metadata)) return String(metadata);
  if (metadata instanceof Date) return metadata.toISOString();
  if (Array.isArray(metadata)) return metadata.map(metadataJson);
  if (typeof metadata !== "object" || metadata === null) return metadata;
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, metadataJson(value)]));
}
