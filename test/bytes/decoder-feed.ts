import type { Reply } from "../../src/bytes/reply.ts";
import { ReplyDecoder, type ReplySink } from "../../src/bytes/reply-decoder.ts";

/** `reads` fills what `space()` gives, as a socket does; `writes` hands over chunks of its own. */
export type Way = "reads" | "writes";
export const WAYS: readonly Way[] = ["reads", "writes"];

export type Place = (index: number, length: number) => Buffer | undefined;

/** A decoder, what it delivered, and a source of bytes that behaves like Node's. */
export class DecoderFeed {
  readonly replies: Reply[] = [];
  readonly decoder: ReplyDecoder;
  place: Place = () => undefined;
  #space: Buffer | undefined;

  constructor() {
    const sink: ReplySink = {
      reply: (value) => {
        this.replies.push(value);
      },
      place: (index, length) => this.place(index, length),
    };
    this.decoder = new ReplyDecoder(sink);
  }

  feed(bytes: Uint8Array, way: Way): void {
    if (way === "writes") {
      this.#space = undefined;
      this.decoder.write(Buffer.from(bytes));
      return;
    }
    for (let at = 0; at < bytes.length; ) {
      // Node asks for the next buffer right after a read, long before the bytes are there.
      const space = this.#space ?? this.decoder.space();
      if (space.length === 0) throw new Error("a socket cannot read into no space");
      const count = Math.min(space.length, bytes.length - at);
      space.set(bytes.subarray(at, at + count));
      // What lies behind the bytes read is nobody's; a decoder that looks at it should not like it.
      space.fill(0xee, count, Math.min(space.length, count + 64));
      this.decoder.received(count);
      this.#space = this.decoder.space();
      at += count;
    }
  }

  /** The bytes in pieces that end at `cuts`. */
  feedCut(bytes: Uint8Array, cuts: readonly number[], way: Way): void {
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (cut > from) this.feed(bytes.subarray(from, cut), way);
      from = cut;
    }
  }
}
