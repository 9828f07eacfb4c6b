import { beforeEach, expect, test } from "vitest";
import { KvConnector, type LayoutName } from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { chunkOf, keysOf } from "./chunks.ts";

const CHUNK = chunkOf(8);

describeEachServer("list", (on) => {
  beforeEach(() => on.flush());

  async function fill(layout: LayoutName, keys: readonly string[]): Promise<KvConnector> {
    const connector = new KvConnector(on.client, { layout });
    await connector.batchedPut(
      keys,
      keys.map(() => CHUNK),
    );
    return connector;
  }

  test("finds every key of many pages once, on all primaries", async () => {
    const keys = keysOf(3500);
    const connector = await fill("tagged-pair", keys);
    const listed = await connector.list();
    expect(listed).toHaveLength(3500);
    expect(listed.sort()).toEqual([...keys].sort());
    expect(await connector.list("key 34")).toHaveLength(111);
    const walked: string[] = [];
    for await (const key of connector.keys("key 1")) {
      walked.push(key);
      if (walked.length === 10) break;
    }
    expect(walked.every((key) => key.startsWith("key 1"))).toBe(true);
    await connector.close();
  });

  test("takes a prefix literally", async () => {
    const keys = ["a*b", "aXb", "a[b]", "a?", "a\\b", "äöü", "{tag}x", "}odd", ""];
    const connector = await fill("tagged-pair", keys);
    expect((await connector.list()).sort()).toEqual([...keys].sort());
    for (const prefix of ["a*", "a[", "a?", "a\\", "ä", "{tag}", "}"])
      expect(await connector.list(prefix)).toEqual(keys.filter((key) => key.startsWith(prefix)));
    expect(await connector.list("nothing")).toEqual([]);
    await connector.close();
  });

  test.each(["tagged-pair", "colon-pair", "upstream-pair", "packed"] as LayoutName[])(
    "keeps to its layout: %s",
    async (layout) => {
      const connectors = new Map<LayoutName, KvConnector>();
      for (const name of ["tagged-pair", "colon-pair", "packed"] as const)
        connectors.set(name, await fill(name, [`${name} 1`, `${name} 2`]));
      await on.command("plain", "SET", "plain", "value");
      const own = connectors.get(layout) ?? (await fill("upstream-pair", ["upstream-pair 1"]));
      const listed = await own.list(layout);
      expect(listed.sort()).toEqual(
        layout === "upstream-pair" ? ["upstream-pair 1"] : [`${layout} 1`, `${layout} 2`],
      );
      const any = new KvConnector(on.client, { layout, readLayouts: "any" });
      expect(await any.list("packed")).toHaveLength(2);
      expect(await any.list("tagged")).toHaveLength(2);
      for (const connector of [...connectors.values(), own, any]) await connector.close();
    },
  );

  test("hides the client's prefix, and leaves out what is not under it", async () => {
    const client = await on.connect({ keyPrefix: "app[1]:" });
    const connector = new KvConnector(client, { salt: "tenant" });
    await connector.put("mine", CHUNK);
    await (await fill("tagged-pair", ["others", "others@tenant"])).close();
    expect(await connector.list()).toEqual(["mine"]);
    expect(await connector.list("mi")).toEqual(["mine"]);
    await connector.close();
  });

  test("names a key once that is stored in two layouts", async () => {
    await (await fill("tagged-pair", ["both", "tagged"])).close();
    await (await fill("packed", ["both", "packed"])).close();
    const any = new KvConnector(on.client, { readLayouts: "any" });
    expect((await any.list()).sort()).toEqual(["both", "packed", "tagged"]);
    await any.close();
  });

  test("does not touch the access times by which a server evicts", async () => {
    const connector = await fill("tagged-pair", ["k"]);
    const name = "{k}:kv_bytes";
    const idle = async () => (await on.command(name, "OBJECT", "IDLETIME", name)) as number;
    for (let wait = 0; wait < 100 && (await idle()) < 2; wait++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await connector.list()).toEqual(["k"]);
    expect(await idle()).toBeGreaterThanOrEqual(2);
    await connector.close();
  });
});
