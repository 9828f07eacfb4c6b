import { expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { startProxy } from "../rig/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

async function collect(keys: AsyncIterable<Buffer>): Promise<string[]> {
  const found: string[] = [];
  for await (const key of keys) found.push(String(key));
  return found.toSorted();
}

describeInBothPlaces("scan", (place) => {
  const KEYS = Array.from({ length: 3000 }, (_, i) => `s:${i % 2 ? "odd" : "even"}:${i}`);

  test("gives every key of all primaries, or those that match", async () => {
    await place.client.mset(KEYS.map((key) => [key, "v"]));
    expect(await collect(place.client.scan())).toEqual(KEYS.toSorted());
    expect(await collect(place.client.scan("s:odd:*"))).toEqual(
      KEYS.filter((key) => key.includes("odd")).toSorted(),
    );
    expect(await collect(place.client.scan("s:even:1?", { count: 10 }))).toEqual(
      [10, 12, 14, 16, 18].map((i) => `s:even:${i}`),
    );
    expect(await collect(place.client.scan("none"))).toEqual([]);
  });

  test("asks in steps: somebody who stops early has not read everything", async () => {
    await place.client.mset(KEYS.map((key) => [key, "v"]));
    const before = place.client.stats().commands;
    for await (const _ of place.client.scan("*", { count: 10 })) break;
    expect(place.client.stats().commands - before).toBe(1);
  });

  test("keys that are no text come as bytes", async () => {
    const key = Buffer.from([0xff, 0, 0xfe]);
    await place.client.mset([[key, "v"]]);
    const found = [];
    for await (const each of place.client.scan()) found.push(each);
    expect(found).toEqual([key]);
  });

  test("goes on where it was after the connection is lost between two steps", async () => {
    await place.client.mset(KEYS.map((key) => [key, "v"]));
    const found = new Set<string>();
    let cuts = 0;
    for await (const key of place.client.scan("*", { count: 100 })) {
      found.add(String(key));
      if (found.size % 1000 !== 0) continue;
      cuts++;
      for (const node of place.servers.nodes)
        await node.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    expect(cuts).toBeGreaterThan(1);
    expect(found.size).toBe(KEYS.length);
  });

  test("ends with CLIENT_CLOSED when the client is closed between two steps", async () => {
    await using client = await connect(place.servers.url);
    await client.mset(KEYS.map((key) => [key, "v"]));
    const scan = client.scan("*", { count: 10 });
    await scan.next();
    await client.close();
    await expect(collect(scan)).rejects.toMatchObject({ name: "NotAppliedError", code: "CLIENT_CLOSED" });
  });

  test.each([
    ["a pattern that is no text", [5 as never], { code: "BAD_ARGUMENT", option: "pattern" }],
    ["a count of 0", ["*", { count: 0 }], { code: "BAD_OPTION", option: "count" }],
    ["a timeoutMs of NaN", ["*", { timeoutMs: Number.NaN }], { code: "BAD_OPTION", option: "timeoutMs" }],
    ["an unknown option", ["*", { match: "*" }], { code: "UNKNOWN_OPTION", option: "match" }],
  ] as const)("%s is refused", async (_, args, expected) => {
    const scan = place.client.scan(...(args as unknown as [string]));
    await expect(scan.next()).rejects.toMatchObject({ name: "ConfigError", ...expected });
  });
});

describeInBothPlaces("scan against the clock", (place) => {
  test("a step that gets no answer ends at its deadline, or at once when it is aborted", async () => {
    await using proxy = await startProxy(place.servers.nodes[0]!.port);
    // As one server, so that all goes through the proxy.
    await using client = await connect(proxy.url, { database: 0, cluster: false, deadNodeTimeoutMs: 60_000 });
    proxy.pause();
    const begun = performance.now();
    await expect(client.scan("*", { timeoutMs: 100 }).next()).rejects.toMatchObject({
      name: "TimeoutError",
      code: "TIMEOUT",
    });
    expect(performance.now() - begun).toBeLessThan(2500);
    const reason = new Error("enough");
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 50);
    await expect(client.scan("*", { signal: abort.signal }).next()).rejects.toMatchObject({
      name: "AbortError",
      code: "ABORTED",
      cause: reason,
    });
    expect(performance.now() - begun).toBeLessThan(4500);
    proxy.resume();
    await expect(client.scan("*", { signal: abort.signal }).next()).rejects.toMatchObject({ cause: reason });
  });
});
