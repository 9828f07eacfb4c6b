/** What a stream of requests means, as the source of redis-server 7.0.15 says (networking.c, sds.c); slow, simple, and all bytes at once. */
export interface Meaning {
  readonly commands: readonly (readonly string[])[];
  /** Without `ERR `; undefined: what is left is no whole command yet. */
  readonly error: string | undefined;
}

const LINE = 64 * 1024;
const INT64 = 2n ** 63n;

export function meaningOf(
  text: string,
  { maxBulkLength, unauthenticated }: { readonly maxBulkLength: number; readonly unauthenticated: boolean },
): Meaning {
  const commands: string[][] = [];
  let rest = text;
  const over = (error?: string): Meaning => ({
    commands,
    error: error === undefined ? undefined : `Protocol error: ${error}`,
  });
  while (rest !== "") {
    if (rest[0] !== "*") {
      const line = upTo(rest, "\n");
      if (line === undefined) return over(rest.length > LINE ? "too big inline request" : undefined);
      rest = rest.slice(line.length + 1);
      const words = splitWords(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (words === undefined) return over("unbalanced quotes in request");
      if (words.length > 0) commands.push(words);
      continue;
    }
    const head = upTo(rest, "\r");
    if (head === undefined) return over(rest.length > LINE ? "too big mbulk count string" : undefined);
    if (rest.length < head.length + 2) return over();
    const count = integer(head.slice(1));
    if (count === undefined || count > 2147483647n) return over("invalid multibulk length");
    if (count > 10n && unauthenticated) return over("unauthenticated multibulk length");
    rest = rest.slice(head.length + 2);
    const args: string[] = [];
    while (BigInt(args.length) < count) {
      const line = upTo(rest, "\r");
      if (line === undefined) return over(rest.length > LINE ? "too big bulk count string" : undefined);
      if (rest.length < line.length + 2) return over();
      if (rest[0] !== "$") return over(`expected '$', got '${rest[0]}'`);
      const length = integer(line.slice(1));
      if (length === undefined || length < 0n || length > BigInt(maxBulkLength))
        return over("invalid bulk length");
      if (length > 16384n && unauthenticated) return over("unauthenticated bulk length");
      const start = line.length + 2;
      const end = start + Number(length);
      if (rest.length < end + 2) return over();
      args.push(rest.slice(start, end));
      rest = rest.slice(end + 2);
    }
    if (args.length > 0) commands.push(args);
  }
  return over();
}

/** As strchr finds it: never behind a zero byte. */
function upTo(text: string, sign: string): string | undefined {
  const at = text.indexOf(sign);
  const zero = text.indexOf("\0");
  return at < 0 || (zero >= 0 && zero < at) ? undefined : text.slice(0, at);
}

/** As string2ll takes it: no blanks, no plus, no leading zeros, 64 bits. */
function integer(text: string): bigint | undefined {
  if (text !== "0" && !/^-?[1-9][0-9]*$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >= -INT64 && value < INT64 ? value : undefined;
}

const BLANKS = " \n\t\v\f\r";

function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word = "";
  let state: "between" | "in" | "double" | "single" | "closed" = "between";
  for (let at = 0; at <= line.length; at += 1) {
    const sign = line[at] ?? "";
    if (state === "double" || state === "single") {
      const close = state === "double" ? '"' : "'";
      const hex = state === "double" && /^\\x[0-9a-fA-F]{2}/.test(line.slice(at, at + 4));
      if (sign === "") return undefined;
      if (hex) {
        word += String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 4), 16));
        at += 3;
      } else if (state === "double" && sign === "\\" && at + 1 < line.length) {
        at += 1;
        const named = "nrtba".indexOf(line[at] as string);
        word += named < 0 ? line[at] : "\n\r\t\b\x07"[named];
      } else if (state === "single" && sign === "\\" && line[at + 1] === "'") {
        at += 1;
        word += "'";
      } else if (sign === close) state = "closed";
      else word += sign;
      continue;
    }
    if (state === "closed") {
      if (sign !== "" && !BLANKS.includes(sign)) return undefined;
      words.push(word);
      state = "between";
      continue;
    }
    if (state === "between") {
      if (sign === "" || BLANKS.includes(sign)) continue;
      word = "";
      state = "in";
    }
    if (sign === "" || " \n\r\t".includes(sign)) {
      words.push(word);
      state = "between";
    } else if (sign === '"') state = "double";
    else if (sign === "'") state = "single";
    else word += sign;
  }
  return words;
}
