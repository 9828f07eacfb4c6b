import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";
import { packedLayout } from "./packed-layout.ts";
import { colonPair, taggedPair, upstreamPair } from "./pair-layout.ts";
import type { LayoutName, RecordLayout } from "./record-layout.ts";
import { valueLayout } from "./value-layout.ts";

const LAYOUTS: Readonly<Record<LayoutName, (keyPrefix: string) => RecordLayout>> = {
  "upstream-pair": upstreamPair,
  "colon-pair": colonPair,
  "tagged-pair": taggedPair,
  packed: packedLayout,
  "value-only": valueLayout,
};

/** All layouts, in the order in which `readLayouts: "any"` looks for a record. */
export const LAYOUT_NAMES: readonly LayoutName[] = Object.keys(LAYOUTS) as LayoutName[];

/** Throws ConfigError `UNKNOWN_LAYOUT`. */
export function createLayout(name: LayoutName, keyPrefix: string): RecordLayout {
  return LAYOUTS[checkLayoutName("layout", name)](keyPrefix);
}

/**
 * The layouts besides `own` in which a store looks for what it missed. `any` leaves `value-only` out unless its metadata are told: without them every
 * key would be a record. Throws ConfigError `BAD_OPTION` or `UNKNOWN_LAYOUT`.
 */
export function otherLayouts(readLayouts: unknown, own: LayoutName, hasValueMetadata: boolean): LayoutName[] {
  if (readLayouts === undefined) return [];
  if (readLayouts === "any")
    return LAYOUT_NAMES.filter((name) => name !== own && (name !== "value-only" || hasValueMetadata));
  if (!Array.isArray(readLayouts)) {
    const message = `readLayouts: expected "any" or an array of layouts, got ${describe(readLayouts)}`;
    throw new ConfigError("BAD_OPTION", message, { option: "readLayouts" });
  }
  const names = readLayouts.map((name) => checkLayoutName("readLayouts", name));
  return [...new Set(names)].filter((name) => name !== own);
}

export function checkLayoutName(option: string, name: unknown): LayoutName {
  if (typeof name === "string" && Object.hasOwn(LAYOUTS, name)) return name as LayoutName;
  const known = LAYOUT_NAMES.map((one) => `"${one}"`).join(", ");
  const got = typeof name === "string" ? JSON.stringify(name) : describe(name);
  throw new ConfigError("UNKNOWN_LAYOUT", `${option}: expected one of ${known}, got ${got}`, { option });
}
