/*
 *   0             4                6
 *   +-------------+----------------+--------------------------------------------------+------------------+
 *   | 53 50 51 01 | tags, u16 LE   |  u16 LE length of the name | name, UTF-8 | token  |  value, as the   |
 *   | "SPQ", 1    |                |  2 bytes                   |             | 16     |  codec wrote it  |
 *   +-------------+----------------+-------------- once per tag, by name --------------+------------------+
 */

const MAGIC = Buffer.from([0x53, 0x50, 0x51, 0x01]);
const TAGS_AT = 4;
const FIRST_TAG_AT = 6;

/** Bytes of a tag's token. */
export const TOKEN_BYTES = 16;
/** Bytes of a tag's name, and tags of an entry. */
export const MOST_TAGS: number = 0xffff;

/** Tag → its token as latin1 text, when the value began to be computed. */
export type TagTokens = ReadonlyMap<string, string>;

export interface QueryEntry {
  readonly tokens: TagTokens;
  /** A view of the entry's bytes. */
  readonly value: Buffer;
}

export function encodeEntry(tokens: TagTokens, value: Uint8Array): Buffer {
  const parts: Uint8Array[] = [MAGIC, uint16(tokens.size)];
  for (const [tag, token] of [...tokens].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = Buffer.from(tag);
    parts.push(uint16(name.length), name, Buffer.from(token, "latin1"));
  }
  parts.push(value);
  return Buffer.concat(parts);
}

/** Null where the bytes are no entry. */
export function decodeEntry(stored: Uint8Array): QueryEntry | null {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (bytes.length < FIRST_TAG_AT || !bytes.subarray(0, TAGS_AT).equals(MAGIC)) return null;
  const tokens = new Map<string, string>();
  let at = FIRST_TAG_AT;
  for (let left = bytes.readUInt16LE(TAGS_AT); left > 0; left--) {
    if (at + 2 > bytes.length) return null;
    const nameEnd = at + 2 + bytes.readUInt16LE(at);
    const next = nameEnd + TOKEN_BYTES;
    if (next > bytes.length) return null;
    tokens.set(bytes.toString("utf8", at + 2, nameEnd), bytes.toString("latin1", nameEnd, next));
    at = next;
  }
  return { tokens, value: bytes.subarray(at) };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
