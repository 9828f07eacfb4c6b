const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };
const SPACE = /[ \t\n\v\f\r]/;
/** What ends a word that has begun. */
const STOP = /[ \t\n\r\0]/;

/**
 * The words of an inline command, or of a line of redis.conf: quoted as in a shell, with `\n`, `\r`, `\t`, `\b`, `\a` and `\xff` within double quotes. Undefined
 * where a quote is not closed, or is followed by something else than a blank. Source: sdssplitargs.
 */
export function inlineWords(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && SPACE.test(line[at] as string)) at += 1;
    if (at >= line.length || line[at] === "\0") return words;
    let word = "";
    while (at < line.length && !STOP.test(line[at] as string)) {
      const quote = line[at] as string;
      if (quote !== '"' && quote !== "'") {
        word += quote;
        at += 1;
        continue;
      }
      const quoted = quotedPart(line, at + 1, quote);
      if (quoted === undefined) return undefined;
      word += quoted.text;
      at = quoted.end;
      if (at < line.length && !SPACE.test(line[at] as string)) return undefined;
      break;
    }
    words.push(word);
  }
}

/** From behind the opening quote to behind the closing one. */
function quotedPart(line: string, start: number, quote: string): { text: string; end: number } | undefined {
  let text = "";
  for (let at = start; at < line.length; at += 1) {
    const character = line[at] as string;
    if (character === quote) return { text, end: at + 1 };
    if (character !== "\\") {
      text += character;
      continue;
    }
    const hex = quote === '"' ? /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4)) : null;
    if (hex) {
      text += String.fromCharCode(Number.parseInt(hex[1] as string, 16));
      at += 3;
    } else if (quote === '"' && at + 1 < line.length) {
      at += 1;
      text += ESCAPES[line[at] as string] ?? line[at];
    } else if (line[at + 1] === "'") {
      text += "'";
      at += 1;
    } else text += "\\";
  }
  return undefined;
}
