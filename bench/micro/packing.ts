import assert from "node:assert/strict";
import { createKernel } from "../../src/slots/index.ts";
import type { CommandTemplate, PackedBatch } from "../../src/wasm/kernel.ts";
import type { Comparison } from "./comparison.ts";
import { COUNTS, KEY_SHAPES, keysOf } from "./key-shapes.ts";
import { packByHand } from "./plain-pack.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One command per record: `MGET {k}:metadata {k}:kv_bytes`. */
const READ: CommandTemplate = {
  parts: [
    { kind: "literal", bytes: bytesOf("*3\r\n$4\r\nMGET\r\n") },
    { kind: "name", prefix: bytesOf("{"), suffix: bytesOf("}:metadata") },
    { kind: "name", prefix: bytesOf("{"), suffix: bytesOf("}:kv_bytes") },
  ],
  routePrefix: bytesOf("{"),
  routeSuffix: bytesOf("}:metadata"),
  columns: 0,
};

const NODE_COUNT = 3;
const SHAPES = KEY_SHAPES.filter(({ name }) => !name.includes("tag"));

/** Slots, grouping and RESP of a whole batch of record reads. */
export function comparePacking(): Comparison[] {
  const nodeOfSlot = Uint16Array.from({ length: 16384 }, (_, slot) =>
    Math.floor((slot * NODE_COUNT) / 16384),
  );
  const kernels = { slotpack: createKernel("wasm"), "slotpack, js kernel": createKernel("js") };
  return SHAPES.flatMap((shape) =>
    COUNTS.map((count): Comparison => {
      const keys = keysOf(shape, count);
      const request = { template: READ, keys, nodeOfSlot, nodeCount: NODE_COUNT, tableVersion: 1 };
      const own = Object.entries(kernels).map(([name, kernel]) => ({
        name,
        run: () => kernel.pack(request),
      }));
      const byHand = { name: "plain loop", run: () => packByHand(keys, nodeOfSlot, NODE_COUNT) };
      const check = (): void => {
        const groups = byHand.run();
        for (const { run } of own) {
          groups.forEach(({ indexes, bytes }, node) => {
            const group = groupOf(run(), node);
            assert.deepEqual(Array.from(group.order), indexes);
            assert.ok(Buffer.from(group.bytes).equals(bytes));
          });
        }
      };
      return { section: "packing", shape: shape.name, count, contestants: [...own, byHand], check };
    }),
  );
}

function groupOf(packed: PackedBatch, node: number): { order: Uint32Array; bytes: Uint8Array } {
  const [from, to] = [packed.groupStart[node]!, packed.groupStart[node + 1]!];
  const start = from === 0 ? 0 : packed.ends[from - 1];
  const end = to === 0 ? 0 : packed.ends[to - 1];
  return { order: packed.order.subarray(from, to), bytes: packed.bytes.subarray(start, end) };
}
