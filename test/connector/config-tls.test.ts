import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, releasePort } from "../../src/cli/free-port.ts";
import { connect } from "../../src/cluster/connect.ts";
import type { SlotClient } from "../../src/cluster/slot-client.ts";
import { type ConnectorSettings, readConnectorConfig } from "../../src/connector/connector-config.ts";
import { readLmcacheYaml } from "../../src/connector/lmcache-yaml.ts";
import { type Certificates, hasOpenssl, makeCertificates, serverHasTls } from "../cluster/certificates.ts";
import {
  describeUnless,
  describeWith,
  describeWithServer,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";
import { refusal, SECRET } from "./config-refusal.ts";

function open(settings: ConnectorSettings): Promise<SlotClient> {
  const { target, clientOptions } = readConnectorConfig({ env: {}, ...settings });
  return connect({ ...target, ...clientOptions });
}

/** A server, or a cluster of one primary, that also listens on a port with TLS. */
async function startWithTls(port: number, clustered: boolean, { certFile, keyFile, caFile }: Certificates) {
  const config = {
    "tls-port": port,
    "tls-cert-file": certFile,
    "tls-key-file": keyFile,
    "tls-ca-cert-file": caFile,
    "tls-auth-clients": "optional",
  };
  // With `tls-cluster` the cluster announces the port with TLS to those who ask over TLS.
  return clustered
    ? startCluster({ primaries: 1, config: { ...config, "tls-cluster": "yes" } })
    : startServer({ config });
}

function suite(): void {
  let own: Certificates;
  let stranger: Certificates;
  beforeAll(() => {
    own = makeCertificates();
    stranger = makeCertificates();
  });
  afterAll(() => {
    own[Symbol.dispose]();
    stranger[Symbol.dispose]();
  });

  describe.each([
    ["one server", false],
    ["a cluster", true],
  ])("on %s", (_, clustered) => {
    let servers: RigServers;
    let port: number;
    let url: string;
    beforeAll(async () => {
      port = await freePort();
      servers = await startWithTls(port, clustered, own);
      url = clustered ? `rediss://127.0.0.1:${port},localhost:${port}` : `rediss://127.0.0.1:${port}`;
    });
    afterAll(async () => {
      await servers?.stop();
      releasePort(port);
    });

    test("the authority's certificate in tls_ca_file connects", async () => {
      await using client = await open({ url, extraConfig: { tls_ca_file: own.caFile } });
      await client.mset([["k", "v"]]);
      expect((await client.mget(["k", "none"])).map((value) => value?.toString() ?? null)).toEqual([
        "v",
        null,
      ]);
    });

    test("use_tls switches TLS on for redis://, and certificates are verified", async () => {
      const extraConfig = { use_tls: true, ...(clustered ? { redis_mode: "cluster" } : {}) };
      const plain = `redis://127.0.0.1:${port}`;
      await expect(open({ url: plain, extraConfig })).rejects.toMatchObject({ code: "CONNECT_FAILED" });
      await using client = await open({
        url: plain,
        extraConfig: { ...extraConfig, tls_ca_file: own.caFile },
      });
      expect(await client.exists(["nobody"])).toBe(0);
    });

    test.each([
      ["no authority of ours", () => ({})],
      ["another authority", () => ({ tls_ca_file: stranger.caFile })],
      ["another authority, and tls_verify: true", () => ({ tls_ca_file: stranger.caFile, tls_verify: true })],
    ])("%s is refused with a clear error", async (_title, keys) => {
      const error = await open({ url, extraConfig: keys() }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "CONNECT_FAILED", message: expect.stringMatching(/certificate/) });
      expect(String((error as Error).cause)).toMatch(/certificate/);
    });

    test.each([
      ["tls_verify: false", { tls_verify: false }],
      ["tls_insecure_skip_verify: true", { tls_insecure_skip_verify: true }],
    ])(
      "%s says in so many words that nothing is to be verified, and connects",
      async (_title, extraConfig) => {
        await using client = await open({ url, extraConfig });
        expect(await client.exists(["nobody"])).toBe(0);
      },
    );

    test("?ssl_cert_reqs=none and ?ssl_ca_certs= count as in redis-py", async () => {
      for (const query of ["ssl_cert_reqs=none", `ssl_ca_certs=${encodeURIComponent(own.caFile)}`]) {
        await using client = await open({ url: `${url}?${query}` });
        expect(await client.exists(["nobody"])).toBe(0);
      }
    });

    test("a certificate of another name than tls_server_name is refused, unless tls_check_hostname is false", async () => {
      const keys = { tls_ca_file: own.caFile, tls_server_name: "elsewhere.example" };
      await expect(open({ url, extraConfig: keys })).rejects.toMatchObject({ code: "CONNECT_FAILED" });
      await using client = await open({ url, extraConfig: { ...keys, tls_check_hostname: false } });
      expect(await client.exists(["nobody"])).toBe(0);
    });

    test("a client's certificate and key are sent", async () => {
      await servers.node.command("CONFIG", "SET", "tls-auth-clients", "yes");
      try {
        const extraConfig = { tls_ca_file: own.caFile };
        await expect(
          open({ url, extraConfig: { ...extraConfig, connection_timeout: 5 } }),
        ).rejects.toMatchObject({
          code: "CONNECT_FAILED",
        });
        const login = { tls_cert_file: own.certFile, tls_key_file: own.keyFile };
        await using client = await open({ url, extraConfig: { ...extraConfig, ...login } });
        expect(await client.exists(["nobody"])).toBe(0);
      } finally {
        await servers.node.command("CONFIG", "SET", "tls-auth-clients", "optional");
      }
    });

    test("a configuration file of LMCache does the same", async () => {
      const file = join(dirname(own.caFile), "lmcache.yaml");
      const lines = [`remote_url: ${url}`, "extra_config:", `  tls_ca_file: ${own.caFile}`];
      writeFileSync(file, lines.join("\n"));
      const { target, clientOptions } = await readLmcacheYaml(file, { env: {} });
      await using client = await connect({ ...target, ...clientOptions });
      expect(await client.exists(["nobody"])).toBe(0);
    });
  });

  test("a file that cannot be used is refused by its key", () => {
    const folder = dirname(own.caFile);
    const junk = join(folder, "junk.pem");
    writeFileSync(junk, `no certificate, ${SECRET}`);
    const pair = { tls_cert_file: own.certFile, tls_key_file: own.keyFile };
    const cases: [string, Record<string, string>][] = [
      ["tls_ca_file", { tls_ca_file: join(folder, "missing.pem") }],
      ["tls_ca_file", { tls_ca_file: folder }],
      ["tls_ca_file", { tls_ca_file: junk }],
      ["tls_cert_file", { ...pair, tls_cert_file: junk }],
      ["tls_key_file", { ...pair, tls_key_file: junk }],
      ["tls_key_file", { ...pair, tls_key_file: stranger.keyFile }],
    ];
    for (const [option, extraConfig] of cases) {
      const error = refusal({ url: "rediss://h", extraConfig });
      expect(error).toMatchObject({ code: "BAD_FILE", option });
      expect(error.message).toMatch(new RegExp(`^${option}: expected .+, got `));
    }
  });

  test("a private key and its password are not shown when a configuration is logged", () => {
    const extraConfig = { tls_cert_file: own.certFile, tls_key_file: own.keyFile, tls_key_password: SECRET };
    const { clientOptions } = readConnectorConfig({ url: "rediss://h", extraConfig, env: {} });
    expect(clientOptions.tls).toMatchObject({ passphrase: SECRET });
    expect(JSON.stringify(clientOptions)).toBe(
      JSON.stringify({
        tls: { cert: (clientOptions.tls as { cert: Buffer }).cert, key: "***", passphrase: "***" },
      }),
    );
  });
}

