import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type ConnectorSettings, KvConnector, type LayoutName } from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { chunkOf } from "./chunks.ts";

const KEY = "opt@1@0@-1f@bfloat16";
const CHUNK = chunkOf(4096);

describeEachServer("a configured connector", (fixture) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "slotpack-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => fixture.flush());

  const open = (settings: ConnectorSettings = {}) =>
    KvConnector.fromConfig({ url: fixture.servers.url, env: {}, ...settings });
  const write = (...lines: string[]) => {
    const file = join(folder, "lmcache.yaml");
    writeFileSync(file, lines.join("\n"));
    return file;
  };

  test.each<[LayoutName | undefined, string]>([
    ["upstream-pair", `${KEY}metadata`],
    ["colon-pair", `${KEY}:metadata`],
    ["packed", `${KEY}:packed`],
    ["value-only", KEY],
    [undefined, `{${KEY}}:metadata`],
  ])("layout: %s is written as %s and read again", async (layout, name) => {
    await using connector = await open({ extraConfig: { layout } });
    await connector.put(KEY, CHUNK);
    expect(await fixture.client.exists([name])).toBe(1);
    expect((await connector.get(KEY))?.bytes.length).toBe(CHUNK.bytes.length);
  });

  test("TTL, salt and prefix of extra_config count", async () => {
    const extraConfig = {
      valkey_enable_ttl: true,
      valkey_ttl_sec: 600,
      cache_salt: "tenant",
      key_prefix: "app:",
    };
    await using connector = await open({ extraConfig });
    await connector.put(KEY, CHUNK);
    const name = `app:{${KEY}@tenant}:metadata`;
    const ttl = Number(await fixture.command(name, "PTTL", name));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(600_000);
    expect(await connector.list()).toEqual([KEY]);
  });

  test("the caller's options win over the configuration", async () => {
    const settings = {
      url: fixture.servers.url,
      extraConfig: { layout: "packed", key_prefix: "a:" },
      env: {},
    };
    await using connector = await KvConnector.fromConfig(settings, { layout: "colon-pair", keyPrefix: "b:" });
    await connector.put(KEY, CHUNK);
    expect(await fixture.client.exists([`a:${KEY}:packed`, `b:${KEY}:metadata`])).toBe(1);
  });

  test("a file of LMCache finds records of every pair layout", async () => {
    for (const layout of ["upstream-pair", "colon-pair", "tagged-pair"] as const) {
      const options = { layout };
      await using writer = await KvConnector.connect(fixture.servers.url, options);
      await writer.put(`${KEY}@by%${layout}`, CHUNK);
    }
    const file = write("chunk_size: 256", `remote_url: "${fixture.servers.url}"`, "local_cpu: true");
    await using connector = await KvConnector.fromYaml(file);
    const keys = ["upstream-pair", "colon-pair", "tagged-pair"].map((layout) => `${KEY}@by%${layout}`);
    expect(
      (await connector.batchedGet([...keys, KEY])).map((record) => record?.bytes.length ?? null),
    ).toEqual([4096, 4096, 4096, null]);
    expect(await connector.batchedContains([...keys, KEY])).toBe(3);
  });

  test("a configuration that is refused connects to nothing", async () => {
    await expect(open({ extraConfig: { redis_mod: "x" } })).rejects.toMatchObject({
      code: "UNKNOWN_OPTION",
      option: "redis_mod",
    });
    const file = write("remote_url: lm://h:1");
    await expect(KvConnector.fromYaml(file)).rejects.toMatchObject({ code: "UNSUPPORTED_TARGET" });
  });
});
