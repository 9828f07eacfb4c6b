import { describe, expect, test } from "vitest";
import type { CacheBackend } from "../../src/cache/cache-backend.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { AbortError } from "../../src/errors.ts";
import { EmbeddingCache, type EmbeddingCacheOptions, EmbeddingError } from "../../src/recipes/index.ts";
import { describeWithServer, startServer, until } from "../rig/index.ts";
import { FakeModel } from "./fake-model.ts";

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function make(options: Partial<EmbeddingCacheOptions> = {}, backend: CacheBackend = new MemoryBackend()) {
  const model = new FakeModel();
  const cache = new EmbeddingCache(backend, { embed: model.embed, ...options });
  return { model, cache, backend };
}

describe("concurrent calls of an EmbeddingCache", () => {
  test("share the computation of a text, and each caller gets vectors of its own", async () => {
    const { model, cache } = make();
    const { opened, open } = gate();
    model.gate = opened;
    const calls = [cache.embedMany(["a", "b"]), cache.embedMany(["b", "c"]), cache.embed("a")] as const;
    await until("both batches are asked for", () => model.calls.length === 2);
    open();
    const [one, two, three] = await Promise.all(calls);
    expect(model.calls).toEqual([["a", "b"], ["c"]]);
    expect(cache.stats()).toMatchObject({ joined: 2, computed: 3 });
    one[0]!.fill(0);
    one[1]!.fill(0);
    expect(three).toEqual(model.expected("a"));
    expect(two).toEqual([model.expected("b"), model.expected("c")]);
  });

  test("an error of the function reaches everyone who waits, and is stored nowhere", async () => {
    const { opened, open } = gate();
    let fail = true;
    const model = new FakeModel();
    const { cache, backend } = make({
      async embed(texts, options) {
        await opened;
        if (fail) throw new Error("rate limit");
        return model.embed(texts, options);
      },
    });
    const calls = Array.from({ length: 5 }, () => cache.embedMany(["a", "b"]));
    open();
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect((outcomes[4] as PromiseRejectedResult).reason).toMatchObject({ message: "rate limit" });
    expect(await backend.hasMany([cache.keyOf("a"), cache.keyOf("b")])).toEqual([false, false]);
    fail = false;
    expect(await cache.embed("a")).toEqual(model.expected("a"));
  });

  test("an abort ends one caller's wait and not the others'", async () => {
    const { model, cache } = make();
    const { opened, open } = gate();
    model.gate = opened;
    const controller = new AbortController();
    const impatient = cache.embed("a", { signal: controller.signal });
    const patient = cache.embed("a");
    await until("the text is asked for", () => model.calls.length === 1);
    controller.abort(new Error("enough"));
    await expect(impatient).rejects.toBeInstanceOf(AbortError);
    open();
    expect(await patient).toEqual(model.expected("a"));
    expect(model.calls).toHaveLength(1);
  });

  test("an abort of the last caller reaches the function, and the next call begins anew", async () => {
    const signals: AbortSignal[] = [];
    const model = new FakeModel();
    const { cache } = make({
      embed(texts, { signal }) {
        signals.push(signal);
        if (signals.length > 1) return model.embed(texts, { signal });
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    const controller = new AbortController();
    const call = cache.embed("a", { signal: controller.signal });
    await until("the text is asked for", () => signals.length === 1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    await until("the function is told", () => signals[0]!.aborted);
    expect(await cache.embed("a")).toEqual(model.expected("a"));
  });
});

describe("a function that does not return what it should", () => {
  const cases: [string, unknown, string][] = [
    ["one vector too few", [[1, 2]], "BAD_EMBEDDING"],
    ["one vector too many", [[1], [1], [1]], "BAD_EMBEDDING"],
    ["no array", "vectors", "BAD_EMBEDDING"],
    ["an empty vector", [[1], []], "BAD_EMBEDDING"],
    ["a number that is none", [[1], [Number.NaN]], "BAD_EMBEDDING"],
    ["text in a vector", [[1], ["2"]], "BAD_EMBEDDING"],
    ["a number beyond float32", [[1], [1e300]], "BAD_EMBEDDING"],
    ["vectors of different lengths", [[1], [1, 2]], "DIMENSION_MISMATCH"],
  ];
  test.each(cases)("%s: nothing is stored", async (_, returned, code) => {
    const { cache, backend } = make({ embed: async () => returned as number[][] });
    const error = await cache.embedMany(["a", "b"]).catch((reason) => reason);
    expect(error).toBeInstanceOf(EmbeddingError);
    expect(error.code).toBe(code);
    expect(await backend.hasMany([cache.keyOf("a"), cache.keyOf("b")])).toEqual([false, false]);
  });

  test("keeps what the calls before it made for the same batch", async () => {
    const model = new FakeModel();
    const { cache, backend } = make({
      maxBatchSize: 2,
      async embed(texts, options) {
        if (texts.includes("c")) throw new Error("quota");
        return model.embed(texts, options);
      },
    });
    await expect(cache.embedMany(["a", "b", "c", "d", "e"])).rejects.toThrow("quota");
    const keys = ["a", "b", "c", "d", "e"].map((text) => cache.keyOf(text));
    expect(await backend.hasMany(keys)).toEqual([true, true, false, false, false]);
  });
});

describe("dimensions", () => {
  test("that the option names are demanded of the function, with both numbers in the message", async () => {
    const { cache } = make({ dimensions: 5 });
    await expect(cache.embed("a")).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      message: expect.stringMatching(/5 dimensions.*got 8/),
    });
  });

  test("of stored vectors that are not the model's make them misses", async () => {
    const backend = new MemoryBackend();
    const { cache: old } = make({ embed: new FakeModel(4).embed }, backend);
    await old.embedMany(["a", "b", "c"]);
    const { model, cache } = make({}, backend);
    const texts = ["a", "new", "b"];
    expect(await cache.embedMany(texts)).toEqual(texts.map((text) => model.expected(text)));
    expect(model.calls).toEqual([["new"], ["a", "b"]]);
    expect(cache.stats()).toMatchObject({ mismatches: 2, hits: 0 });
    expect(await cache.embedMany(["a", "b"])).toEqual([model.expected("a"), model.expected("b")]);
    const { cache: third, model: same } = make({}, backend);
    await third.embedMany(["a", "c"]);
    expect(same.calls).toEqual([["a", "c"]]);
  });
});

describeWithServer("a backend that is down", () => {
  test("does not keep vectors from being made, and its failures are counted", async () => {
    await using server = await startServer();
    await using backend = new RedisBackend({ url: server.url, socketTimeoutMs: 4000 });
    const { model, cache } = make({}, backend);
    await cache.embed("a");
    await server.kill(server.node);
    expect(await cache.embedMany(["a", "b"])).toEqual([model.expected("a"), model.expected("b")]);
    expect(cache.stats()).toMatchObject({ errors: 1, computed: 3 });
    const strict = new EmbeddingCache(backend, { embed: model.embed, cacheErrors: "throw" });
    const calls = model.calls.length;
    await expect(strict.embed("a")).rejects.toMatchObject({ name: "CacheConnectionError" });
    expect(model.calls).toHaveLength(calls);
    await server.restart(server.node);
    await until("the vectors are stored again", async () => {
      await cache.embedMany(["a", "b"]);
      return (await backend.hasMany([cache.keyOf("a"), cache.keyOf("b")])).every(Boolean);
    });
  });
});

describe("a list of texts", () => {
  test("may be changed by its owner as soon as the call was made", async () => {
    const { model, cache } = make();
    const texts = ["a", "b"];
    const call = cache.embedMany(texts);
    texts.reverse().push("c");
    expect(await call).toEqual([model.expected("a"), model.expected("b")]);
  });
});

describe("bad input", () => {
  test("is refused with the option's name", () => {
    const backend = new MemoryBackend();
    const { embed } = new FakeModel();
    const build = (options: object) => () => new EmbeddingCache(backend, options as never);
    expect(build({})).toThrow(/embed: expected a function/);
    expect(build({ embed, dimension: 3 })).toThrow(/unknown option "dimension"/);
    expect(build({ embed, maxBatchSize: 0 })).toThrow(/maxBatchSize/);
    expect(build({ embed, ttlMs: 1.5 })).toThrow(/ttlMs/);
    expect(build({ embed, cacheErrors: "log" })).toThrow(/cacheErrors/);
    expect(() => new EmbeddingCache({} as never, { embed })).toThrow(/CacheBackend/);
    const json = new MemoryBackend<Uint8Array>({ codec: "json" as never });
    expect(() => new EmbeddingCache(json, { embed })).toThrow(/codec "bytes"/);
  });

  test("of a call is refused with the text's index, before anything is asked for", async () => {
    const { model, cache } = make();
    await expect(cache.embedMany(["a", 1 as never])).rejects.toMatchObject({ keyIndex: 1 });
    await expect(cache.embedMany("a" as never)).rejects.toMatchObject({ option: "texts" });
    await expect(cache.embed("a", { ttl: 1 } as never)).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
    expect(model.calls).toEqual([]);
  });
});
