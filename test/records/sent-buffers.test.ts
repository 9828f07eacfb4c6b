import { Socket } from "node:net";
import { beforeEach, expect, test } from "vitest";
import { RecordStore } from "../../src/index.ts";
import { describeEachServer } from "./each-server.ts";

type WriteMany = (chunks: readonly { chunk: Uint8Array }[], done: () => void) => void;

/** Every buffer that sockets of this process are given to send while `run` is under way. */
async function sentBy(run: () => Promise<void>): Promise<Uint8Array[]> {
  const prototype = Socket.prototype as unknown as { _writev: WriteMany; _write: unknown };
  const { _writev, _write } = prototype;
  const sent: Uint8Array[] = [];
  prototype._writev = function (this: Socket, chunks, done) {
    for (const { chunk } of chunks) sent.push(chunk);
    _writev.call(this, chunks, done);
  };
  prototype._write = function (this: Socket, chunk: Uint8Array, ...rest: unknown[]) {
    sent.push(chunk);
    (_write as (...args: unknown[]) => void).call(this, chunk, ...rest);
  };
  try {
    await run();
    return sent;
  } finally {
    Object.assign(prototype, { _writev, _write });
  }
}

for (const layout of ["tagged-pair", "colon-pair", "packed"] as const) {
  describeEachServer(`the buffers that putMany sends, ${layout}`, (on) => {
    beforeEach(() => on.flush());

    for (const [what, keyOf, options] of [
      ["one command a record", (i: number) => `k${i}`, {}],
      ["a TTL", (i: number) => `k${i}`, { ttlMs: 60_000 }],
      ["names in two slots", (i: number) => `}${i}`, {}],
    ] as const) {
      test(`are the caller's own from 2 KB on: ${what}`, async () => {
        const sizes = [2048, 5000, 65_536, 1_048_576];
        const slab = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
        const records = sizes.map((size, i) => {
          const start = sizes.slice(0, i).reduce((sum, one) => sum + one, 0);
          return { key: keyOf(i), metadata: { i }, bytes: slab.subarray(start, start + size).fill(i + 1) };
        });
        const store = new RecordStore(on.client, { layout });
        const sent = await sentBy(() => store.putMany(records, options));
        const own = sent.filter(({ buffer }) => buffer === slab.buffer);
        const parts = own.map(({ byteOffset, length }) => [byteOffset, length]).sort(([a], [b]) => a! - b!);
        expect(parts).toEqual(records.map(({ bytes }) => [bytes.byteOffset, bytes.length]));
        const others = sent.filter(({ buffer }) => buffer !== slab.buffer);
        expect(Math.max(...others.map(({ length }) => length))).toBeLessThan(2048);
        const found = await store.getMany(records.map(({ key }) => key));
        for (const [i, record] of found.entries())
          expect(Buffer.compare(record!.bytes, records[i]!.bytes)).toBe(0);
      });
    }

    test("are packed together below that", async () => {
      const records = Array.from({ length: 50 }, (_, i) => ({
        key: `k${i}`,
        metadata: { i },
        bytes: new Uint8Array(2047),
      }));
      const own = new Set(records.map(({ bytes }) => bytes.buffer));
      const sent = await sentBy(() => new RecordStore(on.client, { layout }).putMany(records));
      expect(sent.some(({ buffer }) => own.has(buffer as ArrayBuffer))).toBe(false);
      // Per node and write one buffer of records and one with the nonce.
      const writes = layout === "colon-pair" && on.clustered ? 2 : 1;
      expect(sent).toHaveLength(2 * writes * on.servers.nodes.length);
    });
  });
}
