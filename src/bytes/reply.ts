/** An error reply of the server: a value, not a thrown error, until somebody decides what it means. */
export class ReplyError {
  /** The whole text, e.g. `MOVED 3999 127.0.0.1:6381`. */
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  /** First word of the text: `MOVED`, `WRONGTYPE`, `ERR`, … */
  get code(): string {
    const space = this.message.indexOf(" ");
    return space === -1 ? this.message : this.message.slice(0, space);
  }
}

/** A reply in RESP2 shapes: bulk strings are Buffers, status lines strings, a null bulk or array is `null`. */
export type Reply = Buffer | string | number | null | ReplyError | Reply[];
