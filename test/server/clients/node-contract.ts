import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../../src/server/index.ts";
import { hasOpenssl, makeCertificates } from "../../cluster/certificates.ts";
import { describeUnless, until } from "../../rig/index.ts";
import type { Driver, DriverOptions, OpenDriver } from "./driver.ts";

const PATIENCE_MS = 30_000;

/** What users of a client do with one server, on an embedded one. */
export function describeOnOneNode(name: string, open: OpenDriver): void {
  describe(`${name} on one node`, () => {
    const drivers: Driver[] = [];
    let server: Server;
    let driver: Driver;

    async function connect(options: Partial<DriverOptions> = {}): Promise<Driver> {
      const { host, port } = server;
      const opened = await open({ host, port, password: "s e/cret", ...options });
      drivers.push(opened);
      return opened;
    }

    beforeAll(async () => {
      server = await startServer({
        password: "s e/cret",
        users: { reader: "on >only~reads ~public:* resetchannels +@read +@connection +info +command" },
      });
      driver = await connect({ name: "its-name" });
    });
    beforeEach(() => driver.call("FLUSHALL"));
    afterAll(async () => {
      await Promise.all(drivers.map((opened) => opened.close()));
      await server.close();
    });

    test("keeps strings and bytes of any kind and length", async () => {
      await driver.set("text", "schön, 漢字, 💀\r\n");
      expect(await driver.get("text")).toBe("schön, 漢字, 💀\r\n");
      expect(await driver.get("none")).toBeNull();
      for (const value of [Buffer.of(), Buffer.of(0, 255, 13, 10, 0x24, 0xc3), randomBytes(1_500_000)]) {
        await driver.set("bytes", value);
        expect(value.equals((await driver.getBytes("bytes")) as Buffer)).toBe(true);
      }
      expect(await driver.getBytes("none")).toBeNull();
      expect(Number(await driver.call("DEL", "text", "bytes", "none"))).toBe(2);
    });

    test("has keys expire", async () => {
      await driver.set("long", "1", 100_000);
      const left = Number(await driver.call("PTTL", "long"));
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(100_000);
      await driver.set("short", "1", 20);
      await until("it is gone", async () => (await driver.get("short")) === null);
      expect(Number(await driver.call("TTL", "short"))).toBe(-2);
      await driver.call("PERSIST", "long");
      expect(Number(await driver.call("TTL", "long"))).toBe(-1);
    });

    test("takes pipelines, with each error at its place", async () => {
      const commands = Array.from({ length: 500 }, (_, index) => ["SET", `key:${index}`, `${index}`]);
      expect(await driver.pipeline(commands)).toEqual(commands.map(() => "OK"));
      const [value, failed, count] = await driver.pipeline([
        ["GET", "key:42"],
        ["INCR", "key:no-number", "one too many"],
        ["INCRBY", "key:42", "8"],
      ]);
      expect(value).toBe("42");
      expect(String(failed)).toContain("wrong number of arguments for 'incr' command");
      expect(Number(count)).toBe(50);
    });

    test("runs transactions, and none on a key that was changed after WATCH", async () => {
      const other = await connect();
      const commands = [
        ["INCR", "n"],
        ["APPEND", "n", "0"],
        ["GET", "n"],
      ];
      expect(await driver.transaction(commands)).toEqual([1, 2, "10"]);
      expect(await driver.transaction(commands, ["n"])).toEqual([11, 3, "110"]);
      const change = () => other.set("n", "5");
      expect(await driver.transaction(commands, ["other", "n"], change)).toBeNull();
      expect(await driver.get("n")).toBe("5");
      const [failed, last] = (await driver.transaction([
        ["INCRBY", "n", "x"],
        ["INCR", "n"],
      ])) as unknown[];
      expect(String(failed)).toContain("value is not an integer or out of range");
      expect(last).toBe(6);
    });

    test("hears messages of channels and patterns", async () => {
      const heard: string[] = [];
      const subscriber = await connect();
      await subscriber.subscribe("news", "weather.*", (channel, text) => heard.push(`${channel}: ${text}`));
      for (const [channel, text] of [
        ["news", "one"],
        ["weather.rain", "läuft"],
        ["nobody", "hears"],
        ["news", "two"],
      ] as const) {
        expect(Number(await driver.call("PUBLISH", channel, text))).toBe(channel === "nobody" ? 0 : 1);
      }
      await until("all are heard", () => heard.length >= 3);
      expect(heard.sort()).toEqual(["news: one", "news: two", "weather.rain: läuft"]);
    });

    test("iterates over all keys", async () => {
      const commands = Array.from({ length: 1000 }, (_, index) => ["SET", `it:${index}`, "x"]);
      await driver.pipeline([...commands, ["SET", "other", "x"]]);
      const found = new Set(await driver.scan("it:*"));
      expect(found).toEqual(new Set(commands.map(([, key]) => key)));
    });

    test("has a name, and a database of its own", async () => {
      expect(await driver.call("CLIENT", "GETNAME")).toBe("its-name");
      const other = await connect({ database: 7 });
      await other.set("k", "in 7");
      expect(await driver.get("k")).toBeNull();
      expect(server.node.databases[7]?.size).toBe(1);
    });

    test("logs in as a user, and is refused what that may not, or with a wrong password", async () => {
      await driver.set("public:a", "1");
      const reader = await connect({ username: "reader", password: "only~reads" });
      expect(await reader.get("public:a")).toBe("1");
      await expect(reader.set("public:a", "2")).rejects.toThrow(/permission|NOPERM/i);
      await expect(reader.get("private")).rejects.toThrow(/permission|NOPERM/i);
      await expect(connect({ username: "reader", password: "wrong" })).rejects.toThrow(
        /WRONGPASS|invalid username-password|AuthenticationFailed/,
      );
    });

    test("shows the server's errors", async () => {
      await driver.set("k", "text");
      await expect(driver.call("NOSUCH", "a")).rejects.toThrow(/unknown command '?`?NOSUCH/i);
      await expect(driver.call("INCR", "k")).rejects.toThrow("value is not an integer or out of range");
      await expect(driver.call("SET", "k")).rejects.toThrow("wrong number of arguments for 'set' command");
      await expect(driver.call("CONFIG", "SET", "nosuch", "1")).rejects.toThrow(/nosuch/);
    });

    test("comes back after the server was killed and started again", async () => {
      const { port } = server;
      const heard: string[] = [];
      const subscriber = await connect();
      await subscriber.subscribe("news", "more.*", (channel) => heard.push(channel));
      await server.kill();
      server = await startServer({ port, password: "s e/cret" });
      const works = async (one: Driver) => (await one.call("PING")) === "PONG";
      await until("it is connected again", () => works(driver), PATIENCE_MS);
      expect(await driver.get("k")).toBeNull();
      const publish = async () => {
        await driver.call("PUBLISH", "news", "x");
        await driver.call("PUBLISH", "more.news", "x");
        return heard.includes("news") && heard.includes("more.news");
      };
      await until("it is subscribed again", publish, PATIENCE_MS);
    });

    const missing = hasOpenssl() ? undefined : "needs openssl on the PATH";
    describeUnless("openssl", missing, "with a certificate", () => {
      test("speaks TLS", async () => {
        using certificates = makeCertificates();
        await using secure = await startServer({
          tls: { cert: await readFile(certificates.certFile), key: await readFile(certificates.keyFile) },
          password: "s e/cret",
        });
        const client = await open({
          host: "localhost",
          port: secure.port,
          password: "s e/cret",
          ca: certificates.ca,
        });
        await client.set("k", Buffer.alloc(100_000, "x"));
        expect((await client.getBytes("k"))?.length).toBe(100_000);
        await client.close();
      });
    });
  });
}
