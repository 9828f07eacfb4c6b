const NUMBERED = /^\s*\d+\) "(.*)"\s*$/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b" };

/**
 * The keys of a text: a JSON array of strings, the numbered list that redis-cli prints for KEYS and SCAN, or one key a
 * line. Empty lines are no keys.
 */
export function readKeys(text: string): string[] {
  const json = jsonKeys(text);
  if (json !== undefined) return json;
  const lines = text.split("\n");
  const keys: string[] = [];
  for (const raw of lines) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line !== "") keys.push(line);
  }
  const scanned = scannedKeys(keys);
  const numbered = scanned ?? keys;
  if (numbered.length === 0 || !numbered.slice(0, 20).every((line) => NUMBERED.test(line))) return keys;
  return numbered.flatMap((line) => {
    const quoted = NUMBERED.exec(line)?.[1];
    return quoted === undefined ? [] : [unquote(quoted)];
  });
}

/** The list in the answer of SCAN, behind the cursor: `1) "17"`, then `2) 1) "key"` and the others below that. */
function scannedKeys([cursor = "", first = "", ...others]: readonly string[]): string[] | undefined {
  if (!/^1\) "\d+"$/.test(cursor)) return undefined;
  const [, key] = /^2\)\s+(1\) ".*)$/.exec(first) ?? [];
  return key === undefined ? undefined : [key, ...others];
}

function jsonKeys(text: string): string[] | undefined {
  if (!text.trimStart().startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  } catch {
    // Keys may begin with a bracket.
  }
  return undefined;
}

/** Undoes redis-cli's quoting. Bytes written as \xNN are UTF-8. */
function unquote(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < text.length; i++) {
    const code = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(i, i + 4))?.[1];
    if (code !== undefined) {
      bytes.push(Number.parseInt(code, 16));
      i += 3;
    } else if (text[i] === "\\" && i + 1 < text.length) {
      i++;
      bytes.push(...encoder.encode(ESCAPES[text[i]!] ?? text[i]!));
    } else {
      bytes.push(...encoder.encode(text[i]!));
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
