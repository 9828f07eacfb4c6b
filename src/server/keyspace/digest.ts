import { createHash } from "node:crypto";
import type { Bytes } from "../protocol/arg.ts";
import { toBuffer } from "../protocol/bytes.ts";

/** 20 bytes that depend on all that was mixed in, as DEBUG DIGEST puts them together. */
export class Digest {
  readonly bytes: Buffer = Buffer.alloc(20);

  /** In any order: the SHA1 of the bytes is added bit by bit. */
  xor(bytes: Bytes): void {
    const hash = sha1(toBuffer(bytes));
    for (let index = 0; index < 20; index += 1) (this.bytes[index] as number) ^= hash[index] as number;
  }

  /** In this order. */
  mix(bytes: Bytes): void {
    this.xor(bytes);
    sha1(this.bytes).copy(this.bytes);
  }

  get hex(): string {
    return this.bytes.toString("hex");
  }
}

function sha1(bytes: Buffer): Buffer {
  return createHash("sha1").update(bytes).digest();
}
