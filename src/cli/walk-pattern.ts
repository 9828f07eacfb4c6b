import { escapeGlob } from "../cluster/scan.ts";
import type { LayoutName } from "../records/record-layout.ts";

/** What names of a layout begin with, and their last characters. */
const FORMS: Readonly<Record<LayoutName, readonly [start: string, endings: readonly string[]]>> = {
  "tagged-pair": ["{", ["}:metadata", "}:kv_bytes"]],
  "colon-pair": ["", [":metadata", ":kv_bytes"]],
  "upstream-pair": ["", ["metadata", "kv_bytes"]],
  packed: ["", [":packed"]],
  "value-only": ["", [""]],
};

/** A glob for SCAN that no name of a record in these layouts escapes whose key begins with `prefix`, and few others match. */
export function walkPattern(layouts: readonly LayoutName[], prefix: string): string {
  const starts = new Set(layouts.map((layout) => FORMS[layout][0]));
  const start = starts.size === 1 ? escapeGlob([...starts][0]! + prefix) : "";
  const endings = [...new Set(layouts.flatMap((layout) => FORMS[layout][1]))];
  const length = Math.min(...endings.map((ending) => ending.length));
  let end = "";
  for (let back = length; back > 0; back--) {
    const letters = new Set(endings.map((ending) => ending.at(-back)!));
    // None of them is a character that means something between brackets, but the brace stands alone as well.
    end += letters.size === 1 ? [...letters][0]! : `[${[...letters].join("")}]`;
  }
  return `${start}*${end}`;
}
