/**
 * Reads a nested reply as redis-cli prints it for people: `1) 1) (integer) 0`, under RESP3 also `1# "slots" => …`. Items
 * of one array have their `)` in one column, which is all that tells how deep an item is. Maps become flat arrays of names and
 * values, as RESP2 has them.
 */
export function readPrintedReply(text: string): unknown[] | undefined {
  const root: Level = { column: -1, items: [], map: false };
  const stack: Level[] = [root];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    if (!readLine(line.trimEnd(), stack)) return undefined;
  }
  const [only] = root.items;
  return Array.isArray(only) ? only : undefined;
}

interface Level {
  /** Column of the `)` or `#` behind the items' numbers. */
  readonly column: number;
  readonly items: unknown[];
  readonly map: boolean;
}

const MARKER = /^\s*\d+([)#])\s?/;
const NAME = /^"((?:[^"\\]|\\.)*)" => ?/;

function readLine(line: string, stack: Level[]): boolean {
  let at = 0;
  let markers = 0;
  for (;;) {
    const marker = MARKER.exec(line.slice(at));
    if (marker === null) break;
    markers++;
    const column = at + marker[0].trimEnd().length;
    const map = marker[1] === "#";
    enter(stack, column, map);
    at += marker[0].length;
    if (!map) continue;
    const name = NAME.exec(line.slice(at));
    if (name === null) return false;
    stack.at(-1)!.items.push(name[1]!);
    at += name[0].length;
  }
  const rest = line.slice(at).trim();
  if (markers === 0) return false;
  if (rest === "") return true;
  const value = readScalar(rest);
  if (value === undefined) return false;
  stack.at(-1)!.items.push(value);
  return true;
}

/** Goes up to the array whose items stand at `column`, or opens one below the innermost. */
function enter(stack: Level[], column: number, map: boolean): void {
  while (stack.at(-1)!.column > column) stack.pop();
  const top = stack.at(-1)!;
  if (top.column === column) return;
  const level: Level = { column, items: [], map };
  top.items.push(level.items);
  stack.push(level);
}

function readScalar(text: string): unknown {
  const integer = /^\(integer\) (-?\d+)$/.exec(text)?.[1];
  if (integer !== undefined) return Number(integer);
  if (/^\(empty (array|list or set|hash|set)\)$/.test(text)) return [];
  if (text === "(nil)") return null;
  return /^"(.*)"$/.exec(text)?.[1];
}
