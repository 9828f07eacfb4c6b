import { type CommandShape, createShape } from "../cluster/command-shape.ts";
import { ConfigError } from "../errors.ts";
import { keySlot } from "../slots/index.ts";

export type LayoutName = "tagged-pair" | "packed";

/** Shapes of the commands on one record, and the names that they are made of. */
export interface RecordLayout {
  readonly name: LayoutName;
  /** Whole records in one value: nothing can be orphaned. */
  readonly packed: boolean;
  readonly read: CommandShape;
  /** What `containsMany` asks: the metadata (or the record's header) and the length of the bytes (or of the value). */
  readonly probe: CommandShape;
  readonly remove: CommandShape;
  write(ttl: RecordTtl | undefined): CommandShape;
  /** Whether a key's two names lie in one slot, so that one command may hold both. */
  colocated(key: string): boolean;
  metadataName(key: string): string;
  bytesName(key: string): string;
}

/** Milliseconds; the bytes live longer, so that metadata never outlives them. */
export interface RecordTtl {
  readonly metadataMs: number;
  readonly bytesMs: number;
}

/** Bytes at the start of a packed record that tell the lengths of its parts; see record-header.ts. */
const HEADER_LAST = "15";

/** Throws ConfigError `UNKNOWN_LAYOUT`. */
export function createLayout(name: string, keyPrefix: string): RecordLayout {
  if (name === "tagged-pair") return taggedPair(keyPrefix);
  if (name === "packed") return packedLayout(keyPrefix);
  throw new ConfigError(
    "UNKNOWN_LAYOUT",
    `layout: expected "tagged-pair" or "packed", got ${JSON.stringify(name)}`,
    { option: "layout" },
  );
}

function taggedPair(keyPrefix: string): RecordLayout {
  const prefix = `${keyPrefix}{`;
  const metadata = { name: { prefix, suffix: "}:metadata" } };
  const bytes = { name: { prefix, suffix: "}:kv_bytes" } };
  const route = metadata.name;
  const metadataName = (key: string) => `{${key}}:metadata`;
  const bytesName = (key: string) => `{${key}}:kv_bytes`;
  const sameSlot = (key: string) =>
    keySlot(keyPrefix + metadataName(key)) === keySlot(keyPrefix + bytesName(key));
  // Without a brace in the prefix the tag is the key up to its first `}`, and an empty tag does not count.
  const plain = !keyPrefix.includes("{");
  return {
    name: "tagged-pair",
    packed: false,
    read: createShape([["MGET", metadata, bytes]], route),
    probe: createShape(
      [
        ["GET", metadata],
        ["STRLEN", bytes],
      ],
      route,
    ),
    remove: createShape([["UNLINK", metadata, bytes]], route),
    // MSET writes both halves at once, so that no reader meets new metadata with old bytes; it knows no TTL.
    write: (ttl) =>
      ttl === undefined
        ? createShape([["MSET", bytes, { value: 0 }, metadata, { value: 1 }]], route)
        : createShape(
            [
              ["SET", bytes, { value: 0 }, "PX", String(ttl.bytesMs)],
              ["SET", metadata, { value: 1 }, "PX", String(ttl.metadataMs)],
            ],
            route,
          ),
    colocated: plain ? (key) => key !== "" && key.charCodeAt(0) !== 0x7d : sameSlot,
    metadataName,
    bytesName,
  };
}

function packedLayout(keyPrefix: string): RecordLayout {
  const record = { name: { prefix: keyPrefix, suffix: ":packed" } };
  const route = record.name;
  const packedName = (key: string) => `${key}:packed`;
  return {
    name: "packed",
    packed: true,
    read: createShape([["GET", record]], route),
    probe: createShape(
      [
        ["GETRANGE", record, "0", HEADER_LAST],
        ["STRLEN", record],
      ],
      route,
    ),
    remove: createShape([["UNLINK", record]], route),
    write: (ttl) =>
      createShape(
        [
          [
            "SET",
            record,
            { record: { metadata: 1, bytes: 0 } },
            ...(ttl === undefined ? [] : ["PX", String(ttl.metadataMs)]),
          ],
        ],
        route,
      ),
    colocated: () => true,
    metadataName: packedName,
    bytesName: packedName,
  };
}
