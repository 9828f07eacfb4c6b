import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";
import { checkLayoutName } from "./layout-choice.ts";
import type { LayoutName } from "./record-layout.ts";

/** What a name in the keyspace is part of. */
export interface RecordName {
  readonly key: string;
  readonly layout: LayoutName;
  /** `whole` where one name holds all that is stored. */
  readonly half: "metadata" | "bytes" | "whole";
}

interface NameForm {
  readonly layout: LayoutName;
  readonly half: RecordName["half"];
  readonly start: string;
  readonly end: string;
}

/** In the order in which they are tried: an ending with more characters before one that it contains. */
const FORMS: readonly NameForm[] = [
  { layout: "tagged-pair", half: "metadata", start: "{", end: "}:metadata" },
  { layout: "tagged-pair", half: "bytes", start: "{", end: "}:kv_bytes" },
  { layout: "colon-pair", half: "metadata", start: "", end: ":metadata" },
  { layout: "colon-pair", half: "bytes", start: "", end: ":kv_bytes" },
  { layout: "upstream-pair", half: "metadata", start: "", end: "metadata" },
  { layout: "upstream-pair", half: "bytes", start: "", end: "kv_bytes" },
  { layout: "packed", half: "whole", start: "", end: ":packed" },
  { layout: "value-only", half: "whole", start: "", end: "" },
];

const PAIRS_AND_PACKED: readonly LayoutName[] = ["tagged-pair", "colon-pair", "upstream-pair", "packed"];

/**
 * Which record a name belongs to that SCAN found (without the client's `keyPrefix`), in one of `layouts`; undefined when it is the name of none. By default
 * all but `value-only`, which takes every name: ask for it only where nothing but records is stored, or check the key that comes out.
 *
 * Names are ambiguous, and read as the first of tagged-pair, colon-pair, upstream-pair, packed and value-only that fits: `{a}:metadata` may be `a` as a tagged
 * pair or `{a}` as a colon pair; `a:metadata` may be `a` as a colon pair or `a:` as an upstream pair; and a value-only key whose last tag ends in
 * `metadata` looks like an upstream pair's. Layouts that are not in use are better left out.
 *
 * Throws ConfigError `UNKNOWN_LAYOUT`, or `BAD_ARGUMENT` for a name that is no string.
 */
export function parseRecordName(
  name: string,
  layouts: LayoutName | readonly LayoutName[] = PAIRS_AND_PACKED,
): RecordName | undefined {
  if (typeof name !== "string")
    throw new ConfigError("BAD_ARGUMENT", `name: expected a string, got ${describe(name)}`, {
      option: "name",
    });
  const wanted = (Array.isArray(layouts) ? layouts : [layouts]).map((one) => checkLayoutName("layouts", one));
  for (const { layout, half, start, end } of FORMS) {
    if (!wanted.includes(layout) || name.length < start.length + end.length) continue;
    if (name.startsWith(start) && name.endsWith(end))
      return { key: name.slice(start.length, name.length - end.length), layout, half };
  }
  return undefined;
}
