import type { CommandShape } from "../cluster/command-shape.ts";

/**
 * How a record `k` lies in keys. Pairs keep metadata and bytes apart: `tagged-pair` in `{k}:metadata` and `{k}:kv_bytes`, `colon-pair` in
 * `k:metadata` and `k:kv_bytes`, `upstream-pair` in `kmetadata` and `kkv_bytes`. `value-only` keeps the bytes alone in `k`, `packed` both in `k:packed`.
 */
export type LayoutName = "tagged-pair" | "colon-pair" | "upstream-pair" | "value-only" | "packed";

/** `pair`: two names. `packed`: both halves in one value, so that nothing can be orphaned. `value`: the bytes only. */
export type LayoutKind = "pair" | "packed" | "value";

/** Shapes of the commands on one record, and the names that they are made of. */
export interface RecordLayout {
  readonly name: LayoutName;
  readonly kind: LayoutKind;
  readonly read: CommandShape;
  /**
   * What `containsMany` asks: the metadata (or the record's header) and the length of the bytes (or of the value); of a value without metadata
   * its length and whether it exists.
   */
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
