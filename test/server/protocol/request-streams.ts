import type { Draw } from "../draw.ts";

/** Harmless wherever they are sent to. */
const NAMES = ["ECHO", "PING", "echo", "STRLEN", "EXISTS", "nosuch"] as const;
const SIGNS = "*$\r\n\0\"'\\ \t0123456789-+x:\xff\v\f";
const LENGTHS = [
  "0",
  "1",
  "2",
  "-1",
  "-0",
  "00",
  "01",
  "+1",
  " 1",
  "",
  "x",
  "10",
  "11",
  "1024",
  "16384",
  "16385",
  "32767",
  "32768",
  "1048576",
  "1048577",
  "536870912",
  "536870913",
  "2147483647",
  "2147483648",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "99999999999999999999999",
  "1\0",
  "1 ",
  "0x1",
] as const;

function value(draw: Draw): string {
  switch (draw.integer(10)) {
    case 0:
      return "";
    case 1:
      return "\r\n".repeat(draw.integer(4));
    case 2:
      return draw.bytes(draw.integer(40));
    case 3:
      return `*1\r\n$4\r\nPING\r\n`;
    case 4:
      // Across the limit above which arguments are received apart.
      return draw.chance(0.05) ? "v".repeat(32_768 - 3 + draw.integer(6)) : "vv";
    default:
      return "abcdefgh".slice(0, draw.integer(9));
  }
}

function inline(draw: Draw): string {
  const word = () =>
    draw.pick([
      "word",
      '"two words"',
      "'single'",
      '"\\x41\\n\\"q"',
      "'it\\'s'",
      '"\\xZZ\\q"',
      '"open',
      "'open",
      '"a"b',
      'a"b"',
      "a\vb",
      "\\",
      "''",
      '""',
      "\xff",
    ]);
  const words = [draw.pick(NAMES), ...Array.from({ length: draw.integer(4) }, word)];
  const end = draw.pick(["\r\n", "\n", "\r\r\n", " \r\n"]);
  return `${draw.pick(["", "", " ", "\t\v"])}${words.join(draw.pick([" ", "  ", "\t"]))}${end}`;
}

/** Valid requests one behind the other. */
export function validStream(draw: Draw): string {
  let stream = "";
  for (let count = 1 + draw.integer(5); count > 0; count -= 1) {
    const kind = draw.integer(10);
    if (kind === 0) stream += draw.pick(["*0\r\n", "*-1\r\n", "\r\n", "\n", "*-5\r\n"]);
    else if (kind < 4) stream += inline(draw);
    else {
      const args = [draw.pick(NAMES), ...Array.from({ length: draw.integer(4) }, () => value(draw))];
      stream += `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("")}`;
    }
  }
  return stream;
}

function mutatedOnce(draw: Draw, stream: string): string {
  const at = draw.integer(stream.length + 1);
  const other = () => (draw.chance(0.8) ? draw.pick([...SIGNS]) : draw.bytes(1));
  const until = at + 1 + draw.integer(8);
  switch (draw.integer(9)) {
    case 0: {
      const flipped = stream.charCodeAt(at) ^ (1 << draw.integer(8));
      return at < stream.length
        ? stream.slice(0, at) + String.fromCharCode(flipped) + stream.slice(at + 1)
        : stream;
    }
    case 1:
      return stream.slice(0, at) + other() + stream.slice(at);
    case 2:
      return stream.slice(0, at) + stream.slice(until);
    case 3:
      return stream.slice(0, until) + stream.slice(at);
    case 4:
      return stream.slice(0, at);
    case 5:
      return stream.slice(0, at) + other() + stream.slice(at + 1);
    case 6: {
      // Another length or count in the place of one.
      const heads = [...stream.matchAll(/[*$]\d*/g)];
      const head = heads[draw.integer(Math.max(1, heads.length))];
      if (head === undefined) return stream;
      return stream.slice(0, head.index + 1) + draw.pick(LENGTHS) + stream.slice(head.index + head[0].length);
    }
    case 7: {
      const ends = [...stream.matchAll(/\r\n/g)];
      const end = ends[draw.integer(Math.max(1, ends.length))];
      if (end === undefined) return stream;
      return (
        stream.slice(0, end.index) +
        draw.pick(["\n", "\r", "\n\r", "\r\r\n", "\0\r\n", "", "\r\n\r\n"]) +
        stream.slice(end.index + 2)
      );
    }
    default:
      // A line that is too long for any request.
      return draw.chance(0.02)
        ? stream.slice(0, at) + draw.pick(["*", "$", "x", "*1\r\n$"]) + "1".repeat(66_000)
        : stream;
  }
}

/** A valid stream, or one with up to four mistakes. */
export function requestStream(draw: Draw): string {
  let stream = validStream(draw);
  for (let count = draw.integer(5); count > 0; count -= 1) stream = mutatedOnce(draw, stream);
  return stream;
}

/** The bytes in random pieces. */
export function pieces(draw: Draw, bytes: Buffer): Buffer[] {
  const size = draw.pick([1, 2, 7, 60, 1000, 70_000]);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + draw.integer(Math.max(size, bytes.length > 20_000 ? 4000 : 1));
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}
