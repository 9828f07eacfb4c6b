/** Splits a byte stream into commands (RESP arrays of bulk strings). */
export class CommandReader {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[][] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const commands: Buffer[][] = [];
    let offset = 0;
    for (;;) {
      const parsed = parseCommand(this.#pending, offset);
      if (parsed === undefined) break;
      commands.push(parsed.parts);
      offset = parsed.end;
    }
    this.#pending = this.#pending.subarray(offset);
    return commands;
  }
}

function parseCommand(bytes: Buffer, start: number): { parts: Buffer[]; end: number } | undefined {
  const header = lineAt(bytes, start, "*");
  if (header === undefined) return undefined;
  const parts: Buffer[] = [];
  let offset = header.end;
  while (parts.length < header.value) {
    const length = lineAt(bytes, offset, "$");
    if (length === undefined) return undefined;
    const end = length.end + length.value;
    if (bytes.length < end + 2) return undefined;
    if (bytes.toString("latin1", end, end + 2) !== "\r\n") throw new Error("bulk string without its CRLF");
    parts.push(Buffer.from(bytes.subarray(length.end, end)));
    offset = end + 2;
  }
  return { parts, end: offset };
}

function lineAt(bytes: Buffer, offset: number, type: string): { value: number; end: number } | undefined {
  const end = bytes.indexOf("\r\n", offset);
  if (end < 0) return undefined;
  const line = bytes.toString("latin1", offset, end);
  if (!line.startsWith(type) || !/^.\d+$/.test(line))
    throw new Error(`not a command: ${JSON.stringify(line)}`);
  return { value: Number(line.slice(1)), end: end + 2 };
}
