import { beforeEach, expect, test } from "vitest";
import {
  connect,
  lmcacheMetadata,
  type MetadataCodec,
  msgpackMetadata,
  NotAppliedError,
  RecordStore,
  type SlotClient,
} from "../../src/index.ts";
import { createLayout } from "../../src/records/layout-choice.ts";
import { OrphanExpiry } from "../../src/records/orphan-expiry.ts";
import { until } from "../rig/index.ts";
import { describeEachServer } from "./each-server.ts";

const LMCACHE = { fmt: "KV_2LTD" as const, dtypes: ["uint8" as const], shapes: [[2, 1, 2, 1024]] };
const BYTES = Buffer.alloc(4096, 7);
const MINUTE = 60_000;

describeEachServer("metadata of an upstream pair whose bytes are gone", (on) => {
  beforeEach(() => on.flush());

  const store = (options = {}) =>
    new RecordStore(on.client, { layout: "upstream-pair", metadata: lmcacheMetadata(), ...options });
  const pttl = async (key: string) =>
    (await on.command(`${key}metadata`, "PTTL", `${key}metadata`)) as number;
  const dropBytes = (key: string) => on.command(`${key}kv_bytes`, "DEL", `${key}kv_bytes`);

  async function orphans(...keys: string[]): Promise<void> {
    await store().putMany(keys.map((key) => ({ key, metadata: LMCACHE, bytes: BYTES })));
    for (const key of keys) await dropBytes(key);
  }

  async function expectExpiring(key: string): Promise<void> {
    await until(`the metadata of ${key} is given a TTL`, async () => (await pttl(key)) > 0);
    expect(await pttl(key)).toBeLessThanOrEqual(MINUTE);
  }

  test("is given a minute to live by the read that meets it, and the read is a miss", async () => {
    await orphans("a", "b{c}d");
    await store().putMany([{ key: "whole", metadata: LMCACHE, bytes: BYTES }]);
    const found = await store().getMany(["a", "whole", "none", "b{c}d", "a"]);
    expect(found.map((record) => record?.key)).toEqual([undefined, "whole", undefined, undefined, undefined]);
    await expectExpiring("a");
    await expectExpiring("b{c}d");
    expect(await pttl("whole")).toBe(-1);
    expect(await pttl("none")).toBe(-2);
  });

  test("is met where the layout is one of several, and with every codec that knows its own", async () => {
    await orphans("a");
    const reader = new RecordStore(on.client, { metadata: lmcacheMetadata(), readLayouts: "any" });
    expect(await reader.getMany(["a"])).toEqual([null]);
    await expectExpiring("a");
    const packed = new RecordStore(on.client, { layout: "upstream-pair", metadata: msgpackMetadata() });
    await packed.putMany([{ key: "m", metadata: { n: 1 }, bytes: BYTES }]);
    await dropBytes("m");
    expect(await packed.getMany(["m"])).toEqual([null]);
    await expectExpiring("m");
  });

  test("lives on when the record is written again, and the record is whole", async () => {
    await orphans("a");
    await store().getMany(["a"]);
    await expectExpiring("a");
    await store().putMany([{ key: "a", metadata: LMCACHE, bytes: BYTES }]);
    expect(await pttl("a")).toBe(-1);
    expect((await store().getMany(["a"]))[0]?.metadata).toEqual(LMCACHE);
  });

  test("is waited for by close()", async () => {
    await orphans("a");
    const client = await connect(on.servers.url);
    const reader = new RecordStore(client, { layout: "upstream-pair", metadata: lmcacheMetadata() });
    await reader.getMany(["a"]);
    await client.close();
    expect(await pttl("a")).toBeGreaterThan(0);
  });

  test("stays as it is where it has a TTL of its own, and where it is not the codec's", async () => {
    await orphans("own", "foreign", "checked");
    await on.command("ownmetadata", "PEXPIRE", "ownmetadata", 500_000);
    await on.command(
      "foreignmetadata",
      "SET",
      "foreignmetadata",
      "somebody else's value, longer than 28 bytes",
    );
    const unknowing: MetadataCodec<unknown> = { encode: () => new Uint8Array(0), decode: () => undefined };
    const layout = createLayout("upstream-pair", "");
    expect(await new OrphanExpiry(on.client, layout, unknowing).expire(["checked"])).toEqual([]);
    const expiry = new OrphanExpiry(on.client, layout, lmcacheMetadata());
    expect(await expiry.expire(["own", "foreign", "checked", "none"])).toEqual(["checked"]);
    expect(await pttl("own")).toBeGreaterThan(MINUTE);
    expect(await pttl("foreign")).toBe(-1);
    expect(await pttl("checked")).toBeGreaterThan(0);
  });

  test("of the other pairs stays as it is", async () => {
    for (const [layout, name] of [
      ["colon-pair", "k:metadata"],
      ["tagged-pair", "{k}:metadata"],
    ] as const) {
      const other = store({ layout });
      await other.putMany([{ key: "k", metadata: LMCACHE, bytes: BYTES }]);
      const bytes = name.replace("metadata", "kv_bytes");
      await on.command(bytes, "DEL", bytes);
      const client = await connect(on.servers.url);
      expect(await new RecordStore(client, { layout, metadata: lmcacheMetadata() }).getMany(["k"])).toEqual([
        null,
      ]);
      await client.close();
      expect(await on.command(name, "PTTL", name)).toBe(-1);
    }
  });

  type Call = Parameters<SlotClient["runSource"]>[0];
  type Result = ReturnType<SlotClient["runSource"]>;

  /** The client with another `runSource`, which is told the number of the step. */
  function stepping(client: SlotClient, runStep: (step: number, call: Call) => Result): SlotClient {
    let steps = 0;
    return new Proxy(client, {
      get(target, name) {
        if (name === "runSource") return (call: Call) => runStep(steps++, call);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Runs `hook` just before the step with this number (0: first look, 1: mark, 2: second look, 3: unmark). */
  const hooked = (step: number, hook: () => Promise<unknown>) =>
    stepping(on.client, async (current, call) => {
      if (current === step) await hook();
      return on.client.runSource(call);
    });

  const again = { key: "k", metadata: LMCACHE, bytes: BYTES };
  const expire = (client: SlotClient) =>
    new OrphanExpiry(client, createLayout("upstream-pair", ""), lmcacheMetadata()).expire(["k"]);

  for (const [when, step] of [
    ["before the first look", 0],
    ["between the look and the mark", 1],
    ["between the mark and the second look", 2],
  ] as const) {
    test(`is kept when the record is written ${when}`, async () => {
      await orphans("k");
      expect(await expire(hooked(step, () => store().putMany([again])))).toEqual([]);
      expect(await pttl("k")).toBe(-1);
      expect(await store().containsMany(["k"])).toEqual([true]);
    });
  }

  for (const [when, step] of [
    ["before the mark", 1],
    ["behind the mark", 2],
  ] as const) {
    test(`is kept when only its bytes are there yet, written ${when}`, async () => {
      await orphans("k");
      await expire(hooked(step, () => on.command("kkv_bytes", "SET", "kkv_bytes", BYTES)));
      expect(await pttl("k")).toBe(-1);
      expect(await store().containsMany(["k"])).toEqual([true]);
    });
  }

  test("keeps its own TTL when the record is written with one behind the mark, and never outlives its bytes", async () => {
    await orphans("k");
    expect(await expire(hooked(2, () => store().putMany([again], { ttlMs: 30_000 })))).toEqual([]);
    expect(await pttl("k")).toBeGreaterThan(0);
    expect(await pttl("k")).toBeLessThanOrEqual(30_000);
    expect(await on.command("kkv_bytes", "PTTL", "kkv_bytes")).toBeGreaterThan(0);
  });

  test("sheds the mark when the record is written behind the second look", async () => {
    await orphans("k");
    expect(await expire(on.client)).toEqual(["k"]);
    expect(await pttl("k")).toBeGreaterThan(0);
    await on.command("kkv_bytes", "SET", "kkv_bytes", BYTES);
    await on.command("kmetadata", "SET", "kmetadata", lmcacheMetadata().encode(LMCACHE, BYTES.length));
    expect(await pttl("k")).toBe(-1);
  });

  test("is kept when the second look fails", async () => {
    await orphans("k");
    const failing = stepping(on.client, async (step, call) => {
      if (step !== 2) return on.client.runSource(call);
      for (let item = 0; item < call.source.itemCount; item++)
        call.source.fail(item, new NotAppliedError("TIMEOUT", "no result"));
      return { end: "timeout", reason: undefined };
    });
    expect(await expire(failing)).toEqual([]);
    expect(await pttl("k")).toBe(-1);
  });

  test("is kept when nobody knows whether the mark was made", async () => {
    await orphans("k");
    const unsure = stepping(on.client, async (step, call) => {
      const result = await on.client.runSource(call);
      // As if the acknowledgement had been lost on its way.
      if (step === 1) (call.source as unknown as { counts: number[] }).counts.length = 0;
      return result;
    });
    expect(await expire(unsure)).toEqual([]);
    expect(await pttl("k")).toBe(-1);
  });

  test("is left to others where the user may not expire keys, and that is asked once", async () => {
    await orphans("a", "b");
    for (const node of on.servers.nodes)
      await node.command("ACL", "SETUSER", "reader", "on", ">secret", "~*", "&*", "+@all", "-pexpire");
    const client = await on.connect({ username: "reader", password: "secret" });
    let steps = 0;
    const counting = stepping(client, (_, call) => {
      steps++;
      return client.runSource(call);
    });
    const expiry = new OrphanExpiry(counting, createLayout("upstream-pair", ""), lmcacheMetadata());
    await expiry.expire(["a"]);
    expect(steps).toBeGreaterThan(0);
    steps = 0;
    expiry.start(["b"]);
    expect(steps).toBe(0);
    expect([await pttl("a"), await pttl("b")]).toEqual([-1, -1]);
    const reader = new RecordStore(client, { layout: "upstream-pair", metadata: lmcacheMetadata() });
    expect(await reader.getMany(["a", "b"])).toEqual([null, null]);
  });
});
