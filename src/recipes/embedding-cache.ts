import type { CacheBackend, CacheCallOptions } from "../cache/cache-backend.ts";
import { checkSignal } from "../cluster/call.ts";
import { AbortError, ConfigError } from "../errors.ts";
import { untilAborted } from "./abort-wait.ts";
import { checkVector, decodeEmbedding, encodeEmbedding } from "./embedding-bytes.ts";
import {
  checkTexts,
  type EmbeddingCacheOptions,
  type EmbeddingCacheStats,
  type EmbedOptions,
  type ResolvedEmbeddingOptions,
  resolveEmbeddingOptions,
} from "./embedding-cache-options.ts";
import { EmbeddingError } from "./embedding-error.ts";
import { EmbeddingFlight, EmbeddingJob } from "./embedding-job.ts";
import { checkBackend, checkNames } from "./recipe-options.ts";

/**
 * Vectors of texts, computed once and stored as float32: 40 bytes and 4 per dimension. A batch is read with one `getMany`, only what is missing is computed,
 * and that is stored with one `setMany`; over a RedisBackend both are one packed write per node.
 *
 * The stored vector carries the whole sha256 of its text, so that two texts whose keys coincide never get each other's vector. Results are always
 * float32, computed or stored, and each is the caller's own.
 */
export class EmbeddingCache {
  readonly #cache: CacheBackend;
  readonly #options: ResolvedEmbeddingOptions;
  readonly #callOptions: CacheCallOptions;
  readonly #flights = new Map<string, EmbeddingFlight>();
  /** As `dimensions` says, or as `embed` has shown. */
  #dimensions: number | undefined;
  readonly #stats = {
    hits: 0,
    misses: 0,
    joined: 0,
    computed: 0,
    collisions: 0,
    unreadable: 0,
    mismatches: 0,
    errors: 0,
  };

  /** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
  constructor(cache: CacheBackend, options: EmbeddingCacheOptions) {
    checkBackend("an EmbeddingCache", cache);
    this.#cache = cache;
    this.#options = resolveEmbeddingOptions(options);
    this.#dimensions = this.#options.dimensions;
    this.#callOptions = { timeoutMs: this.#options.timeoutMs };
  }

  /** The key of a text's vector in the backend: `embedding:`, the namespace, and the first 16 hex digits of its sha256. */
  keyOf(text: string): string {
    return new EmbeddingFlight(text, new EmbeddingJob(), this.#options.prefix).key;
  }

  async embed(text: string, options?: EmbedOptions): Promise<Float32Array> {
    const [vector] = await this.embedMany([text], options);
    return vector!;
  }

  /**
   * The vector of each text, at its index. Throws ConfigError for bad input, EmbeddingError for what `embed` must not return, what `embed` throws, and
   * AbortError. Where one call of `embed` fails, nothing of that call is stored; what the calls before it made for this batch is.
   */
  async embedMany(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    checkTexts(texts);
    checkNames("embedMany", options, ["signal"]);
    const asked = texts.slice();
    const signal = checkSignal("embedMany", options, asked.length);
    const own = new EmbeddingJob();
    const flights = new Map<string, EmbeddingFlight>();
    const jobs = new Set<EmbeddingJob>();
    const joined: EmbeddingFlight[] = [];
    for (const text of asked) {
      if (flights.has(text)) continue;
      let flight = this.#flights.get(text);
      if (flight === undefined) {
        flight = new EmbeddingFlight(text, own, this.#options.prefix);
        own.flights.push(flight);
        this.#flights.set(text, flight);
      } else joined.push(flight);
      flights.set(text, flight);
      jobs.add(flight.job);
    }
    this.#stats.joined += joined.length;
    for (const job of jobs) job.enter();
    const work = Promise.all([this.#run(own), ...joined.map((flight) => flight.settled())]);
    try {
      await untilAborted("embedMany", work, signal);
    } finally {
      for (const job of jobs) if (job.leave(signal?.reason)) this.#remove(job);
    }
    return asked.map((text) => {
      const { vector, error } = flights.get(text)!;
      if (vector === undefined) throw error;
      return vector.slice();
    });
  }

  /** As LangChain's `Embeddings` have it. */
  async embedQuery(text: string): Promise<number[]> {
    return Array.from(await this.embed(text));
  }

  /** As LangChain's `Embeddings` have it. */
  async embedDocuments(texts: readonly string[]): Promise<number[][]> {
    return (await this.embedMany(texts)).map((vector) => Array.from(vector));
  }

  /** Deletes stored vectors; how many there were. */
  async delete(texts: readonly string[], options?: CacheCallOptions): Promise<number> {
    checkTexts(texts);
    return this.#cache.deleteMany(
      [...new Set(texts)].map((text) => this.keyOf(text)),
      options,
    );
  }

  /** Counters; a copy. */
  stats(): EmbeddingCacheStats {
    return { ...this.#stats };
  }

  /** Settles every flight of the job. Rejects with the backend's failure, where that is asked for. */
  async #run(job: EmbeddingJob): Promise<void> {
    if (job.flights.length === 0) return;
    try {
      const { held, missing, readable } = await this.#look(job);
      const computed = await this.#compute(job, held, missing);
      if (computed.length > 0 && readable) await this.#store(job, computed);
    } catch (error) {
      for (const flight of job.flights) flight.reject(error);
      throw error;
    } finally {
      this.#remove(job);
    }
  }

  /** Settles what is stored; `held` back is what may turn out to have the wrong dimensions. */
  async #look(job: EmbeddingJob): Promise<Found> {
    const { flights, signal } = job;
    const stored = await this.#tolerate(() =>
      this.#cache.getMany(
        flights.map(({ key }) => key),
        { ...this.#callOptions, signal },
      ),
    );
    const held: Held[] = [];
    const missing: EmbeddingFlight[] = [];
    for (const flight of flights) {
      const bytes = stored?.get(flight.key);
      const found = bytes === undefined ? undefined : this.#decode(bytes, flight);
      if (found === undefined) missing.push(flight);
      else held.push({ flight, vector: found });
    }
    this.#stats.misses += missing.length;
    const agree = held.every(({ vector }) => vector.length === held[0]!.vector.length);
    if (this.#dimensions !== undefined || (agree && missing.length === 0))
      missing.push(...this.#release(held));
    // Vectors of two models, and nothing says yet which is right: `embed` has to.
    else if (!agree && missing.length === 0) missing.push(...this.#refuse(held));
    return { held, missing, readable: stored !== undefined };
  }

  #decode(bytes: unknown, flight: EmbeddingFlight): Float32Array | undefined {
    const found = bytes instanceof Uint8Array ? decodeEmbedding(bytes, flight.digest) : "unreadable";
    if (found === "collision") this.#stats.collisions++;
    else if (found === "unreadable") this.#stats.unreadable++;
    else return found;
    return undefined;
  }

  /** Settles the vectors that fit, and gives the flights of the others, which are to be computed. */
  #release(held: Held[]): EmbeddingFlight[] {
    const dimensions = this.#dimensions ?? held[0]?.vector.length;
    const fitting = held.filter(({ vector }) => vector.length === dimensions);
    const others = held.filter(({ vector }) => vector.length !== dimensions);
    for (const { flight, vector } of fitting) flight.resolve(vector);
    this.#stats.hits += fitting.length;
    held.length = 0;
    return this.#refuse(others);
  }

  #refuse(held: Held[]): EmbeddingFlight[] {
    const flights = held.map(({ flight }) => flight);
    held.length = 0;
    this.#stats.mismatches += flights.length;
    this.#stats.misses += flights.length;
    return flights;
  }

  /** Computes what is missing, and gives what could be computed. */
  async #compute(
    job: EmbeddingJob,
    held: Held[],
    missing: readonly EmbeddingFlight[],
  ): Promise<EmbeddingFlight[]> {
    const queue = [...missing];
    const { maxBatchSize } = this.#options;
    let done = 0;
    try {
      while (done < queue.length) {
        const part = queue.slice(done, done + maxBatchSize);
        const vectors = await this.#embed(part, job.signal);
        for (const [i, flight] of part.entries()) flight.resolve(vectors[i]!);
        done += part.length;
        queue.push(...this.#release(held));
      }
    } catch (error) {
      for (const flight of [...queue.slice(done), ...this.#release(held)]) flight.reject(error);
    }
    return queue.slice(0, done);
  }

  async #embed(flights: readonly EmbeddingFlight[], signal: AbortSignal): Promise<Float32Array[]> {
    const texts = flights.map(({ text }) => text);
    signal.throwIfAborted();
    const given: unknown = await this.#options.embed(texts, { signal });
    if (!Array.isArray(given) || given.length !== texts.length) {
      const got = Array.isArray(given) ? `${given.length}` : "no array";
      throw new EmbeddingError("BAD_EMBEDDING", `embed: expected ${texts.length} vectors, got ${got}`);
    }
    const vectors = given.map(checkVector);
    const dimensions = this.#dimensions ?? vectors[0]!.length;
    const odd = vectors.findIndex((vector) => vector.length !== dimensions);
    if (odd !== -1) {
      const message = `embed: expected vectors of ${dimensions} dimensions, as ${this.#options.dimensions === undefined ? "its first one had" : "the option says"}, got ${vectors[odd]!.length}; give each model a cache with a namespace of its own`;
      throw new EmbeddingError("DIMENSION_MISMATCH", message, { keyIndex: odd });
    }
    this.#dimensions = dimensions;
    this.#stats.computed += vectors.length;
    return vectors;
  }

  async #store({ signal }: EmbeddingJob, flights: readonly EmbeddingFlight[]): Promise<void> {
    const entries = flights.map(
      ({ key, vector, digest }) => [key, encodeEmbedding(vector!, digest)] as const,
    );
    const { ttlMs } = this.#options;
    await this.#tolerate(() => this.#cache.setMany(entries, { ...this.#callOptions, ttlMs, signal }));
  }

  #remove({ flights }: EmbeddingJob): void {
    for (const flight of flights)
      if (this.#flights.get(flight.text) === flight) this.#flights.delete(flight.text);
  }

  async #tolerate<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConfigError || error instanceof AbortError) throw error;
      this.#stats.errors++;
      if (this.#options.throws) throw error;
      return undefined;
    }
  }
}

interface Held {
  readonly flight: EmbeddingFlight;
  readonly vector: Float32Array;
}

interface Found {
  readonly held: Held[];
  readonly missing: EmbeddingFlight[];
  readonly readable: boolean;
}
