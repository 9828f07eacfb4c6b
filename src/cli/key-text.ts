import { isUtf8 } from "node:buffer";

// biome-ignore lint/suspicious/noControlCharactersInRegex: the subject
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
const NAMED: Readonly<Record<number, string>> = { 0: "\\0", 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" };

/** A key as JSON shows it: text where its bytes are UTF-8, hex digits where they are not. */
export function jsonKey(key: Buffer, name: string = "key"): Record<string, string> {
  return isUtf8(key) ? { [name]: key.toString() } : { [`${name}Hex`]: key.toString("hex") };
}

/** A key in the form that `--escapes` reads: printable ASCII and UTF-8 as they are, every other byte as an escape. */
export function escapedKey(key: Buffer): string {
  if (!isUtf8(key)) return Array.from(key, escapedByte).join("");
  return key.toString().replaceAll("\\", "\\\\").replace(CONTROLS, escapedText);
}

/** A key for people: what could drive a terminal is shown as an escape. */
export function printable(text: string): string {
  return text.replace(CONTROLS, escapedText);
}

/** A key in a text for people, where nothing at all could be overlooked. */
export function shownKey(key: string): string {
  return key === "" ? "(the empty key)" : printable(key);
}

function escapedText(text: string): string {
  return Array.from(Buffer.from(text), escapedByte).join("");
}

function escapedByte(byte: number): string {
  if (NAMED[byte] !== undefined) return NAMED[byte];
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
