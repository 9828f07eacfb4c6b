/** A command's arguments: strings as UTF-8, numbers in decimal, bytes as they are. */
export type CommandArgument = string | number | Uint8Array;

const CRLF = Buffer.from("\r\n");

/** Collects commands as RESP bytes; a large argument stays out and is noted with the offset at which it belongs. */
export class CommandEncoder {
  readonly #gatherFrom: number;
  readonly #pieces: Uint8Array[] = [];
  readonly gathers: { readonly offset: number; readonly value: Uint8Array }[] = [];
  /** Bytes so far, large arguments not counted. */
  length: number = 0;

  constructor(gatherFrom: number) {
    this.#gatherFrom = gatherFrom;
  }

  add(args: readonly CommandArgument[]): void {
    this.#push(Buffer.from(`*${args.length}\r\n`));
    for (const arg of args) {
      const bytes = typeof arg === "object" ? arg : Buffer.from(String(arg));
      this.#push(Buffer.from(`$${bytes.length}\r\n`));
      if (bytes.length >= this.#gatherFrom) this.gathers.push({ offset: this.length, value: bytes });
      else this.#push(bytes);
      this.#push(CRLF);
    }
  }

  finish(): Buffer {
    return Buffer.concat(this.#pieces, this.length);
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }
}

/** One command as RESP bytes. */
export function encodeCommand(args: readonly CommandArgument[]): Buffer {
  const encoder = new CommandEncoder(Number.POSITIVE_INFINITY);
  encoder.add(args);
  return encoder.finish();
}
