import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type KeyLines, keysAsLines, MAX_KEY_BYTES, readKeyLines } from "../../src/cli/key-lines.ts";
import { escapedKey } from "../../src/cli/key-text.ts";

/** The keys of a stream that comes in these chunks, as latin1 text. */
async function keysOf(chunks: readonly (string | Uint8Array)[], escapes = false): Promise<string[]> {
  const source = (async function* () {
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
  })();
  const keys: string[] = [];
  for await (const lines of readKeyLines(source, { escapes })) keys.push(...listed(lines));
  return keys;
}

function listed(lines: KeyLines): string[] {
  return Array.from({ length: lines.count }, (_, i) => lines.key(i).toString("latin1"));
}

describe("keys from lines", () => {
  test("end with LF or CRLF, the last one with nothing, and blank lines are none", async () => {
    expect(await keysOf(["a\nb\r\n\n\r\n c \r\r\nd"])).toEqual(["a", "b", " c \r", "d"]);
    expect(await keysOf([])).toEqual([]);
    expect(await keysOf(["\n\n"])).toEqual([]);
  });

  test("are any bytes, wherever the chunks are cut", async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const key = bytes.filter((key) => !key.includes(0x0a) && key.at(-1) !== 0x0d);
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { minLength: 1 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
        async (keys, sizes) => {
          const stream = Buffer.concat(keys.flatMap((one) => [one, Buffer.from("\n")]));
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value as number;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(await keysOf(chunks)).toEqual(keys.map((one) => Buffer.from(one).toString("latin1")));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("longer than the buffer and more than the first arrays hold come whole", async () => {
    const long = "x".repeat(1_000_000);
    expect(await keysOf([long.slice(0, 300_000), `${long.slice(300_000)}\ny\n`])).toEqual([long, "y"]);
    expect(await keysOf(["k\n".repeat(20_000)])).toHaveLength(20_000);
  });

  test("without a line break end at the limit with an error, not with all memory", async () => {
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const endless = Array.from({ length: MAX_KEY_BYTES / chunk.length + 1 }, () => chunk);
    await expect(keysOf(endless)).rejects.toMatchObject({ code: "KEY_TOO_LONG" });
  });

  test("may hold escapes, which stand for bytes and are printed the same way", async () => {
    expect(await keysOf(["a\\x00\\xFFb\\n\\r\\t\\0\\\\\n\\x41"], true)).toEqual(["a\0\xffb\n\r\t\0\\", "A"]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), async (bytes) => {
        const key = Buffer.from(bytes);
        const [back] = await keysOf([Buffer.from(`${escapedKey(key)}\n`)], true);
        expect(back).toBe(key.toString("latin1"));
      }),
      { numRuns: 200 },
    );
  });

  test.each(["\\q", "\\", "\\x4", "\\xzz", "\\u0041"])(
    "%j is no escape, and the line is named",
    async (text) => {
      await expect(keysOf([`fine\n\n${text}\n`], true)).rejects.toMatchObject({
        code: "BAD_ESCAPE",
        message: expect.stringMatching(/^line 3: /),
      });
    },
  );

  test("of the command line may be empty", () => {
    expect(listed(keysAsLines(["a", "", "é"], false))).toEqual([
      "a",
      "",
      Buffer.from("é").toString("latin1"),
    ]);
    expect(() => keysAsLines(["a", "\\q"], true)).toThrow(expect.objectContaining({ code: "BAD_ESCAPE" }));
  });
});
