import { SlotpackError } from "../errors.ts";

/*
 * What redis-cli prints on a terminal. Items of an array are numbered `1) `, those of a map `1# "name" => `, of a set `1~ `; an item that is an array
 * itself begins behind the number, and its further items stand below its first. A map's value that is an array begins on a line of its own.
 *
 *   1) 1) (integer) 0                      1) 1# "slots" =>
 *      2) (integer) 5460                         1) (integer) 0
 *      3) 1) "127.0.0.1"                         2) (integer) 5460
 */
const MARKER = /^( *)(\d+)([)#~]) ?/;
const NAME = /^"((?:[^"\\]|\\.)*)" => ?/;
const EMPTY = /^\(empty (?:array|list or set|list|set|hash)\)$/;
const MAX_DEPTH = 16;

/** Whether text looks like an array or a map on a terminal. */
export function isReplyTree(text: string): boolean {
  return /^ *1[)#] /.test(text);
}

/** The values: arrays, maps as objects, numbers, strings, null. Throws SlotpackError `BAD_TOPOLOGY` with the number of the line. */
export function readReplyTree(text: string): unknown {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const reader = new TreeReader(lines);
  return reader.read();
}

class TreeReader {
  readonly #lines: readonly string[];
  #row = 0;
  #column = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  read(): unknown {
    const value = this.#value(0);
    if (this.#row < this.#lines.length) throw this.#bad();
    return value;
  }

  get #rest(): string {
    return (this.#lines[this.#row] ?? "").slice(this.#column);
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#bad();
    const marker = MARKER.exec(this.#rest);
    return marker === null ? this.#scalar() : this.#items(this.#column, marker, depth);
  }

  /** All items whose numbers end in the column where the first one's ends. */
  #items(column: number, first: RegExpExecArray, depth: number): unknown {
    const end = column + first[0].length;
    const list: unknown[] = [];
    const map: Record<string, unknown> = {};
    const isMap = first[3] === "#";
    for (let marker: RegExpExecArray | null = first; marker !== null; marker = this.#nextMarker(end)) {
      this.#column = end;
      if (!isMap) list.push(this.#value(depth + 1));
      else {
        const name = NAME.exec(this.#rest);
        if (name === null) throw this.#bad();
        this.#column += name[0].length;
        if (this.#rest.trim() === "") this.#nextRow(end);
        map[name[1]!] = this.#value(depth + 1);
      }
    }
    return isMap ? map : list;
  }

  /** The number of an item on this line that ends in column `end`, with nothing but spaces before. */
  #nextMarker(end: number): RegExpExecArray | null {
    const marker = MARKER.exec(this.#lines[this.#row] ?? "");
    return marker !== null && marker[0].length === end ? marker : null;
  }

  #scalar(): unknown {
    const text = this.#rest.trim();
    const integer = /^\(integer\) (-?\d+)$/.exec(text);
    const string = /^"((?:[^"\\]|\\.)*)"$/.exec(text);
    let value: unknown;
    if (integer !== null) value = Number(integer[1]);
    else if (string !== null) value = string[1]!.replace(/\\(.)/g, "$1");
    else if (EMPTY.test(text)) value = [];
    else if (text !== "(nil)") throw this.#bad();
    else value = null;
    this.#nextRow(0);
    return value;
  }

  #nextRow(column: number): void {
    this.#row++;
    this.#column = column;
  }

  #bad(): SlotpackError {
    const line = (this.#lines[this.#row] ?? "").trim().slice(0, 60);
    const message = `line ${this.#row + 1} of the pasted reply is not what redis-cli prints: ${JSON.stringify(line)}`;
    return new SlotpackError("BAD_TOPOLOGY", message);
  }
}
