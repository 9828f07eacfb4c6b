import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ClientOptions, connect, NotAppliedError } from "../../src/index.ts";

async function failure(
  target: string,
  options?: ClientOptions,
): Promise<{ error: NotAppliedError; afterMs: number }> {
  const begun = performance.now();
  const error = await connect(target, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NotAppliedError);
  return { error: error as NotAppliedError, afterMs: performance.now() - begun };
}

describe("connect() where no server is", () => {
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    // Loading the module takes its time once, and is not what is measured here.
    await import("ioredis");
    silent = createServer((socket) => sockets.add(socket.on("error", () => {})));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const silentPort = () => (silent.address() as AddressInfo).port;

  test("gives up within connectTimeoutMs with every cause in the message and as a cause", async () => {
    const { error, afterMs } = await failure("redis://127.0.0.1:1,127.0.0.1:2", { connectTimeoutMs: 400 });
    expect(afterMs).toBeLessThan(2500);
    expect(afterMs).toBeGreaterThan(150);
    expect(error.code).toBe("CONNECT_FAILED");
    expect(error.message).toMatch(/127\.0\.0\.1:1, 127\.0\.0\.1:2 within 400 ms/);
    expect(error.message).toMatch(/ECONNREFUSED 127\.0\.0\.1:1/);
    expect(error.message).toMatch(/ECONNREFUSED 127\.0\.0\.1:2/);
    const { errors } = error.cause as AggregateError;
    expect(errors.length).toBeGreaterThan(1);
  });

  test("names the cause also where a name has several addresses", async () => {
    const { error } = await failure("redis://localhost:1", { connectTimeoutMs: 100 });
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  test("gives up within connectTimeoutMs when somebody listens and says nothing", async () => {
    const { error, afterMs } = await failure(`redis://127.0.0.1:${silentPort()}`, { connectTimeoutMs: 500 });
    expect(error.code).toBe("CONNECT_FAILED");
    expect(afterMs).toBeLessThan(2500);
  });

  test("many silent seeds do not add up", async () => {
    const seeds = Array.from({ length: 6 }, (_, i) => `127.0.0.${i + 1}:${silentPort()}`).join(",");
    const { error, afterMs } = await failure(`redis-cluster://${seeds}`, { connectTimeoutMs: 500 });
    expect(error.code).toBe("CONNECT_FAILED");
    expect(afterMs).toBeLessThan(2500);
  });

  test("a unix socket that does not exist is named", async () => {
    const { error } = await failure("unix:///nowhere/r.sock", { connectTimeoutMs: 100 });
    expect(error.message).toMatch(/no connection to \/nowhere\/r\.sock within/);
    expect(error.message).toMatch(/ENOENT/);
  });

  test("somebody who is no Redis is reported, not waited for without end", async () => {
    const web = createServer((socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const { port } = web.address() as AddressInfo;
    const { error, afterMs } = await failure(`redis://127.0.0.1:${port}`, { connectTimeoutMs: 300 });
    expect(error.code).toBe("CONNECT_FAILED");
    expect(afterMs).toBeLessThan(2500);
    web.close();
  });
});

describe("connect() without ioredis", () => {
  test("rejects with a ConfigError that says what to install", async () => {
    vi.resetModules();
    vi.doMock("ioredis", () => {
      throw Object.assign(new Error("Cannot find package 'ioredis'"), { code: "ERR_MODULE_NOT_FOUND" });
    });
    const fresh = await import("../../src/index.ts");
    const error = await fresh.connect("redis://127.0.0.1:1").catch((reason: unknown) => reason);
    vi.doUnmock("ioredis");
    expect(error).toBeInstanceOf(fresh.ConfigError);
    expect(error).toMatchObject({
      code: "IOREDIS_MISSING",
      message: expect.stringMatching(/npm install ioredis/),
    });
  });
});
