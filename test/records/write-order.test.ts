import { afterEach, describe, expect, test } from "vitest";
import { type BatchError, connect, type LayoutName, RecordStore, type SlotClient } from "../../src/index.ts";
import { type ScriptedServer, startScripted, startScriptedCluster, until } from "../rig/index.ts";

const OK = "+OK\r\n";
const record = (key: string, size = 100) => ({ key, metadata: { key }, bytes: Buffer.alloc(size, 1) });

describe("the order in which a record is written", () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  async function storeOf(
    servers: readonly ScriptedServer[],
    clustered: boolean,
    layout: LayoutName = "tagged-pair",
  ): Promise<RecordStore> {
    const address = servers.map((server) => server.address).join(",");
    const client: SlotClient = await connect(`${clustered ? "redis-cluster" : "redis"}://${address}`);
    open.push(client, {
      close: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    });
    return new RecordStore(client, { layout });
  }

  const written = (server: ScriptedServer) =>
    server.commands.filter(({ name }) => name === "SET" || name === "MSET");

  for (const size of [100, 100_000]) {
    test(`is bytes before metadata, in one MSET or two SETs, for ${size} bytes`, async () => {
      const server = await startScripted(({ name }) => (/^M?SET$/.test(name) ? OK : undefined));
      const store = await storeOf([server], false);
      await store.putMany([record("a", size), record("", size)]);
      await store.putMany([record("b", size)], { ttlMs: 1000, timeoutMs: 500 });
      const seen = written(server).map(({ name, text }) => [
        name,
        ...text.filter((word) => /^\{|^PX|^\d+$/.test(word)),
      ]);
      expect(seen).toEqual([
        ["MSET", "{a}:kv_bytes", "{a}:metadata"],
        ["MSET", "{}:kv_bytes", "{}:metadata"],
        ["SET", "{b}:kv_bytes", "PX", "1500"],
        ["SET", "{b}:metadata", "PX", "1000"],
      ]);
    });
  }

  test("waits for the bytes' acknowledgement where metadata lies elsewhere", async () => {
    let acknowledge: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    const servers = await startScriptedCluster(3, async (_node, { name, text }) => {
      if (name !== "SET") return undefined;
      if (text[0] === "{}late}:kv_bytes") await held;
      return OK;
    });
    const store = await storeOf(servers, true);
    const keys = ["}early", "}late", "}other", "", "plain"];
    const put = store.putMany(keys.map((key) => record(key)));
    const all = () => servers.flatMap(written).map(({ text }) => text[0]!);
    await until("all bytes are there", () => all().length === keys.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(all().sort()).toEqual(keys.map((key) => `{${key}}:kv_bytes`).sort());
    acknowledge!();
    await put;
    expect(all().filter((name) => name.endsWith(":metadata"))).toHaveLength(keys.length);
  });

  for (const layout of ["colon-pair", "upstream-pair"] as const) {
    test(`waits for the bytes of every record whose names are apart by nature, and leaves out what was refused: ${layout}`, async () => {
      const end = (half: string) => (layout === "colon-pair" ? `:${half}` : half);
      let acknowledge: (() => void) | undefined;
      const held = new Promise<void>((resolve) => {
        acknowledge = resolve;
      });
      const servers = await startScriptedCluster(3, async (_node, { name, text }) => {
        if (name !== "SET") return undefined;
        if (text[0] === `late${end("kv_bytes")}`) await held;
        return text[0] === `full${end("kv_bytes")}` ? "-OOM command not allowed\r\n" : OK;
      });
      const store = await storeOf(servers, true, layout);
      const keys = ["early", "late", "full", "", "with{tag}"];
      const put = store.putMany(
        keys.map((key) => record(key)),
        { ttlMs: 1000, timeoutMs: 30_000 },
      );
      const all = () => servers.flatMap(written).map(({ text }) => text);
      await until("all bytes are there", () => all().length === keys.length);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(
        all()
          .map(([name]) => name)
          .sort(),
      ).toEqual(keys.map((key) => key + end("kv_bytes")).sort());
      acknowledge!();
      await expect(put).rejects.toMatchObject({ code: "OOM" });
      const metadata = all().filter(([name]) => name!.endsWith("metadata"));
      expect(metadata.map(([name]) => name).sort()).toEqual(
        keys
          .filter((key) => key !== "full")
          .map((key) => key + end("metadata"))
          .sort(),
      );
      // The bytes live longer, by the call's deadline.
      for (const text of all())
        expect(text.slice(2)).toEqual(["PX", text[0]!.endsWith("metadata") ? "1000" : "31000"]);
    });
  }

  test("never comes to the metadata of a record whose bytes were refused", async () => {
    const servers = await startScriptedCluster(3, (_node, { name, text }) => {
      if (name !== "SET") return undefined;
      return text[0] === "{}full}:kv_bytes"
        ? "-OOM command not allowed when used memory > 'maxmemory'.\r\n"
        : OK;
    });
    const store = await storeOf(servers, true);
    const keys = ["}one", "}full", ""];
    const error: BatchError = await store.putMany(keys.map((key) => record(key))).then(
      () => expect.fail("nothing was refused"),
      (reason) => reason,
    );
    expect(error.code).toBe("OOM");
    expect(error.results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(error.results[1]).toMatchObject({ reason: { code: "OOM", keyIndex: 1 } });
    const names = servers.flatMap(written).map(({ text }) => text[0]);
    expect(names.filter((name) => name!.endsWith(":metadata")).sort()).toEqual([
      "{}:metadata",
      "{}one}:metadata",
    ]);
  });

  test("ends with the deadline, and tells of every record whose metadata was not written", async () => {
    const servers = await startScriptedCluster(3, (_node, { name, text }) => {
      if (name !== "SET") return undefined;
      return text[0] === "{}silent}:kv_bytes" ? null : OK;
    });
    const store = await storeOf(servers, true);
    const keys = ["}one", "}silent", "", "}two"];
    const began = performance.now();
    const error: BatchError = await store
      .putMany(
        keys.map((key) => record(key)),
        { timeoutMs: 1000 },
      )
      .then(
        () => expect.fail("nothing was silent"),
        (reason) => reason,
      );
    expect(performance.now() - began).toBeLessThan(1900);
    expect(error).toMatchObject({ name: "TimeoutError", code: "TIMEOUT" });
    expect(error.results.map(({ status }) => status)).toEqual(keys.map(() => "rejected"));
    expect(error.results.map((result) => (result as PromiseRejectedResult).reason.keyIndex)).toEqual([
      0, 1, 2, 3,
    ]);
    expect(servers.flatMap(written).some(({ text }) => text[0]!.endsWith(":metadata"))).toBe(false);
  });

  test("has one deadline for both halves", async () => {
    const servers = await startScriptedCluster(3, async (_node, { name, text }) => {
      if (name !== "SET") return undefined;
      if (text[0]!.endsWith(":metadata")) return null;
      await new Promise((resolve) => setTimeout(resolve, 700));
      return OK;
    });
    const store = await storeOf(servers, true);
    const began = performance.now();
    await expect(store.putMany([record("}k")], { timeoutMs: 1000 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(performance.now() - began).toBeGreaterThan(980);
    expect(performance.now() - began).toBeLessThan(1690);
  });
});
