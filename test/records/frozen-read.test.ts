import { afterEach, describe, expect, test } from "vitest";
import { connect, RecordStore, type SlotClient } from "../../src/index.ts";
import {
  describeWithServer,
  type RigServers,
  startProxy,
  startServer,
  until,
  type WireProxy,
} from "../rig/index.ts";

const SIZE = 1_000_000;
const KEYS = Array.from({ length: 3 }, (_, i) => `large:${i}`);
const MINE = 0x22;

/** Lets a number of bytes of the answers through, then keeps the rest until it is told to go on. */
class Freeze {
  #left = Number.POSITIVE_INFINITY;
  #held: Buffer[] = [];

  constructor(proxy: WireProxy) {
    proxy.transform("toClient", (chunk) => {
      if (this.#left === Number.POSITIVE_INFINITY) return [...this.#held.splice(0), chunk];
      const through = chunk.subarray(0, this.#left);
      this.#left -= through.length;
      if (through.length < chunk.length) this.#held.push(chunk.subarray(through.length));
      return [through];
    });
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  after(bytes: number): void {
    this.#left = bytes;
  }

  /** What was kept goes on in front of the next answer. */
  end(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }
}

describeWithServer("a read into the caller's buffers, frozen in the middle of a value", () => {
  const open: { stop?(): Promise<void>; close?(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await (one.close?.() ?? one.stop?.());
  });

  async function start(): Promise<{ freeze: Freeze; client: SlotClient; store: RecordStore }> {
    const servers: RigServers = await startServer();
    open.push(servers);
    const proxy = await startProxy(servers.node.port);
    open.push(proxy);
    const client = await connect(proxy.url, { timeoutMs: 5000, deadNodeTimeoutMs: 5000 });
    open.push(client);
    const store = new RecordStore(client);
    await store.putMany(KEYS.map((key, i) => ({ key, metadata: { i }, bytes: Buffer.alloc(SIZE, i + 1) })));
    await client.mset([["after", "the freeze"]]);
    return { freeze: new Freeze(proxy), client, store };
  }

  const buffers = () => KEYS.map(() => new Uint8Array(SIZE));
  const untouched = (into: readonly Uint8Array[]) =>
    into.every((place) => place.every((byte) => byte === MINE));

  for (const [how, cut] of [
    ["in the first value", 300_000],
    ["between two values", SIZE + 200],
    ["in the last value", 2 * SIZE + 500_000],
  ] as const) {
    for (const end of ["abort", "timeout"] as const) {
      test(`writes nothing to them after its ${end}: ${how}`, async () => {
        const { freeze, client, store } = await start();
        freeze.after(cut);
        const controller = new AbortController();
        const into = buffers();
        const read = store.getMany(
          KEYS,
          end === "abort" ? { into, signal: controller.signal } : { into, timeoutMs: 300 },
        );
        read.catch(() => {});
        await until("the answer is frozen", () => freeze.heldBytes > 100_000);
        controller.abort(new Error("enough"));
        await expect(read).rejects.toMatchObject({ code: end === "abort" ? "ABORTED" : "TIMEOUT" });
        for (const place of into) place.fill(MINE);
        freeze.end();
        const { connections } = client.stats();
        expect(String((await client.mget(["after"]))[0])).toBe("the freeze");
        expect(untouched(into)).toBe(true);
        // The rest of the answer was read and dropped on the same connection.
        expect(client.stats()).toMatchObject({ connections, desyncs: 0 });
        const again = await store.getMany(KEYS, { into });
        expect(again.map((record, i) => record!.bytes.every((byte) => byte === i + 1))).toEqual([
          true,
          true,
          true,
        ]);
      });
    }
  }

  test("keeps its own buffers when another call behind it is aborted", async () => {
    const { freeze, client, store } = await start();
    freeze.after(300_000);
    const controller = new AbortController();
    const [mine, others] = [buffers(), buffers()];
    const read = store.getMany(KEYS, { into: mine });
    const other = store.getMany(KEYS, { into: others, signal: controller.signal });
    other.catch(() => {});
    await until("the answer is frozen", () => freeze.heldBytes > 100_000);
    controller.abort();
    await expect(other).rejects.toMatchObject({ code: "ABORTED" });
    for (const place of others) place.fill(MINE);
    freeze.end();
    expect(String((await client.mget(["after"]))[0])).toBe("the freeze");
    const found = await read;
    expect(found.map((record) => record!.bytes.buffer)).toEqual(mine.map((place) => place.buffer));
    expect(mine.map((place, i) => place.every((byte) => byte === i + 1))).toEqual(KEYS.map(() => true));
    expect(untouched(others)).toBe(true);
  });
});

describe("Freeze", () => {
  test("lets exactly so many bytes through, and the rest later", () => {
    let rewrite: ((chunk: Buffer, connection: number) => readonly Uint8Array[]) | undefined;
    const proxy = { transform: (_: string, given: typeof rewrite) => (rewrite = given) };
    const freeze = new Freeze(proxy as unknown as WireProxy);
    freeze.after(3);
    expect(Buffer.concat(rewrite!(Buffer.from("abcdef"), 0)).toString()).toBe("abc");
    freeze.end();
    expect(Buffer.concat(rewrite!(Buffer.from("gh"), 0)).toString()).toBe("defgh");
  });
});