describe("TLS keys", () => {
  test.each([
    ["tls_ca_file", { tls_ca_file: "/ca.pem" }],
    ["tls_verify", { tls_verify: false }],
    ["tls_insecure_skip_verify", { use_tls: false, tls_insecure_skip_verify: true }],
  ])("%s without TLS is refused: who sets it means to be protected", (option, extraConfig) => {
    expect(refusal({ url: "redis://h", extraConfig })).toMatchObject({ code: "CONTRADICTION", option });
  });

  test.each([
    ["tls_insecure_skip_verify", { tls_verify: true, tls_insecure_skip_verify: true }],
    ["tls_verify", { tls_verify: true }],
    ["tls_cert_file", { tls_cert_file: "/c.pem" }],
    ["tls_key_file", { tls_key_file: "/k.pem" }],
    ["tls_key_password", { tls_key_password: SECRET }],
  ])("%s contradicts what stands beside it", (option, extraConfig) => {
    const url = option === "tls_verify" ? "rediss://h?ssl_cert_reqs=none" : "rediss://h";
    expect(refusal({ url, extraConfig })).toMatchObject({ code: "CONTRADICTION", option });
  });

  test("?ssl_cert_reqs= takes redis-py's words only, and needs TLS", () => {
    expect(refusal({ url: "rediss://h?ssl_cert_reqs=off" })).toMatchObject({
      code: "BAD_URL",
      option: "url",
    });
    expect(refusal({ url: "redis://h?ssl_cert_reqs=none" })).toMatchObject({
      code: "CONTRADICTION",
      option: "url",
    });
  });
});

const TITLE = "a connector's TLS";
if (!hasOpenssl()) describeWith("openssl", TITLE, suite);
else if (await serverHasTls().catch(() => true)) describeWithServer(TITLE, suite);
else describeUnless("redis", "needs a server built with TLS", TITLE, suite);
