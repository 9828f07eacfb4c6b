import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { findExecutable } from "../../../src/cli/server-binary.ts";
import { type Server, startServer } from "../../../src/server/index.ts";
import { hasOpenssl, makeCertificates } from "../../cluster/certificates.ts";
import { describeUnless, until } from "../../rig/index.ts";
import { runTool, Tool } from "./tool.ts";

const cli = findExecutable(["redis-cli"]) as string;
const missing = cli === undefined ? "needs redis-cli on the PATH" : undefined;
const PATIENCE_MS = 30_000;

describeUnless("redis", missing, "redis-cli on one node", () => {
  let server: Server;
  let login: string[] = [];
  beforeAll(async () => {
    server = await startServer({ password: "s e/cret", users: { app: "on >pw ~* &* +@all" } });
    login = ["-p", String(server.port), "-a", "s e/cret", "--no-auth-warning"];
    for (let index = 0; index < 300; index += 1) await call("SET", `key:${index}`, "x".repeat(index));
  });
  beforeEach(() => call("DEL", "k"));
  afterAll(() => server.close());

  async function call(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runTool(cli, [...login, ...args]);
    expect({ code, stderr, args }).toEqual({ code: 0, stderr: "", args });
    return stdout;
  }

  test("runs one command, with users, databases, -r, -x, -e, RESP3, JSON, CSV and a URI", async () => {
    expect(await call("PING")).toBe("PONG\n");
    expect(await call("SET", "k", "1")).toBe("OK\n");
    expect(await call("--no-raw", "GET", "k")).toBe('"1"\n');
    expect(await call("-r", "3", "INCR", "k")).toBe("2\n3\n4\n");
    expect(await call("INFO", "server")).toContain("redis_version:7.0.15");
    expect(await call("-n", "4", "DBSIZE")).toBe("0\n");
    expect(await call("-3", "--no-raw", "CONFIG", "GET", "timeout")).toBe('1# "timeout" => "0"\n');
    expect(await call("--json", "CONFIG", "GET", "timeout")).toBe('{"timeout":"0"}\n');
    expect(await call("--csv", "MGET", "k", "none")).toBe('"4",NULL\n');
    expect(await call("--user", "app", "--pass", "pw", "ACL", "WHOAMI")).toBe("app\n");
    expect(
      (await runTool(cli, ["-u", `redis://app:pw@127.0.0.1:${server.port}/3`, "CLIENT", "INFO"])).stdout,
    ).toMatch(/ db=3 .* user=app /);
    expect((await runTool(cli, [...login, "-x", "SET", "k"], "from stdin\n\0")).stdout).toBe("OK\n");
    expect(await call("STRLEN", "k")).toBe("12\n");
    expect((await runTool(cli, [...login, "-e", "INCR", "k"])).code).toBe(1);
    expect((await runTool(cli, ["-p", String(server.port), "PING"])).stdout).toContain("NOAUTH");
  });

  test("reads commands from a pipe, transactions and errors among them", async () => {
    const { stdout, code } = await runTool(
      cli,
      login,
      'SET a "b c"\nGET a\nNOSUCH\nMULTI\nAPPEND a d\nGET a\nEXEC\nSELECT 5\nGET a\nHELP GET\n',
    );
    expect(code).toBe(0);
    const lines = stdout.split("\n").filter((line) => line !== "");
    expect(lines.slice(0, 9)).toEqual([
      "OK",
      "b c",
      expect.stringContaining("ERR unknown command 'NOSUCH'"),
      "OK",
      "QUEUED",
      "QUEUED",
      "4",
      "b cd",
      "OK",
    ]);
    // In colours.
    expect(stdout).toMatch(/since:.* 1\.0\.0/);
  });

  test("loads 20,000 keys with --pipe", async () => {
    const commands = Array.from({ length: 20_000 }, (_, index) =>
      index % 2 === 0
        ? `SET pipe:${index} ${index}\r\n`
        : `*3\r\n$3\r\nSET\r\n$10\r\npipe:${String(index).padStart(5, "0")}\r\n$2\r\n\xff\0\r\n`,
    );
    const { code, stdout } = await runTool(
      cli,
      [...login, "-n", "2", "--pipe"],
      Buffer.from(commands.join(""), "latin1"),
    );
    expect(stdout).toContain("errors: 0, replies: 20000");
    expect(code).toBe(0);
    expect(await call("-n", "2", "DBSIZE")).toBe("20000\n");
  });

  test("scans, and finds the biggest keys", async () => {
    const found = (await call("--scan", "--pattern", "key:*")).trim().split("\n");
    expect(new Set(found).size).toBe(300);
    expect(await call("--bigkeys")).toMatch(/Biggest string found '"key:299"' has 299 bytes/);
    expect(await call("--memkeys")).toMatch(/Biggest string found '"key:2\d\d"' has \d+ bytes/);
    await call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    for (let round = 0; round < 30; round += 1) await call("GET", "key:7");
    expect(await call("--hotkeys")).toMatch(/hot key found with counter: \d+\tkeyname: "key:7"/);
    await call("CONFIG", "SET", "maxmemory-policy", "noeviction");
  });

  test("shows rolling statistics and latencies", async () => {
    await using stat = new Tool(cli, [...login, "--stat", "-i", "0.05"]);
    await until(
      "it shows some",
      () => (stat.stdout.match(/^\d+ +\S+ +\d+ /gm)?.length ?? 0) > 2,
      PATIENCE_MS,
    );
    const text = (await runTool(cli, [...login, "--raw", "-i", "0.2", "--latency"])).stdout;
    expect(text).toMatch(/^\d+ \d+ [\d.]+ \d+\n$/);
    await using history = new Tool(cli, [...login, "--raw", "--latency-history", "-i", "0.2"]);
    await until("it shows some", () => history.stdout.split("\n").length > 2, PATIENCE_MS);
  });

  test("watches with MONITOR and hears with SUBSCRIBE and PSUBSCRIBE", async () => {
    await using monitor = new Tool(cli, [...login, "MONITOR"]);
    await until("it watches", () => monitor.stdout.startsWith("OK"), PATIENCE_MS);
    await using subscriber = new Tool(cli, [...login, "SUBSCRIBE", "news", "other"]);
    await using resp3 = new Tool(cli, [...login, "-3", "PSUBSCRIBE", "n*"]);
    await until(
      "they are subscribed",
      () => /other\n2/.test(subscriber.stdout) && /n\*\n1/.test(resp3.stdout),
    );
    expect(await call("PUBLISH", "news", "läuft")).toBe("2\n");
    await until("they heard", () => [subscriber, resp3].every(({ stdout }) => stdout.includes("läuft")));
    expect(monitor.stdout).toMatch(/^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "PUBLISH" "news" "l\\xc3\\xa4uft"$/m);
  });

  test("tells of expired keys by keyspace events", async () => {
    await call("CONFIG", "SET", "notify-keyspace-events", "Ex");
    await using subscriber = new Tool(cli, [...login, "PSUBSCRIBE", "__keyevent@*__:expired"]);
    await until("it is subscribed", () => subscriber.stdout.includes("psubscribe"), PATIENCE_MS);
    await call("SET", "k", "1", "PX", "10");
    await until("it is told", () => /__:expired\nk\n/.test(subscriber.stdout), PATIENCE_MS);
    await call("CONFIG", "SET", "notify-keyspace-events", "");
  });

  test("is refused what is not there yet, and says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slotpack-cli-"));
    try {
      expect(await call("LPUSH", "list", "x")).toContain("ERR unknown command 'LPUSH'");
      const { code, stderr } = await runTool(cli, [...login, "--rdb", join(folder, "dump.rdb")]);
      expect(code).not.toBe(0);
      expect(stderr).toContain("unknown command 'SYNC'");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describeUnless(
    "openssl",
    hasOpenssl() ? undefined : "needs openssl on the PATH",
    "with a certificate",
    () => {
      test("speaks TLS", async () => {
        using certificates = makeCertificates();
        await using secure = await startServer({
          tls: { cert: readFileSync(certificates.certFile), key: readFileSync(certificates.keyFile) },
        });
        const args = ["-p", String(secure.port), "--tls", "--cacert", certificates.caFile];
        expect((await runTool(cli, [...args, "SET", "k", "1"])).stdout).toBe("OK\n");
        expect((await runTool(cli, [...args, "GET", "k"])).stdout).toBe("1\n");
      });
    },
  );
});
