import session, { type SessionData, Store } from "express-session";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sessionStore } from "../../src/adapters/express-session.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";
import { describeWithServer, startServer } from "../rig/index.ts";
import { type Page, SessionServer } from "./session-server.ts";

const pages: Readonly<Record<string, Page>> = {
  "/visit": ({ session: own }, response) => {
    own.visits = (own.visits ?? 0) + 1;
    response.end(`${own.visits}`);
  },
  "/look": ({ session: own, sessionID }, response) => void response.end(`${sessionID} ${own.visits}`),
  "/login": (request, response) =>
    void request.session.regenerate(() => {
      request.session.user = "ada";
      response.end("in");
    }),
  "/logout": ({ session: own }, response) => void own.destroy((error) => response.end(`${error}`)),
};

function sessionOf(cookie: Partial<session.CookieOptions>, fields: object = {}): SessionData {
  return { cookie: Object.assign(new session.Cookie(), cookie), ...fields } as SessionData;
}

describeEachServer("the express-session store", (fixture) => {
  let backend: RedisBackend;
  const pttl = async (sid: string): Promise<number> =>
    Number(await fixture.command(`sess:${sid}`, "PTTL", `sess:${sid}`));

  beforeAll(() => {
    backend = new RedisBackend({ url: fixture.servers.url });
  });
  afterAll(() => backend.disconnect());
  beforeEach(() => fixture.flush());

  test("carries a visitor through the middleware: visits, a look, a logout", async () => {
    const server = await SessionServer.start(sessionStore(backend), pages);
    try {
      expect((await server.get("/visit")).body).toBe("1");
      expect((await server.get("/visit")).body).toBe("2");
      const [sid, visits] = (await server.get("/look")).body.split(" ") as [string, string];
      expect(visits).toBe("2");
      const stored = JSON.parse(String(await fixture.command(`sess:${sid}`, "GET", `sess:${sid}`)));
      expect(stored).toMatchObject({ visits: 2, cookie: { path: "/" } });
      server.forgetCookie();
      expect((await server.get("/visit")).body).toBe("1");
      expect((await server.get("/logout")).body).toMatch(/undefined|null/);
      expect((await server.get("/visit")).body).toBe("1");
    } finally {
      await server.stop();
    }
  });

  test("gives a regenerated session a new id and removes the old one", async () => {
    const store = sessionStore(backend);
    const server = await SessionServer.start(store, pages);
    try {
      await server.get("/visit");
      const [before] = await store.ids();
      await server.get("/login");
      const after = await store.ids();
      expect(after).toHaveLength(1);
      expect(after[0]).not.toBe(before);
    } finally {
      await server.stop();
    }
  });

  test("takes the life of a session from its cookie, and renews it when it is looked at", async () => {
    const store = sessionStore(backend);
    const server = await SessionServer.start(store, pages, { cookie: { maxAge: 600_000 } });
    try {
      await server.get("/visit");
      const [sid] = (await store.ids()) as [string];
      expect(await pttl(sid)).toBeGreaterThan(500_000);
      expect(await pttl(sid)).toBeLessThanOrEqual(600_000);
      await fixture.command(`sess:${sid}`, "PEXPIRE", `sess:${sid}`, 60_000);
      await server.get("/look");
      expect(await pttl(sid)).toBeGreaterThan(500_000);
    } finally {
      await server.stop();
    }
  });

  test("leaves the life as it is with disableTouch, and ends it never with disableTtl", async () => {
    const fixed = sessionStore(backend, { disableTouch: true });
    await fixed.set("a", sessionOf({ maxAge: 60_000 }));
    await fixed.touch("a", sessionOf({ maxAge: 600_000 }));
    expect(await pttl("a")).toBeLessThanOrEqual(60_000);
    const eternal = sessionStore(backend, { disableTtl: true });
    await eternal.set("b", sessionOf({ maxAge: 60_000 }));
    await eternal.touch("b", sessionOf({ maxAge: 60_000 }));
    expect(await pttl("b")).toBe(-1);
  });

  test("lets a session without expiry live for ttlMs, a day by default", async () => {
    await sessionStore(backend).set("day", sessionOf({}));
    await sessionStore(backend, { ttlMs: 60_000 }).set("minute", sessionOf({}));
    await sessionStore(backend, { ttlMs: ({ cookie }) => (cookie.secure ? 1 : 2) * 90_000.5 }).set(
      "own",
      sessionOf({ secure: true, maxAge: 5 }),
    );
    expect(await pttl("day")).toBeGreaterThan(86_000_000);
    expect(await pttl("minute")).toBeLessThanOrEqual(60_000);
    expect(await pttl("own")).toBeLessThanOrEqual(90_001);
    expect(await pttl("own")).toBeGreaterThan(30_000);
  });

  test("removes a session that is over instead of storing it", async () => {
    const store = sessionStore(backend);
    const over = sessionOf({ expires: new Date(Date.now() - 1000) });
    await store.set("a", sessionOf({}));
    await store.set("a", over);
    expect(await store.get("a")).toBeNull();
    await store.set("b", sessionOf({}));
    await store.touch("b", over);
    expect(await store.get("b")).toBeNull();
  });

  test("counts, lists, reads and clears its own sessions on all nodes, and nothing else", async () => {
    const store = sessionStore(backend, { prefix: "s[*]:", scanCount: 16 });
    const ids = Array.from({ length: 60 }, (_, i) => `id ${i}`);
    await Promise.all(ids.map((id, i) => store.set(id, sessionOf({}, { visits: i }))));
    await fixture.command("s*:1", "SET", "s*:1", "{}");
    expect(await store.length()).toBe(60);
    expect((await store.ids()).sort()).toEqual([...ids].sort());
    const all = (await store.all()) as (SessionData & { id: string; visits: number })[];
    expect(all.map(({ id, visits }) => [id, visits]).sort()).toEqual(ids.map((id, i) => [id, i]).sort());
    await store.clear();
    expect(await store.length()).toBe(0);
    expect(await fixture.command("s*:1", "EXISTS", "s*:1")).toBe(1);
  });

  test("answers to callbacks as well", async () => {
    const store = sessionStore(backend);
    const called = <T>(call: (callback: (error: unknown, value?: T) => void) => void): Promise<unknown[]> =>
      new Promise((resolve) => call((...args) => resolve(args)));
    expect(await called((done) => store.set("a", sessionOf({}, { visits: 1 }), done))).toEqual([
      null,
      undefined,
    ]);
    expect(await called((done) => store.get("a", done))).toMatchObject([null, { visits: 1 }]);
    expect(await called((done) => store.get("none", done))).toEqual([null, null]);
    expect(await called((done) => store.length(done))).toEqual([null, 1]);
    expect(await called((done) => store.all(done))).toMatchObject([null, [{ id: "a" }]]);
    expect(await called((done) => store.touch("a", sessionOf({}), done))).toEqual([null, undefined]);
    expect(await called((done) => store.destroy("a", done))).toEqual([null, undefined]);
    expect(await called((done) => store.ids(done))).toEqual([null, []]);
    expect(await called((done) => store.clear(done))).toEqual([null, undefined]);
  });
});

