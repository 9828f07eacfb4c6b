/*
 * `redis-cli --raw`, which is also what a pipe gets, prints one value a line and forgets where arrays begin. Both replies
 * can be put together again: a range is two numbers with a host behind them, and CLUSTER SHARDS names its fields.
 */

const DIGITS = /^\d+$/;
const ID = /^[0-9a-f]{40}$/;

/** CLUSTER SLOTS: first, last, then host, port, id (and metadata) of each node. */
export function readRawSlots(lines: readonly string[]): unknown[] | undefined {
  const ranges: unknown[][] = [];
  let i = 0;
  while (i < lines.length) {
    if (lines[i] === "") {
      i++;
      continue;
    }
    if (!DIGITS.test(lines[i]!) || !DIGITS.test(lines[i + 1] ?? "")) return undefined;
    const range: unknown[] = [Number(lines[i]), Number(lines[i + 1])];
    i += 2;
    // A node's host may be empty; its id tells where it is.
    while (DIGITS.test(lines[i + 1] ?? "") && ID.test(lines[i + 2] ?? "")) {
      range.push([lines[i], Number(lines[i + 1]), lines[i + 2]]);
      i += 3;
      i = skipMetadata(lines, i);
    }
    if (range.length === 2) return undefined;
    ranges.push(range);
  }
  return ranges.length > 0 ? ranges : undefined;
}

/** Names and values such as `hostname`, `a.example`, and the empty line of an empty array. */
function skipMetadata(lines: readonly string[], from: number): number {
  let i = from;
  while (i < lines.length && (lines[i] === "hostname" || lines[i] === "ip")) i += 2;
  if (lines[i] === "" && !(DIGITS.test(lines[i + 1] ?? "") && ID.test(lines[i + 2] ?? ""))) i++;
  return i;
}

/** CLUSTER SHARDS: `slots`, numbers, `nodes`, then names and values; every node begins with `id`. */
export function readRawShards(lines: readonly string[]): unknown[] | undefined {
  const shards: { slots: number[]; nodes: Record<string, string>[] }[] = [];
  let i = 0;
  while (i < lines.length) {
    if (lines[i] === "") {
      i++;
      continue;
    }
    if (lines[i] !== "slots") return undefined;
    const slots: number[] = [];
    for (i++; DIGITS.test(lines[i] ?? ""); i++) slots.push(Number(lines[i]));
    // An empty array of slots is an empty line.
    if (lines[i] === "") i++;
    if (lines[i] !== "nodes") return undefined;
    const nodes: Record<string, string>[] = [];
    for (i++; i < lines.length && lines[i] !== "slots" && lines[i] !== ""; i += 2) {
      if (lines[i] === "id") nodes.push({});
      const node = nodes.at(-1);
      if (node === undefined) return undefined;
      node[lines[i]!] = lines[i + 1] ?? "";
    }
    shards.push({ slots, nodes });
  }
  return shards.length > 0 ? shards : undefined;
}
