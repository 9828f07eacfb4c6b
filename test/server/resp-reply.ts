/** A reply as it stood on the wire, types kept: `$hello`, `:1`, `-ERR …`, `_` for nil; arrays and maps are lists whose first item is their sign. */
export type WireReply = string | readonly WireReply[];

/** Reads replies of RESP2 and RESP3 out of a growing binary string. */
export class ReplyReader {
  #text = "";
  #at = 0;
  /** Characters from #at on without which a bulk string is not whole; looking earlier would flatten a long rope each time. */
  #needed = 0;

  push(chunk: Buffer): void {
    if (this.#at > 0) this.#text = this.#text.slice(this.#at);
    this.#text += chunk.toString("latin1");
    this.#at = 0;
  }

  /** Undefined until a whole reply is there. */
  next(): WireReply | undefined {
    const start = this.#at;
    if (this.#text.length - start < this.#needed) return undefined;
    this.#needed = 0;
    const reply = this.#read();
    if (reply !== undefined) return reply;
    if (this.#needed > 0) this.#needed -= start;
    this.#at = start;
    return undefined;
  }

  /** What is left and is no whole reply. */
  get rest(): string {
    return this.#text.slice(this.#at);
  }

  #read(): WireReply | undefined {
    const end = this.#text.indexOf("\r\n", this.#at);
    if (end < 0) return undefined;
    const sign = this.#text[this.#at] as string;
    const head = this.#text.slice(this.#at + 1, end);
    this.#at = end + 2;
    switch (sign) {
      case "+":
      case "-":
      case ":":
      case ",":
      case "#":
      case "(":
      case "_":
        return sign + head;
      case "$":
      case "=":
        return head === "-1" ? "$-1" : this.#bulk(sign, Number(head));
      case "*":
      case "~":
      case ">":
        return head === "-1" ? "*-1" : this.#items(sign, Number(head));
      case "%":
        return this.#items(sign, Number(head) * 2);
      default:
        throw new Error(`no RESP at ${JSON.stringify(sign + head)}`);
    }
  }

  #bulk(sign: string, length: number): string | undefined {
    if (this.#text.length < this.#at + length + 2) {
      this.#needed = this.#at + length + 2;
      return undefined;
    }
    const value = this.#text.slice(this.#at, this.#at + length);
    if (this.#text.slice(this.#at + length, this.#at + length + 2) !== "\r\n") {
      throw new Error(`a bulk string of ${length} bytes is not closed`);
    }
    this.#at += length + 2;
    return sign + value;
  }

  #items(sign: string, count: number): WireReply | undefined {
    const items: WireReply[] = [];
    for (let index = 0; index < count; index += 1) {
      const item = this.#read();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return [sign, ...items];
  }
}

/** The bulk strings (or statuses) of an array, without signs. */
export function texts(reply: WireReply): string[] {
  if (typeof reply === "string") return [reply.slice(1)];
  return reply.slice(1).flatMap((item) => texts(item));
}
