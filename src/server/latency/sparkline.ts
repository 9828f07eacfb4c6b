export interface Spark {
  readonly value: number;
  /** Written from top to bottom under its column. */
  readonly label: string;
}

const ROWS = 4;
const COLUMNS = 80;
/** How full the topmost part of a column is. */
const LEVELS = "_o#";

/** Columns in four rows, 80 in a block, with the labels under them. */
export function sparkline(sparks: readonly Spark[]): string {
  const values = sparks.map(({ value }) => value);
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const most = ROWS * LEVELS.length - 1;
  const heights = values.map((value) => Math.min(most, Math.floor(((value - least) * (most + 1)) / range)));
  const blocks: string[] = [];
  for (let start = 0; start < sparks.length; start += COLUMNS) {
    const labels = sparks.slice(start, start + COLUMNS).map(({ label }) => label);
    blocks.push(block(heights.slice(start, start + COLUMNS), labels));
  }
  return blocks.join("\n");
}

function block(heights: readonly number[], labels: readonly string[]): string {
  const lines: string[] = [];
  for (let row = ROWS - 1; row >= 0; row -= 1) {
    lines.push(heights.map((height) => cell(height - row * LEVELS.length)).join(""));
  }
  lines.push(" ".repeat(heights.length));
  const longest = Math.max(...labels.map(({ length }) => length));
  for (let at = 0; at < longest; at += 1) lines.push(labels.map((label) => label[at] ?? " ").join(""));
  return lines.map((line) => `${line}\n`).join("");
}

function cell(level: number): string {
  if (level < 0) return " ";
  return LEVELS[level] ?? "|";
}
