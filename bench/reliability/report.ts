import type { CutIncrementsResult } from "./cut-increments.ts";
import type { FrozenPrimaryResult } from "./frozen-primary.ts";
import type { MigratingLoadResult } from "./migrating-load.ts";

/** One contestant's figures; a part that was not run is undefined. */
export interface ReliabilityRow {
  readonly name: string;
  readonly migrating: MigratingLoadResult | undefined;
  readonly cut: CutIncrementsResult | undefined;
  readonly frozen: readonly FrozenPrimaryResult[];
  readonly frozenLimitMs: number;
}

export function migratingTable(rows: readonly ReliabilityRow[]): string {
  return table(
    [
      "",
      "batches",
      "commands",
      "slots moved",
      "wrong replies",
      "errors at the caller",
      "out of order",
      "ran twice",
      "lost",
    ],
    rows.flatMap(({ name, migrating }) =>
      migrating === undefined
        ? []
        : [
            [
              name,
              whole(migrating.batches),
              whole(migrating.commands),
              whole(migrating.moves),
              whole(migrating.wrong),
              counted(migrating.errors),
              whole(migrating.reordered),
              whole(migrating.duplicates),
              whole(migrating.lost),
            ],
          ],
    ),
  );
}

export function cutTable(rows: readonly ReliabilityRow[]): string {
  return table(
    ["", "INCRs cut", "ran once", "ran twice", "the caller was told", "wrong values"],
    rows.flatMap(({ name, cut }) =>
      cut === undefined
        ? []
        : [
            [
              name,
              whole(cut.rounds),
              whole(cut.ranOnce),
              whole(cut.ranAgain),
              counted(cut.told),
              whole(cut.wrong),
            ],
          ],
    ),
  );
}

export function frozenTable(rows: readonly ReliabilityRow[]): string {
  return table(
    [
      "",
      "runs",
      "new calls succeed after, median",
      "worst",
      "longest call",
      "calls still open at the end",
      "failed calls",
      "of them to the other primaries",
      "ran twice",
    ],
    rows.flatMap(({ name, frozen, frozenLimitMs }) =>
      frozen.length === 0
        ? []
        : [
            [
              name,
              whole(frozen.length),
              recovery(
                median(frozen.map(({ recoveryMs }) => recoveryMs ?? Number.POSITIVE_INFINITY)),
                frozenLimitMs,
              ),
              recovery(
                Math.max(...frozen.map(({ recoveryMs }) => recoveryMs ?? Number.POSITIVE_INFINITY)),
                frozenLimitMs,
              ),
              seconds(Math.max(...frozen.map(({ longestMs }) => longestMs))),
              whole(sum(frozen.map(({ open }) => open))),
              counted(merged(frozen.map(({ failed }) => failed))),
              whole(sum(frozen.map(({ failedElsewhere }) => failedElsewhere))),
              whole(sum(frozen.map(({ ranAgain }) => ranAgain))),
            ],
          ],
    ),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function recovery(ms: number, limitMs: number): string {
  return Number.isFinite(ms) ? seconds(ms) : `not within ${limitMs / 1000} s`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function counted(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return "0";
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.map(([name, count]) => `${whole(count)} × ${name.replaceAll("|", "\\|")}`).join(", ");
}

function merged(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const counts of all)
    for (const [name, count] of counts) total.set(name, (total.get(name) ?? 0) + count);
  return total;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}
