import type { Key } from "../../src/bytes/key.ts";
import type { PackedBatch, PackRequest, TemplatePart } from "../../src/wasm/kernel.ts";

/*
 * What the kernels compute, written down as plainly as possible: strings become Buffers, names are put together, the CRC
 * goes bit by bit. Shares no code with src/wasm.
 */

/** CRC-16/XMODEM by its definition. */
export function naiveCrc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc;
}

export function naiveSlot(key: Key): number {
  const bytes = Buffer.from(key as string);
  const open = bytes.indexOf("{");
  const close = open < 0 ? -1 : bytes.indexOf("}", open + 1);
  return naiveCrc16(close > open + 1 ? bytes.subarray(open + 1, close) : bytes) % 16384;
}

export function naivePack(request: PackRequest): PackedBatch {
  const { template, keys, nodeOfSlot, nodeCount, values } = request;
  const items = Array.from(request.items ?? keys.keys());
  const slotOf = new Map(
    items.map((item) => {
      const key = Buffer.from(keys[item] as string);
      return [item, naiveSlot(Buffer.concat([template.routePrefix, key, template.routeSuffix]))];
    }),
  );
  const groups: number[][] = Array.from({ length: nodeCount + 1 }, () => []);
  for (const item of items) {
    const node = nodeOfSlot === undefined ? 0 : nodeOfSlot[slotOf.get(item)!]!;
    groups[Math.min(node, nodeCount)]!.push(item);
  }
  const order = groups.flat();
  const chunks: Uint8Array[] = [];
  const ends: number[] = [];
  const gathers: { position: number; offset: number; value: Uint8Array }[] = [];
  let length = 0;
  const write = (bytes: Uint8Array): void => {
    chunks.push(bytes);
    length += bytes.length;
  };
  order.forEach((item, position) => {
    const writeValue = (value: Uint8Array): void => {
      if (value.length >= values!.gatherFrom) gathers.push({ position, offset: length, value });
      else write(value);
    };
    if (position < order.length - groups[nodeCount]!.length) {
      for (const part of template.parts)
        writePart(part, Buffer.from(keys[item] as string), item, write, writeValue, values);
    }
    ends.push(length);
  });
  const groupStart = [0];
  for (const group of groups) groupStart.push(groupStart.at(-1)! + group.length);
  return {
    order: Uint32Array.from(order),
    groupStart: Uint32Array.from(groupStart),
    slots: Uint16Array.from(order, (item) => slotOf.get(item)!),
    bytes: new Uint8Array(Buffer.concat(chunks)),
    ends: Uint32Array.from(ends),
    gathers,
  };
}

function writePart(
  part: TemplatePart,
  key: Uint8Array,
  item: number,
  write: (bytes: Uint8Array) => void,
  writeValue: (value: Uint8Array) => void,
  values: PackRequest["values"],
): void {
  const bulkHeader = (length: number): Uint8Array => Buffer.from(`$${length}\r\n`);
  const crlf = Buffer.from("\r\n");
  if (part.kind === "literal") {
    write(part.bytes);
    return;
  }
  if (part.kind === "name") {
    const name = Buffer.concat([part.prefix, key, part.suffix]);
    write(bulkHeader(name.length));
    write(name);
  } else if (part.kind === "value") {
    const value = values!.columns[part.column]![item]!;
    write(bulkHeader(value.length));
    writeValue(value);
  } else {
    const metadata = values!.columns[part.metadata]![item]!;
    const bytes = values!.columns[part.bytes]![item]!;
    const header = Buffer.alloc(16);
    header.write("SPR\u0001", "latin1");
    header.writeUInt32LE(metadata.length, 4);
    header.writeUInt32LE(bytes.length, 8);
    write(bulkHeader(16 + metadata.length + bytes.length));
    write(header);
    writeValue(metadata);
    writeValue(bytes);
  }
  write(crlf);
}
