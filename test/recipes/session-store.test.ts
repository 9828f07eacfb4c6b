import { beforeEach, expect, test } from "vitest";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { type Session, SessionError, SessionStore } from "../../src/recipes/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { until } from "../rig/index.ts";

interface Cart {
  readonly items: readonly string[];
}

const EMPTY: Cart = { items: [] };
const MISSING = "A".repeat(32);

describeEachServer("SessionStore", (on) => {
  beforeEach(() => on.flush());
  const make = (options = {}) => new SessionStore<Cart>(on.client, options);
  const field = (id: string, name: string) => on.command(`session:${id}`, "HGET", `session:${id}`, name);

  test("creates sessions with ids of 192 random bits, and gives them back", async () => {
    const store = make({ ttlMs: 60_000 });
    const sessions = await Promise.all(Array.from({ length: 50 }, () => store.create({ items: ["tea"] })));
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(50);
    expect(sessions.every(({ id }) => /^[\w-]{32}$/.test(id))).toBe(true);
    const [first] = sessions as [Session<Cart>];
    expect(first).toMatchObject({ userId: null, version: 1, ttlMs: 60_000, data: { items: ["tea"] } });
    const read = await store.get(first.id);
    expect(read).toMatchObject({ id: first.id, userId: null, version: 1, data: { items: ["tea"] } });
    expect(read!.createdAt).toBe(first.createdAt);
    expect(Math.abs(first.createdAt - Date.now())).toBeLessThan(60_000);
  });

  test("writes a hash per session, and a sorted set of ids per user", async () => {
    const store = make({ ttlMs: 60_000, maxAgeMs: 600_000 });
    const { id, createdAt } = await store.create({ items: ["tea"] }, { userId: "ada" });
    expect(String(await field(id, "data"))).toBe('{"items":["tea"]}');
    expect(String(await field(id, "version"))).toBe("1");
    expect(String(await field(id, "user"))).toBe("ada");
    expect(Number(await field(id, "created"))).toBe(createdAt);
    const list = await on.command("session-user:ada", "ZRANGE", "session-user:ada", 0, -1, "WITHSCORES");
    expect((list as Buffer[]).map(String)).toEqual([id, String(createdAt + 600_000)]);
    expect(await on.command("session-user:ada", "PTTL", "session-user:ada")).toBeGreaterThan(600_000);
  });

  test("slides the TTL with every read and touch, and leaves it alone when asked to", async () => {
    const store = make({ ttlMs: 100_000 });
    const { id } = await store.create(EMPTY);
    const key = `session:${id}`;
    const shorten = () => on.command(key, "PEXPIRE", key, 50_000);
    await shorten();
    expect((await store.get(id, { touch: false }))!.ttlMs).toBeLessThanOrEqual(50_000);
    expect((await store.get(id))!.ttlMs).toBe(100_000);
    await shorten();
    expect(await store.touch(id)).toBe(true);
    expect(await on.command(key, "PTTL", key)).toBeGreaterThan(50_000);
    await shorten();
    expect((await store.update(id, EMPTY, { version: 1 })).ttlMs).toBe(100_000);
  });

  test("never slides beyond the greatest age", async () => {
    const store = make({ ttlMs: 100_000, maxAgeMs: 200_000 });
    const { id, createdAt } = await store.create(EMPTY);
    const key = `session:${id}`;
    await on.command(key, "HSET", key, "created", createdAt - 150_000);
    const { ttlMs } = (await store.get(id))!;
    expect(ttlMs).toBeLessThanOrEqual(50_000);
    expect(ttlMs).toBeGreaterThan(0);
    await on.command(key, "HSET", key, "created", createdAt - 200_000);
    expect(await store.touch(id)).toBe(false);
    expect(await store.get(id)).toBeNull();
    expect(await on.command(key, "EXISTS", key)).toBe(0);
  });

  test("forgets a session whose TTL has passed", async () => {
    const store = make({ ttlMs: 30 });
    const { id } = await store.create(EMPTY, { userId: "ada" });
    await until("it is gone", async () => (await store.get(id, { touch: false })) === null);
    expect(await store.touch(id)).toBe(false);
    expect(await store.destroy(id)).toBe(false);
    expect(await store.allOf("ada")).toEqual([]);
    await expect(store.update(id, EMPTY, { version: 1 })).rejects.toMatchObject({ code: "SESSION_GONE" });
  });

  test("updates the version that was read, and refuses the one who comes second", async () => {
    const store = make();
    const { id } = await store.create(EMPTY, { userId: "ada" });
    const [mine, theirs] = [(await store.get(id))!, (await store.get(id))!];
    const updated = await store.update(id, { items: ["tea"] }, { version: mine.version });
    expect(updated).toMatchObject({ id, userId: "ada", version: 2, data: { items: ["tea"] } });
    const error = await store
      .update(id, { items: ["milk"] }, { version: theirs.version })
      .catch((reason) => reason);
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toMatchObject({ code: "SESSION_CONFLICT", message: expect.stringMatching(/at version 2/) });
    expect(await store.get(id)).toMatchObject({ version: 2, data: { items: ["tea"] } });
  });

  test("loses no update of twenty writers who read again after a conflict", async () => {
    const { id } = await make().create(EMPTY);
    const add = async (item: string) => {
      const store = make();
      for (;;) {
        const { data, version } = (await store.get(id))!;
        try {
          await store.update(id, { items: [...data.items, item] }, { version });
          return;
        } catch (error) {
          if ((error as SessionError).code !== "SESSION_CONFLICT") throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(`item ${i}`)));
    const { data, version } = (await make().get(id))!;
    expect(version).toBe(21);
    expect(new Set(data.items).size).toBe(20);
  });

  test("destroys one session, for good", async () => {
    const store = make();
    const { id } = await store.create(EMPTY, { userId: "ada" });
    expect(await store.destroy(id)).toBe(true);
    expect(await store.destroy(id)).toBe(false);
    expect(await store.get(id)).toBeNull();
    expect(await on.command("session-user:ada", "EXISTS", "session-user:ada")).toBe(0);
    await expect(store.update(id, EMPTY, { version: 1 })).rejects.toMatchObject({ code: "SESSION_GONE" });
  });

  test("destroys all sessions of a user over all slots, and nobody else's", async () => {
    const store = make();
    const all = await Promise.all(Array.from({ length: 40 }, () => store.create(EMPTY, { userId: "ada" })));
    const other = await store.create(EMPTY, { userId: "bob" });
    expect((await store.allOf("ada")).map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
    expect(await store.destroyAllOf("ada", { except: all[3]!.id })).toBe(39);
    expect((await store.allOf("ada")).map(({ id }) => id)).toEqual([all[3]!.id]);
    expect(await store.destroyAllOf("ada")).toBe(1);
    expect(await store.destroyAllOf("ada")).toBe(0);
    expect(await store.get(all[7]!.id)).toBeNull();
    expect(await store.get(other.id)).toMatchObject({ userId: "bob" });
  });

  test("leaves no session alive that was created before destroyAllOf, whatever is created meanwhile", async () => {
    const store = make();
    const created: string[] = [];
    const before = new Set<string>();
    let stop = false;
    const login = async () => {
      while (!stop) created.push((await store.create(EMPTY, { userId: "ada" })).id);
    };
    const logins = Promise.all([login(), login(), login()]);
    await until("some sessions are there", () => created.length >= 30);
    for (const id of created) before.add(id);
    await store.destroyAllOf("ada");
    const alive = await Promise.all([...before].map((id) => store.get(id)));
    stop = true;
    await logins;
    expect(alive.every((session) => session === null)).toBe(true);
    await store.destroyAllOf("ada");
    const left = await Promise.all(created.map((id) => store.get(id)));
    expect(left.every((session) => session === null)).toBe(true);
  });

  test("rids a user's list of sessions that have expired", async () => {
    const store = make();
    const sessions = await Promise.all(
      Array.from({ length: 63 }, () => store.create(EMPTY, { userId: "ada" })),
    );
    for (const { id } of sessions.slice(1)) await on.command(`session:${id}`, "DEL", `session:${id}`);
    await store.create(EMPTY, { userId: "ada" });
    expect(await on.command("session-user:ada", "ZCARD", "session-user:ada")).toBe(2);
  });

  test("asks nobody about an id that is none", async () => {
    const store = make();
    const before = on.client.stats().commands;
    for (const id of ["", "x", `${MISSING}\n`, "../../etc/passwd", 5 as never, "é".repeat(32)]) {
      expect(await store.get(id)).toBeNull();
      expect(await store.touch(id)).toBe(false);
      expect(await store.destroy(id)).toBe(false);
    }
    expect(on.client.stats().commands).toBe(before);
    expect(await store.get(MISSING)).toBeNull();
  });

  test("takes a RedisBackend for its client, under the backend's prefix", async () => {
    const backend = new RedisBackend({ client: on.client, keyPrefix: "app:" });
    const store = new SessionStore(backend, { codec: "msgpack", prefix: "login" });
    const { id } = await store.create({ at: new Date(5) });
    expect((await store.get(id))!.data).toEqual({ at: new Date(5) });
    expect(await on.command(`app:login:${id}`, "EXISTS", `app:login:${id}`)).toBe(1);
  });

  test("refuses what cannot be, and tells of data that the codec does not read", async () => {
    expect(() => new SessionStore(new MemoryBackend() as never)).toThrow(/SlotClient/);
    expect(() => make({ ttl: 5 })).toThrow(/unknown option "ttl"/);
    expect(() => make({ maxAgeMs: 0 })).toThrow(/maxAgeMs/);
    const store = make();
    await expect(store.create(EMPTY, { userId: "" })).rejects.toMatchObject({ option: "userId" });
    await expect(store.create(undefined as never)).rejects.toMatchObject({ code: "BAD_VALUE" });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    await expect(store.create(cycle as never)).rejects.toMatchObject({ code: "BAD_VALUE" });
    const { id } = await store.create(EMPTY);
    await expect(store.update(id, EMPTY, {} as never)).rejects.toMatchObject({ option: "version" });
    await expect(store.get(id, { touch: 1 as never })).rejects.toMatchObject({ option: "touch" });
    await on.command(`session:${id}`, "HSET", `session:${id}`, "data", "{");
    await expect(store.get(id)).rejects.toMatchObject({ code: "SESSION_UNREADABLE" });
  });
});
