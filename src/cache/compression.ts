import { promisify } from "node:util";
import {
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  deflate,
  deflateSync,
  gunzip,
  gunzipSync,
  gzip,
  gzipSync,
  inflate,
  inflateSync,
} from "node:zlib";
import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";

/** `deflate` is zlib's format (RFC 1950), `gzip` RFC 1952, `brotli` RFC 7932 at quality 4. */
export type CompressionAlgorithm = "deflate" | "gzip" | "brotli";

interface Method {
  /** In the flags of a stored value. */
  readonly id: number;
  compress(bytes: Uint8Array): Promise<Buffer>;
  compressSync(bytes: Uint8Array): Buffer;
  decompress(bytes: Uint8Array): Promise<Buffer>;
  decompressSync(bytes: Uint8Array): Buffer;
}

/** What a value may grow to: no server could have held more. */
const LIMIT = { maxOutputLength: MAX_VALUE_BYTES };
/** Quality 11, zlib's default for it, takes a hundred times as long. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const [deflated, inflated, gzipped, gunzipped] = [deflate, inflate, gzip, gunzip].map((work) =>
  promisify<Uint8Array, object, Buffer>(work),
) as [AsyncWork, AsyncWork, AsyncWork, AsyncWork];
const [brotlied, unbrotlied] = [brotliCompress, brotliDecompress].map((work) =>
  promisify<Uint8Array, object, Buffer>(work),
) as [AsyncWork, AsyncWork];
type AsyncWork = (bytes: Uint8Array, options: object) => Promise<Buffer>;

export const METHODS: Readonly<Record<CompressionAlgorithm, Method>> = {
  deflate: {
    id: 1,
    compress: (bytes) => deflated(bytes, {}),
    compressSync: (bytes) => deflateSync(bytes),
    decompress: (bytes) => inflated(bytes, LIMIT),
    decompressSync: (bytes) => inflateSync(bytes, LIMIT),
  },
  gzip: {
    id: 2,
    compress: (bytes) => gzipped(bytes, {}),
    compressSync: (bytes) => gzipSync(bytes),
    decompress: (bytes) => gunzipped(bytes, LIMIT),
    decompressSync: (bytes) => gunzipSync(bytes, LIMIT),
  },
  brotli: {
    id: 3,
    compress: (bytes) => brotlied(bytes, BROTLI),
    compressSync: (bytes) => brotliCompressSync(bytes, BROTLI),
    decompress: (bytes) => unbrotlied(bytes, LIMIT),
    decompressSync: (bytes) => brotliDecompressSync(bytes, LIMIT),
  },
};

/**
 * Up to here a call's values are done at once: below 16 KB the way to the thread pool and back (100 to 150 µs) takes longer than the work
 * (deflate: 45 µs for 4 KB, 170 for 16 KB), and above it the event loop would stand still.
 */
const INLINE_BYTES = 16 * 1024;
/** As many threads as libuv has by default; each job holds up to 256 KB of state. */
const JOBS_AT_ONCE = 4;

export interface CompressionJob {
  readonly algorithm: CompressionAlgorithm;
  readonly bytes: Uint8Array;
}

/** The outcome of each job at its index; an Error where one failed. */
export function compressAll(jobs: readonly CompressionJob[]): Promise<(Buffer | Error)[]> {
  return runAll(jobs, "compress", "compressSync");
}

/** As {@link compressAll}; damaged bytes are an Error. */
export function decompressAll(jobs: readonly CompressionJob[]): Promise<(Buffer | Error)[]> {
  return runAll(jobs, "decompress", "decompressSync");
}

async function runAll(
  jobs: readonly CompressionJob[],
  pooled: "compress" | "decompress",
  inline: "compressSync" | "decompressSync",
): Promise<(Buffer | Error)[]> {
  const outcomes: (Buffer | Error)[] = new Array(jobs.length);
  const total = jobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const work = total <= INLINE_BYTES ? inline : pooled;
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next++;
      const { algorithm, bytes } = jobs[index]!;
      try {
        outcomes[index] = await METHODS[algorithm][work](bytes);
      } catch (error) {
        outcomes[index] = error as Error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(JOBS_AT_ONCE, jobs.length) }, worker));
  return outcomes;
}
