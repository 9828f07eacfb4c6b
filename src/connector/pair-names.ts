import { escapeGlob } from "../cluster/scan.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { parseRecordName } from "../records/record-name.ts";

export type Half = "metadata" | "bytes";

/** A name on the server that one half of a pair has. */
export interface HalfName {
  readonly name: string;
  readonly half: Half;
  /** Name of the other half. */
  readonly other: string;
}

/** What stands in front of the key and behind it, before `metadata` or `kv_bytes`. */
const FORMS: readonly (readonly [layout: LayoutName, open: string, close: string])[] = [
  ["tagged-pair", "{", "}:"],
  ["colon-pair", "", ":"],
  ["upstream-pair", "", ""],
];

const METADATA = "metadata";
const BYTES = "kv_bytes";
/** Both endings have eight characters; this matches either, and little else. */
const EITHER = "[mk][ev][t_][ab][dy][at][te][as]";

/**
 * Names of the halves of pairs, as a SCAN finds them. Which layout a name is read as decides about its key only: in all of them the other half's
 * name is the same with the other ending.
 */
export class PairNames {
  readonly #forms: typeof FORMS;
  readonly #layouts: readonly LayoutName[];
  readonly #prefix: string;
  readonly #ending: string;

  /** `prefix` and `ending` are what the records' keys begin and end with. */
  constructor(layouts: readonly LayoutName[], prefix: string, ending: string) {
    this.#forms = FORMS.filter(([layout]) => layouts.includes(layout));
    this.#layouts = this.#forms.map(([layout]) => layout);
    this.#prefix = prefix;
    this.#ending = ending;
  }

  /** Whether there is a pair layout at all. */
  get some(): boolean {
    return this.#forms.length > 0;
  }

  /** A glob for SCAN: no name of this half (or of either) escapes it, and `parse` decides. */
  pattern(half?: Half): string {
    const [first] = this.#forms;
    const opens = new Set(this.#forms.map(([, open]) => open));
    const start = opens.size === 1 ? escapeGlob(first![1] + this.#prefix) : "";
    const end = this.#forms.length === 1 ? escapeGlob(this.#ending + first![2]) : "";
    return `${start}*${end}${half === undefined ? EITHER : half === "metadata" ? METADATA : BYTES}`;
  }

  /** The half that has this name; undefined when none has. */
  parse(name: string): HalfName | undefined {
    const found = parseRecordName(name, this.#layouts);
    if (found === undefined || found.half === "whole") return undefined;
    if (!isBetween(found.key, this.#prefix, this.#ending)) return undefined;
    const stem = name.slice(0, -METADATA.length);
    return { name, half: found.half, other: stem + (found.half === "metadata" ? BYTES : METADATA) };
  }
}

/** Whether a key begins and ends with these, without their overlapping. */
export function isBetween(key: string, prefix: string, ending: string): boolean {
  return key.length >= prefix.length + ending.length && key.startsWith(prefix) && key.endsWith(ending);
}
