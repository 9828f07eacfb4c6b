import { beforeEach, expect, test } from "vitest";
import { BatchError, RecordStore } from "../../src/index.ts";
import { describeEachServer } from "./each-server.ts";

const SIZES = [0, 10, 1000, 1024, 5000, 32_767, 32_768, 70_000, 1_048_576];
const LAYOUTS = ["tagged-pair", "upstream-pair", "packed"] as const;

for (const layout of LAYOUTS) {
  describeEachServer(`getMany into the caller's buffers, ${layout}`, (on) => {
    const make = () => new RecordStore(on.client, { layout });
    // Half of the keys have names in two slots, so that their halves are read one by one.
    for (const [kind, keyOf] of [
      ["plain keys", (i: number) => `k${i}`],
      ["keys with a brace in front", (i: number) => `}${i}`],
    ] as const) {
      const records = SIZES.map((size, i) => ({
        key: keyOf(i),
        metadata: { i },
        bytes: Buffer.alloc(size, i + 1),
      }));
      const keys = records.map(({ key }) => key);
      beforeEach(() => make().putMany(records));

      test(`an array of buffers gets the bytes, and nothing behind them: ${kind}`, async () => {
        const into = SIZES.map((size) => new Uint8Array(size + 100).fill(0x77));
        const found = await make().getMany(keys, { into });
        for (const [i, record] of found.entries()) {
          const { bytes } = record!;
          expect([bytes.buffer, bytes.byteOffset, bytes.length]).toEqual([into[i]!.buffer, 0, SIZES[i]]);
          expect(Buffer.compare(bytes, records[i]!.bytes)).toBe(0);
          expect(into[i]!.subarray(SIZES[i]).every((byte) => byte === 0x77)).toBe(true);
        }
      });

      test(`parts of one large buffer get their own bytes only: ${kind}`, async () => {
        const total = SIZES.reduce((sum, size) => sum + size, 0);
        const slab = new Uint8Array(total + 2).fill(0x77);
        const starts = SIZES.map((_, i) => SIZES.slice(0, i).reduce((sum, size) => sum + size, 1));
        const into = SIZES.map((size, i) => slab.subarray(starts[i], starts[i]! + size));
        await make().getMany(keys, { into });
        expect(
          Buffer.compare(slab.subarray(1, total + 1), Buffer.concat(records.map(({ bytes }) => bytes))),
        ).toBe(0);
        expect([slab[0], slab[total + 1]]).toEqual([0x77, 0x77]);
      });

      test(`a function is asked with index and length, and may decline: ${kind}`, async () => {
        const asked = new Map<number, number>();
        const given = new Map<number, Uint8Array>();
        const found = await make().getMany([...keys, "absent"], {
          into: (index, byteLength) => {
            asked.set(index, byteLength);
            if (index % 2 === 1) return undefined;
            given.set(index, new Uint8Array(byteLength));
            return given.get(index);
          },
        });
        expect([...asked].sort(([a], [b]) => a - b)).toEqual(SIZES.map((size, i) => [i, size]));
        for (const [i, record] of found.slice(0, -1).entries()) {
          expect(Buffer.compare(record!.bytes, records[i]!.bytes)).toBe(0);
          if (i % 2 === 0) expect(record!.bytes.buffer).toBe(given.get(i)!.buffer);
        }
        expect(found.at(-1)).toBeNull();
      });

      test(`a buffer that is too small fails its own record only: ${kind}`, async () => {
        const into = SIZES.map((size, i) => (i % 3 === 1 ? new Uint8Array(size - 1).fill(0x77) : undefined));
        const error = await make()
          .getMany(keys, { into })
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(BatchError);
        const { results, code } = error as BatchError<{ bytes: Uint8Array }>;
        expect(code).toBe("BUFFER_TOO_SMALL");
        for (const [i, result] of results.entries()) {
          if (i % 3 === 1) {
            const reason = { code: "BUFFER_TOO_SMALL", keyIndex: i, option: "into" };
            expect(result).toMatchObject({ status: "rejected", reason });
            expect(into[i]!.every((byte) => byte === 0x77)).toBe(true);
          } else {
            expect(result.status).toBe("fulfilled");
            const { bytes } = (result as PromiseFulfilledResult<{ bytes: Uint8Array }>).value;
            expect(Buffer.compare(bytes, records[i]!.bytes)).toBe(0);
          }
        }
      });

      test(`a function that fails or gives no buffer fails its record, not the connection: ${kind}`, async () => {
        const { connections, desyncs } = on.client.stats();
        const into = (index: number) => {
          if (index === 7) throw new Error("no room");
          return index === 8 ? ("text" as never) : undefined;
        };
        const error = await make()
          .getMany(keys, { into })
          .catch((reason: unknown) => reason);
        const { results } = error as BatchError;
        expect(results.map(({ status }) => status)).toEqual(
          SIZES.map((_, i) => (i >= 7 ? "rejected" : "fulfilled")),
        );
        expect(results[7]).toMatchObject({
          reason: { code: "BAD_OPTION", keyIndex: 7, cause: { message: "no room" } },
        });
        expect(results[8]).toMatchObject({ reason: { code: "BAD_OPTION", keyIndex: 8, option: "into" } });
        expect(on.client.stats()).toMatchObject({ connections, desyncs });
      });
    }

    test("what is neither an array of buffers nor a function is refused before anything is sent", async () => {
      const { commands } = on.client.stats();
      for (const into of [5, "text", {}, null]) {
        const call = make().getMany(["k"], { into: into as never });
        await expect(call).rejects.toMatchObject({ code: "BAD_OPTION", option: "into" });
      }
      const call = make().getMany(["k", "l"], { into: [undefined, new Float64Array(5) as never] });
      await expect(call).rejects.toMatchObject({ code: "BAD_OPTION", option: "into", keyIndex: 1 });
      expect(on.client.stats().commands).toBe(commands);
    });

    test("a list that is too short leaves the rest to slotpack", async () => {
      const place = new Uint8Array(10);
      await make().putMany([
        { key: "a", metadata: 1, bytes: Buffer.from("0123456789") },
        { key: "b", metadata: 2, bytes: Buffer.from("abc") },
      ]);
      const [a, b] = await make().getMany(["a", "b"], { into: [place] });
      expect(a!.bytes.buffer).toBe(place.buffer);
      expect(Buffer.from(b!.bytes).toString()).toBe("abc");
    });
  });
}
