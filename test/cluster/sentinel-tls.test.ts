import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, releasePort } from "../../src/cli/free-port.ts";
import { connect, type SlotClient } from "../../src/index.ts";
import {
  describeUnless,
  describeWith,
  describeWithServer,
  type RigSentinels,
  startSentinels,
} from "../rig/index.ts";
import { type Certificates, hasOpenssl, makeCertificates, serverHasTls } from "./certificates.ts";

const KEYS = Array.from({ length: 100 }, (_, i) => `k${i}`);
const MAJORS = [
  { name: "ioredis 6", Redis },
  { name: "ioredis 5.4", Redis: Redis5 as unknown as typeof Redis },
];

async function roundTrip(client: SlotClient): Promise<void> {
  await client.mset(KEYS.map((key) => [key, key]));
  expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
}

function suite(): void {
  let certificates: Certificates;
  let stranger: Certificates;
  let rig: RigSentinels;
  let ports: [node: number, sentinel: number];
  beforeAll(async () => {
    certificates = makeCertificates();
    stranger = makeCertificates();
    ports = [await freePort(), await freePort()];
    const tls = {
      "tls-cert-file": certificates.certFile,
      "tls-key-file": certificates.keyFile,
      "tls-ca-cert-file": certificates.caFile,
      "tls-auth-clients": "optional",
    };
    rig = await startSentinels({
      replicas: 0,
      config: { "tls-port": ports[0], ...tls },
      sentinelConfig: { "tls-port": ports[1], ...tls },
    });
  }, 180_000);
  afterAll(async () => {
    await rig?.stop();
    for (const port of ports) releasePort(port);
    certificates[Symbol.dispose]();
    stranger[Symbol.dispose]();
  });
  /** The Sentinel announces the port without TLS. */
  const natMap = () => ({ [rig.nodes[0]!.address]: { host: "127.0.0.1", port: ports[0] } });

  test("rediss-sentinel:// encrypts the way to the Sentinels and the way to the node", async () => {
    const target = `rediss-sentinel://127.0.0.1:${ports[1]}/${rig.name}`;
    await using client = await connect(target, { tls: { ca: certificates.ca }, natMap: natMap() });
    await roundTrip(client);
  });

  test("sentinelTls: false leaves the Sentinels out of it, and its own options may differ", async () => {
    const tls = { ca: certificates.ca };
    await using client = await connect(rig.url, { tls, sentinelTls: false, natMap: natMap() });
    await roundTrip(client);
    const target = `redis-sentinel://127.0.0.1:${ports[1]}/${rig.name}`;
    await using other = await connect(target, { sentinelTls: tls });
    await roundTrip(other);
  });

  test("an authority that did not sign is refused at once, at the Sentinel and at the node", async () => {
    const [wrong, right] = [{ ca: stranger.ca }, { ca: certificates.ca }];
    const target = `rediss-sentinel://127.0.0.1:${ports[1]}/${rig.name}`;
    const refused = (where: RegExp) => ({
      code: "CONNECT_FAILED",
      message: expect.stringMatching(new RegExp(`${where.source}.*certificate`)),
    });
    const atSentinel = connect(target, { tls: wrong, natMap: natMap() });
    await expect(atSentinel).rejects.toMatchObject(refused(/Sentinel 127\.0\.0\.1:\d+: /));
    const atNode = connect(target, { tls: wrong, sentinelTls: right, natMap: natMap() });
    await expect(atNode).rejects.toMatchObject(refused(/: 127\.0\.0\.1:\d+: /));
  });

  test.each(MAJORS)("a Redis of $name encrypts as it says", async ({ Redis: RedisClass }) => {
    const redis = new RedisClass({
      sentinels: [{ host: "127.0.0.1", port: ports[1] }],
      name: rig.name,
      tls: { ca: certificates.ca },
      enableTLSForSentinelMode: true,
      sentinelTLS: { ca: certificates.ca },
      natMap: natMap(),
      lazyConnect: true,
    });
    await using client = await connect(redis);
    await roundTrip(client);
    redis.disconnect();
  });
}

const title = "TLS behind Sentinels";
if (!hasOpenssl()) describeWith("openssl", title, suite);
else if (await serverHasTls().catch(() => true)) describeWithServer(title, suite);
else describeUnless("redis", "needs a server built with TLS", title, suite);
