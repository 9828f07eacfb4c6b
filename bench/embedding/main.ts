import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { startLocalCluster } from "../../src/cli/local-servers.ts";
import { connect } from "../../src/index.ts";
import { checkVector, decodeEmbedding, encodeEmbedding } from "../../src/recipes/embedding-bytes.ts";
import { EmbeddingCache } from "../../src/recipes/embedding-cache.ts";
import { decodeJson, encodeJson, LangChainStyleCache } from "./langchain-cache.ts";
import { type Figures, takeTurns } from "./turns.ts";
import { makeVectors, SHAPES, type VectorShape } from "./vectors.ts";

const USAGE = `npm run bench:embedding -- [options]
  --dimensions N   numbers in a vector, default 1536
  --count N        vectors in a batch, default 500
  --rounds N       interleaved rounds, default 9
  --turn-ms N      milliseconds of a turn, default 300
  --out FILE       also write the tables there`;

const { values } = parseArgs({
  options: {
    dimensions: { type: "string", default: "1536" },
    count: { type: "string", default: "500" },
    rounds: { type: "string", default: "9" },
    "turn-ms": { type: "string", default: "300" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function above0(name: "dimensions" | "count" | "rounds" | "turn-ms"): number {
  const number = Number(values[name]);
  if (number >= 1 && Number.isSafeInteger(number)) return number;
  throw new Error(`--${name} must be a whole number above 0, got ${values[name]}`);
}

interface Row {
  readonly job: string;
  readonly own: Figures;
  readonly json: Figures;
}

/** Without a server: vectors to bytes and back. */
async function codecRows(vectors: readonly number[][]): Promise<Row[]> {
  const digest = createHash("sha256").update("text").digest();
  const own = vectors.map((vector, i) => encodeEmbedding(checkVector(vector, i), digest));
  const json = vectors.map(encodeJson);
  vectors.forEach((vector, i) => {
    assert.deepEqual(decodeEmbedding(own[i]!, digest), Float32Array.from(vector));
    assert.deepEqual(decodeJson(json[i]!), vector);
  });
  const compare = async (job: string, runOwn: () => unknown, runJson: () => unknown): Promise<Row> => {
    const contestants = [
      { name: "slotpack", run: runOwn },
      { name: "JSON", run: runJson },
    ];
    const [ownFigures, jsonFigures] = await takeTurns(contestants, above0("rounds"), above0("turn-ms"));
    return { job, own: ownFigures!, json: jsonFigures! };
  };
  return [
    await compare(
      "encode, from an array of numbers",
      () => vectors.map((vector, i) => encodeEmbedding(checkVector(vector, i), digest)),
      () => vectors.map(encodeJson),
    ),
    await compare(
      "decode",
      () => own.map((bytes) => decodeEmbedding(bytes, digest)),
      () => json.map(decodeJson),
    ),
  ];
}

/** Whole batches over a RedisBackend on three primaries: all stored, and none. */
async function batchRows(vectors: readonly number[][]): Promise<Row[]> {
  await using servers = await startLocalCluster({ primaries: 3 });
  await using client = await connect(servers.url, { timeoutMs: 60_000 });
  const backend = new RedisBackend({ client });
  const texts = vectors.map((_, i) => `chunk ${i} of the document that is embedded`);
  const byText = new Map(texts.map((text, i) => [text, vectors[i]!]));
  const embed = async (asked: string[]) => asked.map((text) => byText.get(text)!);
  const own = new EmbeddingCache(backend, { embed });
  const json = new LangChainStyleCache(backend, embed);
  for (const _ of ["computed", "stored"]) {
    const [ownVectors, jsonVectors] = [await own.embedMany(texts), await json.embedDocuments(texts)];
    vectors.forEach((vector, i) => {
      assert.deepEqual(ownVectors[i], Float32Array.from(vector));
      assert.deepEqual(jsonVectors[i], vector);
    });
  }
  const hits = [
    { name: "slotpack", run: () => own.embedMany(texts) },
    { name: "JSON", run: () => json.embedDocuments(texts) },
  ];
  let fresh = 0;
  const renamed = () => {
    const run = ++fresh;
    return texts.map((text) => {
      const name = `${run} ${text}`;
      byText.set(name, byText.get(text)!);
      return name;
    });
  };
  const forget = async (names: readonly string[]) => {
    for (const name of names) byText.delete(name);
    await backend.clear();
  };
  const misses = hits.map(({ name }) => ({
    name,
    async run() {
      const names = renamed();
      await (name === "slotpack" ? own.embedMany(names) : json.embedDocuments(names));
      await forget(names);
    },
  }));
  const [ownHits, jsonHits] = await takeTurns(hits, above0("rounds"), above0("turn-ms"));
  const [ownMisses, jsonMisses] = await takeTurns(misses, above0("rounds"), above0("turn-ms"));
  return [
    { job: "whole batch, all stored", own: ownHits!, json: jsonHits! },
    { job: "whole batch, none stored, then `clear()`", own: ownMisses!, json: jsonMisses! },
  ];
}

function table(rows: readonly Row[], count: number, bytes: readonly [number, number]): string {
  const lines = [
    "| per vector | slotpack | LangChain's JSON | ratio | CPU, slotpack | CPU, JSON | ratio |",
    "| --- | --: | --: | --: | --: | --: | --: |",
    `| bytes stored | ${bytes[0].toFixed(0)} | ${bytes[1].toFixed(0)} | ${(bytes[1] / bytes[0]).toFixed(1)} | | | |`,
  ];
  const micros = (value: number) => `${(value / count).toPrecision(3)} µs`;
  for (const { job, own, json } of rows) {
    const wall = [
      micros(own.wallMicros),
      micros(json.wallMicros),
      (json.wallMicros / own.wallMicros).toFixed(1),
    ];
    const cpu = [micros(own.cpuMicros), micros(json.cpuMicros), (json.cpuMicros / own.cpuMicros).toFixed(1)];
    lines.push(`| ${job} | ${[...wall, ...cpu].join(" | ")} |`);
  }
  return lines.join("\n");
}

async function section(shape: VectorShape, what: string): Promise<string> {
  const [count, dimensions] = [above0("count"), above0("dimensions")];
  const vectors = makeVectors(count, dimensions, shape);
  const digest = Buffer.alloc(32);
  const mean = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const bytes = [
    mean(vectors.map((vector, i) => encodeEmbedding(checkVector(vector, i), digest).length)),
    mean(vectors.map((vector) => encodeJson(vector).length)),
  ] as const;
  const rows = [...(await codecRows(vectors)), ...(await batchRows(vectors))];
  return `## ${what}\n\n${table(rows, count, bytes)}\n`;
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const head = [
    `# Vectors of ${above0("dimensions")} dimensions: EmbeddingCache and LangChain's CacheBackedEmbeddings`,
    "",
    `- ${new Date().toISOString().slice(0, 10)}, node ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, load average at the start ${loadavg()[0]!.toFixed(2)}`,
    `- batches of ${above0("count")}, ${above0("rounds")} interleaved rounds of turns of ${above0("turn-ms")} ms; medians; every vector compared before anything is timed`,
    "- LangChain's side is what its `fromBytesStore` stores (UTF-8 of the array's JSON under the sha256 of the text), over the same RedisBackend on three primaries on loopback",
    "",
  ].join("\n");
  const sections: string[] = [];
  for (const { shape, what } of SHAPES) sections.push(await section(shape, what));
  const text = `${head}\n${sections.join("\n")}`;
  process.stdout.write(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
}

await main();
