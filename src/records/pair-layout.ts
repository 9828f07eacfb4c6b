import { type CommandShape, createShape } from "../cluster/command-shape.ts";
import { hashTag, keySlot } from "../slots/index.ts";
import type { LayoutName, RecordLayout, RecordTtl } from "./record-layout.ts";

/** `{k}:metadata` and `{k}:kv_bytes`: one slot, for all keys but those that are empty or begin with `}`. */
export function taggedPair(keyPrefix: string): RecordLayout {
  const metadataName = (key: string) => `{${key}}:metadata`;
  const bytesName = (key: string) => `{${key}}:kv_bytes`;
  const sameSlot = (key: string) =>
    keySlot(keyPrefix + metadataName(key)) === keySlot(keyPrefix + bytesName(key));
  // Without a brace in the prefix the tag is the key up to its first `}`, and an empty tag does not count.
  const plain = !keyPrefix.includes("{");
  const colocated = plain ? (key: string) => key !== "" && key.charCodeAt(0) !== 0x7d : sameSlot;
  const shapes = pairShapes(`${keyPrefix}{`, "}:metadata", "}:kv_bytes");
  return { name: "tagged-pair", kind: "pair", ...shapes, colocated, metadataName, bytesName };
}

/** `k:metadata` and `k:kv_bytes`, of the legacy Valkey connector on one server. */
export function colonPair(keyPrefix: string): RecordLayout {
  return plainPair("colon-pair", keyPrefix, ":");
}

/** `kmetadata` and `kkv_bytes`, of LMCache's Redis, Redis Cluster and Sentinel connectors. */
export function upstreamPair(keyPrefix: string): RecordLayout {
  return plainPair("upstream-pair", keyPrefix, "");
}

function plainPair(name: LayoutName, keyPrefix: string, separator: string): RecordLayout {
  const shapes = pairShapes(keyPrefix, `${separator}metadata`, `${separator}kv_bytes`);
  // The endings have no braces: only a tag in the key itself (a model's `org/{x}y`) or in the prefix brings the names together. Hashed whole
  // they never meet, since CRC16 is linear and the endings are of one length.
  const colocated = (key: string) => {
    const start = keyPrefix + key;
    return hashTag(start) !== start;
  };
  return {
    name,
    kind: "pair",
    ...shapes,
    colocated,
    metadataName: (key) => `${key}${separator}metadata`,
    bytesName: (key) => `${key}${separator}kv_bytes`,
  };
}

type PairShapes = Pick<RecordLayout, "read" | "probe" | "remove" | "write">;

function pairShapes(prefix: string, metadataSuffix: string, bytesSuffix: string): PairShapes {
  const metadata = { name: { prefix, suffix: metadataSuffix } };
  const bytes = { name: { prefix, suffix: bytesSuffix } };
  const route = metadata.name;
  // MSET writes both halves at once, so that no reader meets new metadata with old bytes; it knows no TTL.
  const write = (ttl: RecordTtl | undefined): CommandShape =>
    ttl === undefined
      ? createShape([["MSET", bytes, { value: 0 }, metadata, { value: 1 }]], route)
      : createShape(
          [
            ["SET", bytes, { value: 0 }, "PX", String(ttl.bytesMs)],
            ["SET", metadata, { value: 1 }, "PX", String(ttl.metadataMs)],
          ],
          route,
        );
  const probe = createShape(
    [
      ["GET", metadata],
      ["STRLEN", bytes],
    ],
    route,
  );
  return {
    read: createShape([["MGET", metadata, bytes]], route),
    probe,
    remove: createShape([["UNLINK", metadata, bytes]], route),
    write,
  };
}
