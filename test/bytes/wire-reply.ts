import { type Reply, ReplyError } from "../../src/bytes/reply.ts";

/** What a test wants on the wire; the encoder shares nothing with the decoder. */
export type WireReply =
  | { readonly status: string }
  | { readonly error: string }
  | { readonly integer: number }
  | { readonly bulk: Uint8Array | null }
  | { readonly array: readonly WireReply[] | null };

export function encodeReply(reply: WireReply): Buffer {
  if ("status" in reply) return Buffer.from(`+${reply.status}\r\n`);
  if ("error" in reply) return Buffer.from(`-${reply.error}\r\n`);
  if ("integer" in reply) return Buffer.from(`:${reply.integer}\r\n`);
  if ("bulk" in reply) {
    if (reply.bulk === null) return Buffer.from("$-1\r\n");
    return Buffer.concat([Buffer.from(`$${reply.bulk.length}\r\n`), reply.bulk, Buffer.from("\r\n")]);
  }
  if (reply.array === null) return Buffer.from("*-1\r\n");
  return Buffer.concat([Buffer.from(`*${reply.array.length}\r\n`), ...reply.array.map(encodeReply)]);
}

/** The path and kind of the first difference; undefined where the decoded reply is what was meant. */
export function difference(got: Reply | undefined, wanted: WireReply, path = "reply"): string | undefined {
  if ("status" in wanted) return got === wanted.status ? undefined : `${path}: not +${wanted.status}`;
  if ("integer" in wanted) return got === wanted.integer ? undefined : `${path}: not ${wanted.integer}`;
  if ("error" in wanted) {
    const same = got instanceof ReplyError && got.message === wanted.error;
    return same ? undefined : `${path}: not the error ${wanted.error}`;
  }
  if ("bulk" in wanted) {
    if (wanted.bulk === null) return got === null ? undefined : `${path}: not null`;
    const same = got instanceof Buffer && got.equals(wanted.bulk);
    return same ? undefined : `${path}: not the ${wanted.bulk.length} bytes`;
  }
  if (wanted.array === null) return got === null ? undefined : `${path}: not null`;
  if (!Array.isArray(got) || got.length !== wanted.array.length)
    return `${path}: not ${wanted.array.length} elements`;
  for (const [i, element] of wanted.array.entries()) {
    const found = difference(got[i], element, `${path}[${i}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bytes that differ with `seed` and position, CR, LF and type bytes among them. */
export function patterned(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 17 + (i >> 8)) & 0xff;
  return bytes;
}
