import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LmcacheYamlConfig, readLmcacheYaml } from "../../src/connector/lmcache-yaml.ts";
import { ConfigError } from "../../src/errors.ts";
import { SECRET } from "./config-refusal.ts";

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slotpack-yaml-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(lines: readonly string[]): string {
  const file = join(folder, `lmcache-${count++}.yaml`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const read = (...lines: string[]): Promise<LmcacheYamlConfig> => readLmcacheYaml(write(lines), { env: {} });

async function refusal(...lines: string[]): Promise<ConfigError> {
  const error = await read(...lines).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect(`${(error as Error).stack} ${(error as Error).cause}`).not.toContain(SECRET);
  return error as ConfigError;
}

describe("LMCache's configuration file", () => {
  test("gives what the connector needs, and lists what belongs to LMCache's other parts", async () => {
    const config = await read(
      "# a comment",
      "chunk_size: 512",
      "local_cpu: true",
      "max_local_cpu_size: 5.0",
      'remote_url: "redis://u:p%40@h:7/2"',
      'remote_serde: "naive"',
      "blocking_timeout_secs: 10",
      "use_layerwise: false",
      "extra_config:",
      "  chunk_size: 64",
      "  max_connections: 20",
      "  use_exists_sync: true",
      "  gds_path: /mnt",
      "  valkey_ttl_sec: 60",
    );
    expect(config.target).toEqual({ host: "h", port: 7 });
    expect({ ...config.clientOptions }).toEqual({
      username: "u",
      password: "p@",
      database: 2,
      chunkSize: 64,
      maxConnections: 20,
      timeoutMs: 10_000,
    });
    expect(config.connectorOptions).toEqual({ readLayouts: "any" });
    expect(config.chunkTokens).toBe(512);
    expect(config.remoteSerde).toBe("naive");
    expect(config.ignored).toEqual([
      "local_cpu",
      "max_local_cpu_size",
      "use_layerwise",
      "extra_config.use_exists_sync",
      "extra_config.gds_path",
      "extra_config.valkey_ttl_sec",
    ]);
  });

  test("chunk_size at the top counts tokens and is no number of keys", async () => {
    const config = await read("chunk_size: 100000", "remote_url: redis://h");
    expect(config.clientOptions.chunkSize).toBeUndefined();
    expect(config.chunkTokens).toBe(100_000);
  });

  test("request_timeout wins over blocking_timeout_secs, which is LMCache's default for it", async () => {
    const config = await read(
      "remote_url: valkey://h",
      "blocking_timeout_secs: 10",
      "extra_config: { request_timeout: 2.5 }",
    );
    expect(config.clientOptions.timeoutMs).toBe(2500);
  });

  test("layout and read_layouts of the file count; without both, records of any layout are found", async () => {
    const layouts = async (line: string) => (await read("remote_url: redis://h", line)).connectorOptions;
    expect(await layouts("extra_config: { layout: lmcache }")).toEqual({ layout: "upstream-pair" });
    expect(await layouts("extra_config: { read_layouts: [colon-pair] }")).toEqual({
      readLayouts: ["colon-pair"],
    });
    expect(await layouts("extra_config:")).toEqual({ readLayouts: "any" });
  });

  test("a plugin's URL counts where there is no remote_url", async () => {
    const config = await read(
      "remote_storage_plugins: [other, redis]",
      "extra_config:",
      "  remote_storage_plugin.other.module_path: x.y",
      "  remote_storage_plugin.redis.module_path: lmcache_redis.adapter",
      "  remote_storage_plugin.redis.redis_url: redis://plugin:7",
      "  redis_mode: cluster",
    );
    expect(config.target).toEqual({ nodes: [{ host: "plugin", port: 7 }] });
    expect(config.ignored).toEqual([
      "extra_config.remote_storage_plugin.other.module_path",
      "extra_config.remote_storage_plugin.redis.module_path",
    ]);
    const listed = await read(
      "remote_storage_plugins: redis, x",
      "remote_url: plugin://redis",
      "extra_config: { redis_url: 'redis://q:1' }",
    );
    expect(listed.target.host).toBe("q");
  });

  test("is read as PyYAML reads it: YAML 1.1 with yes, no and merges", async () => {
    const config = await read(
      "base: &base { redis_password: 'p', use_tls: yes }",
      "remote_url: redis://h",
      "extra_config:",
      "  <<: *base",
      "  tls_verify: no",
    );
    expect({ ...config.clientOptions }).toEqual({ password: "p", tls: { rejectUnauthorized: false } });
    expect(config.ignored).toEqual(["base"]);
  });

  test("the environment is read where the file has no URL", async () => {
    const file = write(["remote_url: null", "extra_config: { redis_password: p }"]);
    const config = await readLmcacheYaml(file, { env: { REDIS_HOST: "h" } });
    expect(config.target).toEqual({ host: "h", port: 6379 });
    expect(config.clientOptions.password).toBe("p");
  });

  test("a file URL will do", async () => {
    const file = pathToFileURL(write(["remote_url: redis://h"]));
    expect((await readLmcacheYaml(file, { env: {} })).target.host).toBe("h");
  });

  test.each<[string, string, string, RegExp, string[]]>([
    [
      "an unknown key",
      "UNKNOWN_OPTION",
      "redis_mod",
      /:3: /,
      ["remote_url: redis://h", "extra_config:", "  redis_mod: x"],
    ],
    [
      "a key of extra_config at the top",
      "UNKNOWN_OPTION",
      "redis_password",
      /:2: .*belongs under extra_config$/,
      ["remote_url: redis://h", `redis_password: ${SECRET}`],
    ],
    [
      "TLS at the top",
      "UNKNOWN_OPTION",
      "use_tls",
      /:2: .*belongs under extra_config$/,
      ["remote_url: redis://h", "use_tls: true"],
    ],
    [
      "a wrong type",
      "BAD_OPTION",
      "chunk_size",
      /:4: .*expected a whole number/,
      ["chunk_size: 256", "remote_url: redis://h", "extra_config:", "  chunk_size: big"],
    ],
    [
      "a password that is a number",
      "BAD_OPTION",
      "redis_password",
      /:3: .*needs quotes/,
      ["remote_url: redis://h", "extra_config:", "  redis_password: 12345"],
    ],
    [
      "two passwords",
      "CONTRADICTION",
      "redis_password",
      /:3: /,
      [`remote_url: redis://:${SECRET}@h`, "extra_config:", "  redis_password: p"],
    ],
    [
      "a database on a cluster",
      "CONTRADICTION",
      "redis_database",
      /:4: /,
      ["remote_url: redis://h", "extra_config:", "  redis_mode: cluster", "  redis_database: 1"],
    ],
    [
      "another backend",
      "UNSUPPORTED_TARGET",
      "remote_url",
      /:2: .*lm:\/\//,
      ["chunk_size: 256", "remote_url: lm://h:65432"],
    ],
    [
      "mooncake",
      "UNSUPPORTED_TARGET",
      "remote_url",
      /:1: .*mooncakestore:\/\//,
      ["remote_url: mooncakestore://h:1/"],
    ],
    ["a bad URL", "BAD_URL", "remote_url", /:1: /, [`remote_url: redis://:${SECRET}@h:port`]],
    ["a URL of a wrong type", "BAD_OPTION", "remote_url", /:1: /, ["remote_url: [redis://h]"]],
    ["no URL", "NO_URL", "remote_url", /yaml: /, ["chunk_size: 256"]],
    [
      "a list as extra_config",
      "BAD_OPTION",
      "extra_config",
      /:2: .*expected a mapping, got an array/,
      ["remote_url: redis://h", "extra_config: [a]"],
    ],
    [
      "a text as extra_config",
      "BAD_OPTION",
      "extra_config",
      /:2: /,
      ["remote_url: redis://h", "extra_config: '{}'"],
    ],
    ["no tokens", "BAD_OPTION", "chunk_size", /:2: .*tokens/, ["remote_url: redis://h", "chunk_size: 0"]],
    [
      "a timeout in words",
      "BAD_OPTION",
      "blocking_timeout_secs",
      /:2: .*seconds/,
      ["remote_url: redis://h", "blocking_timeout_secs: soon"],
    ],
    [
      "a serde that is a number",
      "BAD_OPTION",
      "remote_serde",
      /:2: /,
      ["remote_url: redis://h", "remote_serde: 7"],
    ],
    [
      "plugins that are a number",
      "BAD_OPTION",
      "remote_storage_plugins",
      /:2: /,
      ["remote_url: redis://h", "remote_storage_plugins: 7"],
    ],
    [
      "a list at the top",
      "BAD_YAML",
      "file",
      /:1: expected a mapping at the top, got an array/,
      ["- remote_url: redis://h"],
    ],
    ["a text at the top", "BAD_YAML", "file", /got a string/, ["remote_url"]],
    ["an empty file", "NO_URL", "remote_url", /yaml: /, [""]],
    [
      "a key given twice",
      "BAD_YAML",
      "file",
      /:2:1: .*duplicate key/,
      ["remote_url: redis://h", "remote_url: redis://i"],
    ],
    [
      "a quote that does not end",
      "BAD_YAML",
      "file",
      /:\d+:\d+: no valid YAML/,
      [`remote_url: "redis://:${SECRET}@h`, "a: b"],
    ],
    [
      "a tab as indentation",
      "BAD_YAML",
      "file",
      /:2:\d+: no valid YAML/,
      ["extra_config:", "\tredis_password: x"],
    ],
    ["two documents", "BAD_YAML", "file", /no valid YAML/, ["a: 1", "---", "b: 2"]],
    ["an alias of nothing", "BAD_YAML", "file", /no valid YAML/, ["a: *b"]],
    ["a tag of Python's", "BAD_YAML", "file", /no valid YAML/, ["remote_url: !!python/object:os.system x"]],
  ])("%s is refused with file and line (%s, %s)", async (_, code, option, message, lines) => {
    const error = await refusal(...lines);
    expect(error).toMatchObject({ code, option });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^.*lmcache-\d+\.yaml/);
  });

  test("aliases of aliases do not fill the memory", async () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    expect(await refusal(...lines)).toMatchObject({ code: "BAD_YAML" });
  });

  test("a missing file, and a folder, are named", async () => {
    const missing = join(folder, "missing.yaml");
    await expect(readLmcacheYaml(missing)).rejects.toMatchObject({
      name: "ConfigError",
      code: "BAD_FILE",
      option: "file",
      message: `${missing}: no such file`,
    });
    await expect(readLmcacheYaml(folder)).rejects.toMatchObject({
      code: "BAD_FILE",
      message: /cannot be read/,
    });
  });

  test.each([undefined, 7, {}])("%j is no file", async (file) => {
    await expect(readLmcacheYaml(file as never)).rejects.toMatchObject({
      code: "BAD_OPTION",
      option: "file",
    });
  });
});
