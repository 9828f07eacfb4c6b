import type { SlotMap } from "../../src/slots/index.ts";
import { mapText, readMapText } from "./cluster.ts";
import { EXAMPLES, FIRST_EXAMPLE, FIRST_KEY, FIRST_TOGETHER } from "./example-keys.ts";
import { LAST_SLOT } from "./key-bytes.ts";
import { readKeys } from "./key-list.ts";
import type { Waiting } from "./round-trips.ts";

export type Theme = "auto" | "light" | "dark";

/** What the address holds: everything that somebody may want to show to somebody else. */
export interface Linked {
  readonly key: string;
  readonly slot: number | undefined;
  readonly zoom: number;
  readonly primaries: number;
  /** 0 to 100. */
  readonly moved: number;
  readonly pasted: SlotMap | undefined;
  /** An example's name; "" when `keys` tells them, or when they are too many for a link. */
  readonly example: string;
  readonly keys: readonly string[] | undefined;
  readonly together: string;
  readonly rttMs: number;
  readonly waiting: Waiting;
  readonly theme: Theme;
}

/** Longer ones are left out of the link. */
const LONGEST_PART = 6000;

/** Keys of somebody's own, which the link may hold or not. */
const NO_EXAMPLE = "own";

export const FIRST_VIEW: Linked = {
  key: FIRST_KEY,
  slot: undefined,
  zoom: 1,
  primaries: 5,
  moved: 40,
  pasted: undefined,
  example: FIRST_EXAMPLE,
  keys: undefined,
  together: FIRST_TOGETHER,
  rttMs: 0.5,
  waiting: "each",
  theme: "auto",
};

/** Only what differs from the first view. */
export function writeLink(view: Linked): string {
  const parts = new URLSearchParams();
  const put = (name: string, value: string | number, first: string | number): void => {
    if (value !== first && String(value).length <= LONGEST_PART) parts.set(name, String(value));
  };
  put("key", view.key, FIRST_VIEW.key);
  if (view.slot !== undefined) put("slot", view.slot, -1);
  put("zoom", view.zoom, FIRST_VIEW.zoom);
  put("primaries", view.primaries, FIRST_VIEW.primaries);
  put("moved", view.moved, FIRST_VIEW.moved);
  if (view.pasted !== undefined) put("cluster", mapText(view.pasted), "");
  put("example", view.example === "" ? NO_EXAMPLE : view.example, FIRST_VIEW.example);
  if (view.keys !== undefined) put("keys", keysText(view.keys), "");
  put("together", view.together, FIRST_VIEW.together);
  put("rtt", view.rttMs, FIRST_VIEW.rttMs);
  put("waiting", view.waiting, FIRST_VIEW.waiting);
  put("theme", view.theme, FIRST_VIEW.theme);
  return parts.toString();
}

/** One a line, and as JSON where lines would not give the same keys back. */
function keysText(keys: readonly string[]): string {
  const lines = keys.join("\n");
  const back = readKeys(lines);
  const same = back.length === keys.length && back.every((key, i) => key === keys[i]);
  return same ? lines : JSON.stringify(keys);
}

/** Reads {@link writeLink}; what is missing or wrong is as in the first view. */
export function readLink(hash: string): Linked {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name: string, from: number, to: number, first: number): number => {
    const text = parts.get(name);
    const value = Number(text);
    return text !== null && text !== "" && value >= from && value <= to ? value : first;
  };
  const integer = (name: string, from: number, to: number, first: number): number =>
    Math.round(number(name, from, to, first));
  const slot = integer("slot", 0, LAST_SLOT, -1);
  const cluster = parts.get("cluster");
  const keysPart = parts.get("keys");
  const keys = keysPart === null ? undefined : readKeys(keysPart);
  const example = parts.get("example") ?? FIRST_VIEW.example;
  const waiting = parts.get("waiting");
  const theme = parts.get("theme");
  return {
    key: parts.get("key") ?? FIRST_VIEW.key,
    slot: slot < 0 ? undefined : slot,
    zoom: number("zoom", 1, 32, FIRST_VIEW.zoom),
    primaries: integer("primaries", 1, 24, FIRST_VIEW.primaries),
    moved: integer("moved", 0, 100, FIRST_VIEW.moved),
    pasted: cluster === null ? undefined : readMapText(cluster),
    example:
      keys !== undefined || example === NO_EXAMPLE
        ? ""
        : Object.hasOwn(EXAMPLES, example)
          ? example
          : FIRST_VIEW.example,
    keys,
    together: parts.get("together") ?? FIRST_VIEW.together,
    rttMs: number("rtt", 0.05, 200, FIRST_VIEW.rttMs),
    waiting: waiting === "all" ? "all" : "each",
    theme: theme === "light" || theme === "dark" ? theme : "auto",
  };
}
