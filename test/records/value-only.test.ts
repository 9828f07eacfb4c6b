import { beforeEach, expect, test } from "vitest";
import { BatchError, lmcacheMetadata, RecordStore } from "../../src/index.ts";
import { describeEachServer } from "./each-server.ts";

const CHUNK = 4096;

describeEachServer("values without metadata", (on) => {
  beforeEach(() => on.flush());

  /** Chunks have one length, the empty one is allowed as well. */
  const valueMetadata = (byteLength: number, key: string) =>
    byteLength === CHUNK || byteLength === 0 ? { key, tokens: byteLength / 16 } : undefined;
  const make = () => new RecordStore(on.client, { layout: "value-only", valueMetadata });
  const record = (key: string, size = CHUNK) => ({
    key,
    metadata: { key, tokens: size / 16 },
    bytes: Buffer.alloc(size, key),
  });

  test("get it from the caller, and are the bytes alone on the server", async () => {
    const keys = ["a", "}b", "c{d}", "ключ"];
    await make().putMany(keys.map((key) => record(key)));
    const found = await make().getMany([...keys, "none"]);
    expect(found.map((one) => one?.metadata)).toEqual([
      ...keys.map((key) => ({ key, tokens: CHUNK / 16 })),
      undefined,
    ]);
    for (const [i, key] of keys.entries()) {
      expect(Buffer.compare(found[i]!.bytes, Buffer.alloc(CHUNK, key))).toBe(0);
      expect(Buffer.alloc(CHUNK, key).equals((await on.command(key, "GET", key)) as Buffer)).toBe(true);
    }
    expect(await on.client.exists(keys)).toBe(4);
  });

  test("are told apart when they are empty and when they are missing", async () => {
    const store = make();
    await store.putMany([record("empty", 0), record("full")]);
    expect(await store.containsMany(["empty", "none", "full"])).toEqual([true, false, true]);
    const [empty, none] = await store.getMany(["empty", "none"]);
    expect(empty).toMatchObject({ metadata: { tokens: 0 } });
    expect(empty!.bytes).toHaveLength(0);
    expect(none).toBeNull();
    expect(await store.prefixLength(["empty", "full", "none", "full"])).toBe(2);
    expect(await store.deleteMany(["empty", "none", "full"])).toBe(2);
    expect(await store.containsMany(["empty", "full"])).toEqual([false, false]);
  });

  test("of a length that the caller does not take are mismatches and misses", async () => {
    await on.command("short", "SET", "short", "x".repeat(CHUNK - 1));
    const store = make();
    await store.putMany([record("good")]);
    expect((await store.getMany(["short", "good", "none"])).map((one) => one?.key)).toEqual([
      undefined,
      "good",
      undefined,
    ]);
    expect(store.stats()).toEqual({ hits: 1, misses: 1, halves: 0, mismatches: 1 });
    expect(await store.containsMany(["short", "good"])).toEqual([false, true]);
  });

  test("are refused before anything is sent when a reader would not take them", async () => {
    const store = make();
    const put = store.putMany([record("good"), record("short", CHUNK - 1)]);
    await expect(put).rejects.toMatchObject({ code: "BAD_VALUE", keyIndex: 1 });
    const failing = new RecordStore<unknown>(on.client, {
      layout: "value-only",
      valueMetadata: () => {
        throw new Error("no such model");
      },
    });
    await expect(failing.putMany([record("good")])).rejects.toMatchObject({
      code: "BAD_METADATA",
      keyIndex: 0,
      cause: { message: "no such model" },
    });
    expect(await on.client.exists(["good", "short"])).toBe(0);
  });

  test("are misses where the caller's function fails, and the connection knows nothing of it", async () => {
    await make().putMany([record("a")]);
    const failing = new RecordStore<unknown>(on.client, {
      layout: "value-only",
      valueMetadata: () => {
        throw new Error("no such model");
      },
    });
    const { connections, desyncs } = on.client.stats();
    expect(await failing.getMany(["a"])).toEqual([null]);
    expect(await failing.containsMany(["a"])).toEqual([false]);
    expect(failing.stats().mismatches).toBe(1);
    expect(on.client.stats()).toMatchObject({ connections, desyncs });
  });

  test("have null in place of metadata where nobody says what they are, and none is encoded", async () => {
    const store = new RecordStore<unknown>(on.client, {
      layout: "value-only",
      metadata: lmcacheMetadata() as never,
    });
    await store.putMany([{ key: "a", metadata: Symbol("not encoded"), bytes: Buffer.from("abc") }]);
    const [found] = await store.getMany(["a"]);
    expect(found).toEqual({ key: "a", metadata: null, bytes: Buffer.from("abc") });
    expect(await store.containsMany(["a", "b"])).toEqual([true, false]);
  });

  test("go straight into the caller's buffers", async () => {
    const sizes = [10, 40_000, 1_048_576];
    const store = new RecordStore(on.client, { layout: "value-only" });
    await store.putMany(
      sizes.map((size, i) => ({ key: `k${i}`, metadata: null, bytes: Buffer.alloc(size, i + 1) })),
    );
    const into = sizes.map((size) => new Uint8Array(size + 10));
    const found = await store.getMany(
      sizes.map((_, i) => `k${i}`),
      { into },
    );
    for (const [i, size] of sizes.entries()) {
      expect(found[i]!.bytes.buffer).toBe(into[i]!.buffer);
      expect(Buffer.compare(found[i]!.bytes, Buffer.alloc(size, i + 1))).toBe(0);
      expect(into[i]!.subarray(size).every((byte) => byte === 0)).toBe(true);
    }
  });

  test("of another type are an error at their index, never a miss", async () => {
    await on.command("list", "RPUSH", "list", "x");
    const store = make();
    await store.putMany([record("good")]);
    for (const call of ["getMany", "containsMany"] as const) {
      const error = await store[call](["good", "list"]).then(
        () => expect.fail("a list was read"),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(BatchError);
      expect((error as BatchError).results).toMatchObject([
        { status: "fulfilled" },
        { status: "rejected", reason: { code: "WRONGTYPE", keyIndex: 1 } },
      ]);
    }
  });
});
