import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, releasePort } from "../../src/cli/free-port.ts";
import { connect } from "../../src/index.ts";
import {
  describeUnless,
  describeWith,
  describeWithServer,
  type RigServers,
  startServer,
} from "../rig/index.ts";
import { type Certificates, hasOpenssl, makeCertificates, serverHasTls } from "./certificates.ts";

const KEYS = Array.from({ length: 300 }, (_, i) => `k${i}`);
const ENTRIES = KEYS.map((key, i) => [key, Buffer.alloc(i * 300, i % 256)] as const);

function suite(): void {
  let certificates: Certificates;
  let stranger: Certificates;
  let servers: RigServers;
  let port: number;
  beforeAll(async () => {
    certificates = makeCertificates();
    stranger = makeCertificates();
    port = await freePort();
    servers = await startServer({
      config: {
        "tls-port": port,
        "tls-cert-file": certificates.certFile,
        "tls-key-file": certificates.keyFile,
        "tls-ca-cert-file": certificates.caFile,
        "tls-auth-clients": "optional",
      },
    });
  });
  afterAll(async () => {
    await servers?.stop();
    releasePort(port);
    certificates[Symbol.dispose]();
    stranger[Symbol.dispose]();
  });

  test.each(["rediss", "valkeys"])(
    "%s:// with the authority's certificate reads and writes",
    async (scheme) => {
      await using client = await connect(`${scheme}://127.0.0.1:${port}`, { tls: { ca: certificates.ca } });
      await client.mset(ENTRIES);
      const values = await client.mget(KEYS);
      expect(values.findIndex((value, i) => !value?.equals(ENTRIES[i]![1]))).toBe(-1);
      expect(client.stats().desyncs).toBe(0);
    },
  );

  test("a value of 20 MB crosses in one piece", async () => {
    await using client = await connect({ port, tls: { ca: certificates.ca } });
    const value = Buffer.alloc(20_000_000, "slotpack");
    await client.mset([["large", value]]);
    expect((await client.mget(["large"]))[0]?.equals(value)).toBe(true);
  });

  test.each([
    ["ioredis 6", Redis],
    ["ioredis 5.4", Redis5 as unknown as typeof Redis],
  ])("the tls options of an instance of %s are its client's", async (_, RedisClass) => {
    const redis = new RedisClass({ port, tls: { ca: certificates.ca }, lazyConnect: true });
    await using client = await connect(redis);
    await client.mset([["by instance", "v"]]);
    expect((await client.mget(["by instance"])).map(String)).toEqual(["v"]);
    redis.disconnect();
  });

  test("certificates are verified: an authority that nobody vouches for is refused at once", async () => {
    for (const tls of [true, { ca: stranger.ca }]) {
      const begun = performance.now();
      await expect(connect(`redis://127.0.0.1:${port}`, { tls })).rejects.toMatchObject({
        code: "CONNECT_FAILED",
        message: expect.stringMatching(/certificate/),
      });
      expect(performance.now() - begun).toBeLessThan(3000);
    }
  });

  test("a certificate of another name is refused at once", async () => {
    await expect(
      connect(`rediss://127.0.0.1:${port}`, {
        tls: { ca: certificates.ca, servername: "elsewhere.example" },
      }),
    ).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringMatching(/altnames|certificate/),
    });
  });

  test("rediss:// to a port without TLS fails, and nothing is sent in plain text instead", async () => {
    const target = `rediss://127.0.0.1:${servers.node.port}`;
    const error = await connect(target, { connectTimeoutMs: 500 }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: "CONNECT_FAILED" });
  });

  test("redis:// to a port with TLS fails within the time to connect", async () => {
    const begun = performance.now();
    await expect(connect(`redis://127.0.0.1:${port}`, { connectTimeoutMs: 500 })).rejects.toMatchObject({
      code: "CONNECT_FAILED",
    });
    expect(performance.now() - begun).toBeLessThan(4000);
  });
}

if (!hasOpenssl()) describeWith("openssl", "TLS", suite);
else if (await serverHasTls().catch(() => true)) describeWithServer("TLS", suite);
else describeUnless("redis", "needs a server built with TLS", "TLS", suite);
