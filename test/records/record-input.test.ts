import { beforeEach, expect, test } from "vitest";
import { lmcacheMetadata, RecordStore, type RecordStoreOptions } from "../../src/index.ts";
import { describeEachServer } from "./each-server.ts";

const good = (key: string) => ({ key, metadata: { n: 1 }, bytes: new Uint8Array(10) });
const LARGEST = 512 * 1024 * 1024;

describeEachServer("bad input to a record store", (on) => {
  beforeEach(() => on.flush());

  async function refused(records: unknown, options: RecordStoreOptions<never> = {}): Promise<unknown> {
    const store = new RecordStore(on.client, options);
    const error = await store.putMany(records as never).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const sizes = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
    expect(sizes.every((size) => size === 0)).toBe(true);
    return error;
  }

  for (const key of ["second", "}second"]) {
    test(`metadata that does not encode is refused with its index, and nothing is written: beside ${key}`, async () => {
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      for (const metadata of [Symbol("s"), () => {}, circular, { deep: [1n << 70n] }]) {
        const error = await refused([
          good("first"),
          good(key),
          { ...good("third"), metadata },
          good("fourth"),
        ]);
        expect(error).toMatchObject({ code: "BAD_METADATA", keyIndex: 2 });
        expect((error as Error).cause).toBeInstanceOf(Error);
      }
      const error = await refused(
        [{ ...good(key), metadata: { fmt: "?", shapes: [[1]], dtypes: ["uint8"] } }],
        {
          metadata: lmcacheMetadata() as never,
        },
      );
      expect(error).toMatchObject({ code: "BAD_METADATA", keyIndex: 0, cause: { option: "fmt" } });
    });
  }

  test("a key that is no string is refused with its index", async () => {
    for (const key of [undefined, null, 5, Buffer.from("k"), {}, ["k"]]) {
      expect(await refused([good("first"), { ...good(""), key }])).toMatchObject({
        code: "BAD_KEY",
        keyIndex: 1,
      });
      const store = new RecordStore(on.client);
      const keys = ["first", "second", key] as string[];
      for (const call of ["getMany", "containsMany", "prefixLength", "deleteMany"] as const)
        await expect(store[call](keys)).rejects.toMatchObject({ code: "BAD_KEY", keyIndex: 2 });
    }
  });

  test("bytes that are none are refused with their index", async () => {
    for (const bytes of [undefined, null, "text", [1, 2], new ArrayBuffer(5), new Float32Array(2)]) {
      const error = await refused([good("first"), { ...good("second"), bytes }]);
      expect(error).toMatchObject({ code: "BAD_VALUE", keyIndex: 1 });
    }
    expect(await refused([good("first"), null])).toMatchObject({ code: "BAD_KEY", keyIndex: 1 });
  });

  test("a value above 512 MB is refused, packed together with its metadata", async () => {
    // Never touched, so that no memory stands behind it.
    const bytes = Buffer.allocUnsafeSlow(LARGEST + 1);
    for (const key of ["k", "}k"]) {
      const error = await refused([good("first"), { ...good(key), bytes }]);
      expect(error).toMatchObject({ code: "VALUE_TOO_LARGE", keyIndex: 1 });
    }
    const error = await refused([{ ...good("k"), bytes: bytes.subarray(0, LARGEST) }], { layout: "packed" });
    expect(error).toMatchObject({ code: "VALUE_TOO_LARGE", keyIndex: 0 });
  });

  test("what is no array at all is refused", async () => {
    const store = new RecordStore(on.client);
    expect(await refused(good("k"))).toMatchObject({ code: "BAD_ARGUMENT", option: "records" });
    for (const call of ["getMany", "containsMany", "prefixLength", "deleteMany"] as const)
      await expect(store[call]("k" as never)).rejects.toMatchObject({ code: "BAD_ARGUMENT", option: "keys" });
  });
});
