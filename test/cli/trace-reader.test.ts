import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_LINE_BYTES, readTrace, type TraceReaderOptions } from "../../src/cli/trace-reader.ts";
import type { MalformedLine, TraceRequest } from "../../src/cli/trace-request.ts";

const good = (ids: readonly number[]) =>
  JSON.stringify({ timestamp: 5, input_length: 600, output_length: 7, hash_ids: ids });

async function* chunks(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(source: AsyncIterable<Uint8Array>, options: TraceReaderOptions = {}) {
  const malformed: MalformedLine[] = [];
  const requests: TraceRequest[] = [];
  for await (const request of readTrace(source, {
    onMalformed: (line) => malformed.push(line),
    ...options,
  })) {
    requests.push(request);
  }
  return { requests, malformed };
}

describe("readTrace", () => {
  test("yields the same requests wherever the source is cut", async () => {
    const ids = fc.array(fc.nat(), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(ids), fc.integer({ min: 1, max: 90 }), async (lines, size) => {
        const { requests, malformed } = await read(chunks(lines.map(good).join("\n"), size));
        expect(requests.map((request) => request.hashIds)).toEqual(lines);
        expect(malformed).toEqual([]);
      }),
    );
  });

  test("reads every field and ignores those it does not know", async () => {
    const line = '{"type":"chat","timestamp":27.5,"input_length":6758,"output_length":500,"hash_ids":[0,46]}';
    const { requests } = await read(chunks(line));
    expect(requests).toEqual([
      { line: 1, timestamp: 27.5, inputLength: 6758, outputLength: 500, hashIds: [0, 46] },
    ]);
  });

  test("takes Windows line ends, blank lines, a byte order mark and a last line without an end", async () => {
    const { requests, malformed } = await read(
      chunks(`\ufeff${good([1])}\r\n\r\n  \n${good([2])}\n\n${good([3])}`),
    );
    expect(requests.map((request) => [request.line, request.hashIds])).toEqual([
      [1, [1]],
      [4, [2]],
      [6, [3]],
    ]);
    expect(malformed).toEqual([]);
  });

  test.each([
    ["{", "is not JSON"],
    ["[1]", "is not a JSON object"],
    ["null", "is not a JSON object"],
    ["{}", 'has no number in "timestamp"'],
    ['{"timestamp":1,"output_length":1,"hash_ids":[]}', 'has no token count in "input_length"'],
    [
      '{"timestamp":1,"input_length":-1,"output_length":1,"hash_ids":[]}',
      'has no token count in "input_length"',
    ],
    [
      '{"timestamp":1,"input_length":1,"output_length":"1","hash_ids":[]}',
      'has no token count in "output_length"',
    ],
    ['{"timestamp":1,"input_length":1,"output_length":1,"hash_ids":7}', 'has no array in "hash_ids"'],
    [good([1, 2.5]), "has no block id (an integer from 0 to 2^53 - 1) at hash_ids[1]"],
    [good([1, 2, -3]), "has no block id (an integer from 0 to 2^53 - 1) at hash_ids[2]"],
    [good([2 ** 53]), "has no block id (an integer from 0 to 2^53 - 1) at hash_ids[0]"],
    [good([0]).replace("[0]", '["0"]'), "has no block id (an integer from 0 to 2^53 - 1) at hash_ids[0]"],
  ])("passes over %s and says that line 2 %s", async (line, reason) => {
    const { requests, malformed } = await read(chunks(`${good([1])}\n${line}\n${good([2])}\n`));
    expect(requests.map((request) => request.line)).toEqual([1, 3]);
    expect(malformed).toEqual([{ line: 2, reason }]);
  });

  test("passes over bytes that are no UTF-8", async () => {
    const line = Buffer.from(good([1]).replace("timestamp", "times?amp"));
    line[line.indexOf("?")] = 0xff;
    const { malformed } = await read(chunks(line));
    expect(malformed).toEqual([{ line: 1, reason: "is not UTF-8" }]);
  });

  test("passes over a line that is too long without keeping it", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const block = Buffer.alloc(1024 * 1024, "x");
      for (let sent = 0; sent <= 4 * MAX_LINE_BYTES; sent += block.length) {
        if (sent === 2 * MAX_LINE_BYTES) peak = process.memoryUsage().rss;
        yield Buffer.from(block);
      }
      yield Buffer.from(`\n${good([3])}\n`);
    }
    let peak = 0;
    const start = process.memoryUsage().rss;
    const { requests, malformed } = await read(endless());
    expect(requests.map((request) => request.line)).toEqual([2]);
    expect(malformed).toEqual([{ line: 1, reason: `is longer than ${MAX_LINE_BYTES} bytes` }]);
    expect(peak - start).toBeLessThan(8 * MAX_LINE_BYTES);
  });

  test("under strict throws at the first malformed line, behind the requests before it", async () => {
    const seen: number[] = [];
    const run = async () => {
      for await (const { line } of readTrace(chunks(`${good([1])}\nnonsense\n${good([2])}\n`), {
        strict: true,
      })) {
        seen.push(line);
      }
    };
    await expect(run()).rejects.toMatchObject({
      code: "TRACE_MALFORMED",
      message: expect.stringContaining("line 2"),
    });
    expect(seen).toEqual([1]);
  });

  test("tells how far it is, line by line", async () => {
    const seen: number[] = [];
    const text = `${good([1])}\n\n${good([2])}`;
    for await (const { line } of readTrace(chunks(text, 1000), { onBytes: (bytes) => seen.push(bytes) })) {
      expect(seen.at(-1)).toBe(line === 1 ? good([1]).length + 1 : text.length);
    }
    expect(seen.at(-1)).toBe(text.length);
  });

  test("stops reading the source at the limit, which counts valid requests", async () => {
    let pulled = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled++;
        yield Buffer.from(pulled % 2 === 0 ? `${good([pulled])}\n` : "nonsense\n");
      }
    }
    const { requests } = await read(source(), { limit: 3 });
    expect(requests.map((request) => request.hashIds)).toEqual([[2], [4], [6]]);
    expect(pulled).toBe(6);
  });
});
