import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type LayoutName, lmcacheMetadata, msgpackMetadata, RecordStore } from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { run } from "./memory-terminal.ts";

const LAYOUTS: readonly LayoutName[] = ["tagged-pair", "colon-pair", "upstream-pair", "packed", "value-only"];
const LMCACHE = { fmt: "KV_2LTD", dtypes: ["float16"], shapes: [[2, 1, 4, 8]] } as const;
const BYTES = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256));
const SHA256 = createHash("sha256").update(BYTES).digest("hex");

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describeEachServer("records on the command line", (on) => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "slotpack-records-"));
    file = join(folder, "bytes.bin");
    writeFileSync(file, BYTES);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => on.flush());

  const slotpack = (args: readonly string[], input = "", isTTY = false) =>
    run(args, input, { SLOTPACK_URL: on.servers.url, ...(isTTY ? { NO_COLOR: "1" } : {}) }, isTTY);
  const store = (layout: LayoutName, keyPrefix = "") =>
    keyPrefix === ""
      ? Promise.resolve(new RecordStore(on.client, { layout }))
      : on.connect({ keyPrefix }).then((client) => new RecordStore(client, { layout }));

  test.each(LAYOUTS)("put, get, ls and rm a record in the layout %s", async (layout) => {
    const put = await slotpack(["put", "doc:1", file, "--layout", layout, "--json"]);
    expect(put).toMatchObject({ code: 0, stderr: "" });
    const codec = layout === "value-only" ? null : "msgpack";
    expect(JSON.parse(put.stdout)).toEqual({
      key: "doc:1",
      layout,
      codec,
      byteLength: 300,
      sha256: SHA256,
      ttlMs: null,
    });
    const get = await slotpack(["get", "doc:1", "--layout", layout, "--json", "--preview", "4"]);
    expect(get).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(get.stdout)).toEqual({
      key: "doc:1",
      state: "whole",
      layout,
      codec,
      metadata: layout === "value-only" ? null : {},
      byteLength: 300,
      sha256: SHA256,
      preview: "00010203",
    });
    expect((await slotpack(["ls", "doc", "--layout", layout])).stdout).toBe("doc:1\n");
    const [line] = jsonLines((await slotpack(["ls", "--layout", layout, "--long", "--json"])).stdout);
    expect(line).toEqual({ key: "doc:1", layout, state: "whole", byteLength: 300, ttlMs: null });
    const rm = await slotpack(["rm", "doc:1", "--layout", layout, "--json"]);
    expect(rm).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(rm.stdout)).toMatchObject({ keys: 1, removed: 1 });
    expect(await (await store(layout)).containsMany(["doc:1"])).toEqual([false]);
  });

  test("put writes what a RecordStore reads, with the codec that the metadata are of, and a TTL", async () => {
    const args = ["put", "chunk", "-", "--ttl", "60.5", "--metadata"];
    const put = await run([...args, JSON.stringify(LMCACHE), "--target", on.servers.url], "bytes");
    expect(put.stdout).toMatch(/^stored chunk: 5 bytes \(tagged-pair, lmcache\), for 60\.5 s\n$/);
    const lmcache = new RecordStore(on.client, { metadata: lmcacheMetadata() });
    expect(await lmcache.getMany(["chunk"])).toEqual([
      { key: "chunk", metadata: LMCACHE, bytes: Buffer.from("bytes") },
    ]);
    const [row] = jsonLines((await slotpack(["ls", "--long", "--json"])).stdout);
    expect(row).toMatchObject({ key: "chunk", state: "whole" });
    expect(row!.ttlMs).toBeGreaterThan(10_000);
    expect(row!.ttlMs).toBeLessThanOrEqual(60_500);

    await run([...args, '{"any":["thing",null]}', "--codec", "msgpack", "--target", on.servers.url], "x");
    const msgpack = new RecordStore(on.client, { metadata: msgpackMetadata() });
    expect((await msgpack.getMany(["chunk"]))[0]?.metadata).toEqual({ any: ["thing", null] });
  });

  test("get finds a record in whichever layout it is, and shows metadata of either codec", async () => {
    const keys = ["tagged", "colon", "upstream", "packed"];
    for (const [i, layout] of LAYOUTS.slice(0, 4).entries()) {
      const metadata = i % 2 === 0 ? LMCACHE : { n: i, blob: new Uint8Array([1, 2]), big: 2n ** 60n };
      const options = { layout, metadata: i % 2 === 0 ? lmcacheMetadata() : msgpackMetadata() };
      const record = { key: keys[i]!, metadata, bytes: BYTES } as never;
      if (i % 2 === 0) await new RecordStore(on.client, options as never).putMany([record]);
      else {
        const plain = { key: keys[i]!, metadata: { n: i, blob: new Uint8Array([1, 2]) }, bytes: BYTES };
        await new RecordStore(on.client, { layout }).putMany([plain]);
      }
    }
    const { code, stdout } = await slotpack(["get", "--json"], `${keys.join("\n")}\n`);
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { key: "tagged", layout: "tagged-pair", codec: "lmcache", metadata: LMCACHE },
      { key: "colon", layout: "colon-pair", codec: "msgpack", metadata: { n: 1, blob: { $bytes: "AQI=" } } },
      { key: "upstream", layout: "upstream-pair", codec: "lmcache", metadata: LMCACHE },
      { key: "packed", layout: "packed", codec: "msgpack", metadata: { n: 3 } },
    ]);
    const text = (await slotpack(["get", "colon", "--preview", "3"])).stdout;
    expect(text).toMatch(/^colon\n {2}layout {4}colon-pair\n {2}metadata {2}\{"n":1,/);
    expect(text).toContain(`300, sha256 ${SHA256}`);
    expect(text).toContain("00 01 02 ");
  });

  test("names the empty key in what people read", async () => {
    expect((await slotpack(["put", "", file])).stdout).toMatch(/^stored \(the empty key\): 300 bytes/);
    expect((await slotpack(["get", ""])).stdout).toMatch(/^\(the empty key\)\n/);
    expect(jsonLines((await slotpack(["get", "", "--json"])).stdout)).toMatchObject([
      { key: "", state: "whole" },
    ]);
  });

  test("get tells what is there in place of a whole record, ends with 1, and changes nothing", async () => {
    await (await store("tagged-pair")).putMany(
      ["lost", "bare", "cut", "fine"].map((key) => ({ key, metadata: {}, bytes: BYTES })),
    );
    await on.command("{lost}:kv_bytes", "DEL", "{lost}:kv_bytes");
    await on.command("{bare}:metadata", "DEL", "{bare}:metadata");
    await on.command("{cut}:kv_bytes", "SET", "{cut}:kv_bytes", "short");
    await on.command("{odd}:metadata", "SET", "{odd}:metadata", "{}");
    await on.command("{odd}:kv_bytes", "SET", "{odd}:kv_bytes", "x");
    await on.command("list:packed", "LPUSH", "list:packed", "x");
    const keys = ["lost", "bare", "cut", "fine", "odd", "none", "list"];
    const { code, stdout, stderr } = await slotpack(["get", ...keys, "--json"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(jsonLines(stdout)).toMatchObject([
      { key: "lost", state: "metadata-only", layout: "tagged-pair" },
      { key: "bare", state: "bytes-only", layout: "tagged-pair" },
      { key: "cut", state: "mismatch", layout: "tagged-pair" },
      { key: "fine", state: "whole" },
      { key: "odd", state: "whole", codec: null, metadata: null, metadataHex: "7b7d" },
      { key: "none", state: "missing" },
      { key: "list", state: "failed", code: "WRONGTYPE" },
    ]);
    const text = await slotpack(["get", "lost", "none"]);
    expect(text).toMatchObject({ code: 1, stdout: "" });
    expect(text.stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^slotpack: error \[NOT_WHOLE\] no whole record "lost": .+sweep/),
      expect.stringMatching(/^slotpack: error \[MISSING\] no record "none"; looked in .+--layout/),
    ]);
    expect(await on.command("{lost}:metadata", "PTTL", "{lost}:metadata")).toBe(-1);

    const long = jsonLines((await slotpack(["ls", "--long", "--json"])).stdout);
    expect(Object.fromEntries(long.map(({ key, state }) => [key, state]))).toEqual({
      lost: "metadata-only",
      bare: "bytes-only",
      cut: "mismatch",
      fine: "whole",
      odd: "whole",
    });
    expect((await slotpack(["ls"])).stdout.trimEnd().split("\n").sort()).toEqual([
      "cut",
      "fine",
      "list",
      "odd",
    ]);
  });

  test("get writes the bytes alone with --raw, and into a file with --out", async () => {
    await (await store("packed")).putMany([
      { key: "a", metadata: {}, bytes: Buffer.from("first,") },
      { key: "b", metadata: {}, bytes: Buffer.from("second") },
    ]);
    expect(await slotpack(["get", "a", "b", "--raw"])).toEqual({
      code: 0,
      stdout: "first,second",
      stderr: "",
    });
    expect((await slotpack(["get", "a", "--out", "-"])).stdout).toBe("first,");
    const out = join(folder, "out.bin");
    const { stdout } = await slotpack(["get", "b", "--out", out, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ key: "b", byteLength: 6 });
    expect(readFileSync(out, "utf8")).toBe("second");
    const onTerminal = await slotpack(["get", "a", "--raw"], "", true);
    expect(onTerminal).toMatchObject({ code: 2, stdout: "" });
    expect(onTerminal.stderr).toContain("--out FILE");
    const nowhere = await slotpack(["get", "b", "--out", join(folder, "no/such/file")]);
    expect(nowhere).toMatchObject({ code: 1, stdout: "" });
    expect(nowhere.stderr).toMatch(
      /^slotpack: error \[FILE_UNWRITABLE\] cannot write .+: there is no such folder\n$/,
    );
  });

  test("ls lists many records, those with the prefix only, and no names of others", async () => {
    const keys = Array.from({ length: 2500 }, (_, i) => `p[${i % 2}]*:${i}`);
    const bytes = Buffer.from("x");
    await (await store("tagged-pair")).putMany(keys.map((key) => ({ key, metadata: {}, bytes })));
    await (await store("packed")).putMany([{ key: "q", metadata: {}, bytes }]);
    await on.command("other", "SET", "other", "x");
    const all = (await slotpack(["ls"])).stdout.trimEnd().split("\n");
    // A name may come twice where the server resizes its table, as with SCAN.
    expect([...new Set(all)].sort()).toEqual([...keys, "q"].sort());
    const some = (await slotpack(["ls", "p[1]*", "--layout", "tagged-pair,packed"])).stdout
      .trimEnd()
      .split("\n");
    expect([...new Set(some)].sort()).toEqual(keys.filter((key) => key.startsWith("p[1]*")).sort());
    const long = (await slotpack(["ls", "q", "--long"])).stdout;
    expect(long).toMatch(/^whole {10}packed {9} +1 +- {2}q\n$/);
    expect((await slotpack(["ls", "nothing"])).stdout).toBe("");
  });

  test("the key prefix of a client holds for put, get, ls and rm", async () => {
    const prefixed = await store("tagged-pair", "app:");
    await prefixed.putMany([{ key: "k", metadata: {}, bytes: BYTES }]);
    expect((await slotpack(["get", "k"])).code).toBe(1);
    expect((await slotpack(["get", "k", "--key-prefix", "app:"])).code).toBe(0);
    expect((await slotpack(["ls", "--key-prefix", "app:"])).stdout).toBe("k\n");
    expect((await slotpack(["rm", "k", "--key-prefix", "app:"])).stdout).toBe(
      "removed 1 record of 1 key (tagged-pair)\n",
    );
    expect(await prefixed.containsMany(["k"])).toEqual([false]);
  });

  test("rm removes by prefix only with --yes, halves as well, and counts in a dry run", async () => {
    const records = await store("tagged-pair");
    const keys = Array.from({ length: 1200 }, (_, i) => `${i < 1000 ? "old" : "new"}:${i}`);
    await records.putMany(keys.map((key) => ({ key, metadata: {}, bytes: BYTES })));
    await on.command("{old:3}:metadata", "DEL", "{old:3}:metadata");
    const refused = await slotpack(["rm", "--prefix", "old:"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/\[BAD_OPTION\] .+--yes/);
    expect((await slotpack(["rm", "--prefix", "old:", "--dry-run"])).stdout).toBe(
      "would remove 1,000 records (tagged-pair)\n",
    );
    expect((await records.containsMany(keys)).filter(Boolean)).toHaveLength(1199);
    const { code, stdout } = await slotpack(["rm", "--prefix", "old:", "--yes", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      target: on.servers.url,
      layouts: ["tagged-pair"],
      prefix: "old:",
      dryRun: false,
      keys: 1000,
      removed: 1000,
    });
    expect((await records.containsMany(keys)).filter(Boolean)).toHaveLength(200);
    expect(await on.command("{old:3}:kv_bytes", "EXISTS", "{old:3}:kv_bytes")).toBe(0);
  });

  test("rm ends with 1 when a key had no record, and reads keys from a pipe with --yes only", async () => {
    await (await store("packed")).putMany([{ key: "a", metadata: {}, bytes: BYTES }]);
    const wrong = await slotpack(["rm", "a"]);
    expect(wrong).toEqual({ code: 1, stdout: "removed 0 records of 1 key (tagged-pair)\n", stderr: "" });
    const refused = await slotpack(["rm", "--layout", "any"], "a\nb\n");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    const { code, stdout } = await slotpack(["rm", "--layout", "any", "--yes", "--json"], "a\na\nb\n");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ keys: 2, removed: 1 });
  });

  test("shows a bar for long walks where stderr is a terminal", async () => {
    await (await store("packed")).putMany([{ key: "a", metadata: {}, bytes: BYTES }]);
    const { stderr, stdout } = await slotpack(
      ["rm", "--prefix", "a", "--yes", "--layout", "packed"],
      "",
      true,
    );
    expect(stderr).toContain("1 of 1 names · 1 records");
    expect(stdout).toBe("removed 1 record (packed)\n");
  });
});
