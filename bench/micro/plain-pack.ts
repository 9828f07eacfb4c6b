import type { Key } from "../../src/slots/index.ts";
import { plainSlots } from "./plain-slots.ts";

/** What one node is sent, and whose items these are. */
export interface PlainGroup {
  readonly indexes: number[];
  bytes: Uint8Array;
}

/**
 * `MGET {k}:metadata {k}:kv_bytes` for every key, one buffer per node, by hand: text is put together as a string per
 * node (ASCII keys), bytes are collected in chunks.
 */
export function packByHand(keys: readonly Key[], nodeOfSlot: Uint16Array, nodeCount: number): PlainGroup[] {
  const slots = plainSlots(keys, new Uint16Array(keys.length));
  return typeof keys[0] === "string"
    ? packTexts(keys as string[], slots, nodeOfSlot, nodeCount)
    : packBytes(keys as Uint8Array[], slots, nodeOfSlot, nodeCount);
}

function packTexts(
  keys: readonly string[],
  slots: Uint16Array,
  nodeOfSlot: Uint16Array,
  nodeCount: number,
): PlainGroup[] {
  const texts: string[] = new Array(nodeCount).fill("");
  const indexes: number[][] = Array.from({ length: nodeCount }, () => []);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const node = nodeOfSlot[slots[i]!]!;
    const length = key.length + 11;
    texts[node] +=
      `*3\r\n$4\r\nMGET\r\n$${length}\r\n{${key}}:metadata\r\n$${length}\r\n{${key}}:kv_bytes\r\n`;
    indexes[node]!.push(i);
  }
  return texts.map((text, node) => ({ indexes: indexes[node]!, bytes: Buffer.from(text, "latin1") }));
}

function packBytes(
  keys: readonly Uint8Array[],
  slots: Uint16Array,
  nodeOfSlot: Uint16Array,
  nodeCount: number,
): PlainGroup[] {
  const groups = Array.from({ length: nodeCount }, () => ({ indexes: [] as number[], bytes: 0 }));
  for (let i = 0; i < keys.length; i++) {
    const group = groups[nodeOfSlot[slots[i]!]!]!;
    group.indexes.push(i);
    group.bytes += 64 + 2 * keys[i]!.length;
  }
  return groups.map(({ indexes, bytes }) => {
    const target = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const index of indexes) {
      const key = keys[index]!;
      const length = key.length + 11;
      at += target.write(`*3\r\n$4\r\nMGET\r\n$${length}\r\n{`, at, "latin1");
      target.set(key, at);
      at += key.length;
      at += target.write(`}:metadata\r\n$${length}\r\n{`, at, "latin1");
      target.set(key, at);
      at += key.length;
      at += target.write("}:kv_bytes\r\n", at, "latin1");
    }
    return { indexes, bytes: target.subarray(0, at) };
  });
}
