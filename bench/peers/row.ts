export type Direction = "read" | "write";

/** `pair` is `{ n: 1 }` as slotpack stores it by default (10 bytes, raw for the peers); `lmcache` is a 28-byte struct that everyone decodes or encodes. */
export type MetadataKind = "pair" | "lmcache";

/** One row of the table: a batch of `records` records of `byteLength` bytes each. */
export interface Row {
  name: string;
  direction: Direction;
  records: number;
  byteLength: number;
  metadata: MetadataKind;
}

const SIZES: readonly [name: string, records: number, byteLength: number][] = [
  ["1024x256B", 1024, 256],
  ["128x2KB", 128, 2 << 10],
  ["128x16KB", 128, 16 << 10],
  ["128x64KB", 128, 64 << 10],
  ["16x1MB", 16, 1 << 20],
];

/** Every row, named `read-128x2KB` or `write-128x2KB-lmcache`. */
export const ROWS: readonly Row[] = (["pair", "lmcache"] as const).flatMap((metadata) =>
  (["read", "write"] as const).flatMap((direction) =>
    SIZES.map(([size, records, byteLength]) => ({
      name: `${direction}-${size}${metadata === "lmcache" ? "-lmcache" : ""}`,
      direction,
      records,
      byteLength,
      metadata,
    })),
  ),
);

/** Rows whose name contains one of the comma-separated fragments; a fragment ending in `$` must match the end. */
export function selectRows(only: string | undefined): Row[] {
  if (only === undefined) return [...ROWS];
  const fragments = only.split(",").filter((fragment) => fragment !== "");
  const rows = ROWS.filter((row) =>
    fragments.some((fragment) =>
      fragment.endsWith("$") ? row.name.endsWith(fragment.slice(0, -1)) : row.name.includes(fragment),
    ),
  );
  if (rows.length === 0)
    throw new Error(`--only ${only} matches none of: ${ROWS.map((r) => r.name).join(", ")}`);
  return rows;
}
