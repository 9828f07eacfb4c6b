import { randomBytes } from "node:crypto";

const HEAD = Buffer.from("*2\r\n$4\r\nECHO\r\n$16\r\n");
const LENGTH = HEAD.length + 18;

/**
 * The nonces of one connection: 8 random hex digits that no stored value can foresee, and a counter. The reply of ECHO comes
 * behind the replies of its packet, so that it stands at its place only if none was lost or added before it.
 */
export class NonceSequence {
  readonly #prefix: string = randomBytes(4).toString("hex");
  #counter = 0;

  /** The next nonce, 16 hex digits. */
  next(): string {
    this.#counter = (this.#counter + 1) >>> 0;
    return this.#prefix + this.#counter.toString(16).padStart(8, "0");
  }
}

/** `ECHO nonce` as RESP bytes. */
export function encodeNonce(nonce: string): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH);
  HEAD.copy(bytes);
  bytes.write(nonce, HEAD.length, "latin1");
  bytes[LENGTH - 2] = 13;
  bytes[LENGTH - 1] = 10;
  return bytes;
}