describeWithServer("the express-session store whose server is gone", () => {
  let backend: RedisBackend;
  beforeAll(async () => {
    const server = await startServer();
    await server.stop();
    backend = new RedisBackend({ url: server.url, socketTimeoutMs: 200 });
  });
  afterAll(() => backend.disconnect());

  test("gives the error to callbacks and promises", async () => {
    const store = sessionStore(backend);
    const gone = { name: "CacheConnectionError" };
    const error = await new Promise((resolve) => void store.get("a", resolve));
    expect(error).toMatchObject(gone);
    await expect(store.get("a")).rejects.toMatchObject(gone);
    await expect(store.set("a", sessionOf({}))).rejects.toMatchObject(gone);
    await expect(store.length()).rejects.toMatchObject(gone);
  });

  test("makes the middleware fail the request instead of starting a new session", async () => {
    const known = sessionStore(new MemoryBackend());
    const store = sessionStore(backend);
    const server = await SessionServer.start(known, pages);
    expect((await server.get("/visit")).body).toBe("1");
    // The same cookie, and a store that cannot be reached.
    known.get = store.get.bind(store);
    const { status, body } = await server.get("/visit");
    expect(status).toBe(500);
    expect(body).toMatch(/CacheConnectionError/);
    await server.stop();
  });
});

describe("the input of the express-session store", () => {
  const backend = new MemoryBackend();

  test("makes a store of express-session's own class", () => {
    expect(sessionStore(backend)).toBeInstanceOf(Store);
  });

  test("a serializer of one's own is used, and its error reaches the caller", async () => {
    const serializer = { stringify: () => "text", parse: () => JSON.parse("no JSON") };
    const store = sessionStore(backend, { serializer });
    await store.set("a", sessionOf({}));
    expect(String(await backend.get("sess:a"))).toBe("text");
    await expect(store.get("a")).rejects.toThrow(SyntaxError);
  });

  test.each([
    ["a backend that is none", () => sessionStore(undefined as never), "BAD_OPTION"],
    ["the seconds of connect-redis", () => sessionStore(backend, { ttl: 1 } as never), "UNKNOWN_OPTION"],
    ["a TTL of 0", () => sessionStore(backend, { ttlMs: 0 }), "BAD_TTL"],
    ["half a serializer", () => sessionStore(backend, { serializer: { parse() {} } as never }), "BAD_OPTION"],
    [
      "a codec that makes values",
      () => sessionStore(new MemoryBackend<unknown>({ codec: "json" }) as never),
      "BAD_CODEC",
    ],
  ])("%s is refused", (_what, make, code) => {
    expect(make).toThrow(expect.objectContaining({ name: "ConfigError", code }));
  });

  test("an expiry that is no time is refused, nothing stored", async () => {
    const store = sessionStore(backend);
    const broken = { cookie: { expires: "never" } } as unknown as SessionData;
    await expect(store.set("broken", broken)).rejects.toMatchObject({ code: "BAD_TTL" });
    expect(await store.get("broken")).toBeNull();
  });
});
