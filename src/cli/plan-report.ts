import { printable } from "./key-text.ts";
import type { HotPlace, NodeShare, PlanFigures } from "./plan-figures.ts";
import { paint, type Terminal } from "./terminal.ts";

/** Above this the busiest primary is called out. */
const UNEVEN = 1.25;
/** Ranges of uncovered slots that are told. */
const RANGES = 4;

const HEAD = ["node", "slots", "keys", "share", "key bytes", "packed writes"] as const;

/** The plan for people. */
export function planText(figures: PlanFigures, source: string, terminal: Terminal): string {
  const bold = (text: string) => paint(terminal, "stdout", "bold", text);
  const { keys, slots } = figures;
  const title = `${count(keys)} ${plural(keys, "key")} in ${count(slots)} ${plural(slots, "slot")} on ${source}`;
  const remarks = remarksOf(figures, terminal).map(
    ([label, text]) => `  ${paint(terminal, "stdout", "cyan", label.padEnd(11))}  ${text}\n`,
  );
  return `${bold(title)}\n\n${table(figures, terminal)}\n${remarks.join("")}`;
}

function table({ nodes }: PlanFigures, terminal: Terminal): string {
  const rows = nodes.map(rowOf);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("   ");
  const lines = rows.map((row, i) => {
    const text = `  ${line(row)}\n`;
    return nodes[i]!.node === null ? paint(terminal, "stdout", "red", text) : text;
  });
  return `  ${paint(terminal, "stdout", "dim", line(HEAD))}\n${lines.join("")}`;
}

function rowOf({ node, slots, keys, share, keyBytes, packedWrites }: NodeShare): string[] {
  return [
    node ?? "(no node)",
    count(slots),
    count(keys),
    percent(share),
    count(keyBytes),
    node === null ? "-" : count(packedWrites),
  ];
}

function remarksOf(figures: PlanFigures, terminal: Terminal): [label: string, text: string][] {
  const { keys, roundTrips, packedWrites, chunkSize, imbalance, uncovered, hotSlots, hotTags } = figures;
  const alarm = (text: string) => paint(terminal, "stdout", "yellow", text);
  const remarks: [string, string][] = [];
  const { perKey, perSlot, perNode } = roundTrips;
  const writes = `${count(packedWrites)} packed ${plural(packedWrites, "write")} of up to ${count(chunkSize)} keys`;
  remarks.push([
    "round trips",
    `${count(perKey)} key by key, ${count(perSlot)} slot by slot, ${count(perNode)} node by node: all at once, ${writes}`,
  ]);
  if (keys > 0) remarks.push(["together", togetherText(figures)]);
  const even = `the busiest primary has ${imbalance.toFixed(2)} times the mean`;
  if (keys > 0) remarks.push(["imbalance", imbalance > UNEVEN ? alarm(even) : even]);
  for (const hot of hotTags) {
    const name = `{${hot.tag === undefined ? `hex ${hot.tagHex}` : printable(hot.tag)}}`;
    remarks.push(["hot tag", alarm(`${name} holds ${hotText(hot)} in slot ${hot.slot}`)]);
  }
  for (const hot of hotSlots)
    if (!hotTags.some(({ slot }) => slot === hot.slot))
      remarks.push(["hot slot", `${hot.slot} holds ${hotText(hot)}`]);
  if (uncovered.slots > 0) {
    const ranges = uncovered.ranges
      .slice(0, RANGES)
      .map(([first, last]) => (first === last ? first : `${first}-${last}`));
    const more = uncovered.ranges.length > RANGES ? ", …" : "";
    const where = `${count(uncovered.slots)} slots have no node (${ranges.join(", ")}${more})`;
    remarks.push(["uncovered", alarm(`${where}; ${count(uncovered.keys)} of the keys would fail there`)]);
  }
  return remarks;
}

function togetherText({ keys, slots, crossSlot }: PlanFigures): string {
  const { refused, mainSlot, keysElsewhere, examples } = crossSlot;
  if (!refused && slots > 1)
    return `one command may take them all; a cluster, where they lie in ${count(slots)} slots, would refuse it (CROSSSLOT)`;
  if (!refused)
    return keys === 1 ? `slot ${mainSlot}` : `all in slot ${mainSlot}: one command may take them all`;
  const which = examples.map(
    ({ slot, key, keyHex }) => `${key === undefined ? `hex ${keyHex}` : printable(String(key))} (${slot})`,
  );
  const more = keysElsewhere > which.length ? ", …" : "";
  // Where no slot has two keys none of them is the odd one out.
  if (keysElsewhere === keys - 1)
    return `CROSSSLOT: ${count(keys)} keys in as many slots; one command on them all is refused`;
  const differ = `CROSSSLOT: ${count(keysElsewhere)} of ${count(keys)} keys differ from slot ${mainSlot}`;
  return `${differ}: ${which.join(", ")}${more}; one command on all ${count(slots)} slots is refused`;
}

function hotText({ keys, share }: HotPlace): string {
  return `${count(keys)} keys, ${percent(share)}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function plural(value: number, noun: string): string {
  return value === 1 ? noun : `${noun}s`;
}
