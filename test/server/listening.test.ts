import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { freePort, releasePort } from "../../src/cli/free-port.ts";
import { type Server, type ServerOptions, startServer } from "../../src/server/index.ts";
import { describeWith, until } from "../rig/index.ts";
import { RespClient } from "./resp-client.ts";

const servers: Server[] = [];
async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Sockets and servers of this process, as Node counts them. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe(Server)?Wrap|TLS/.test(name));
}

describe("a server", () => {
  test("listens on a free port, and leaves no handle when it is closed", async () => {
    const before = handles();
    const server = await startServer();
    const clients = await Promise.all([1, 2, 3].map(() => RespClient.connect(server.port)));
    expect(await clients[0]?.call("PING")).toBe("+PONG");
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    await Promise.all([server.close(), server.close()]);
    await Promise.all(clients.map((client) => client.end()));
    await server.closed;
    await until("no handle is left", () => handles().length === before.length);
    await expect(RespClient.connect(server.port)).rejects.toThrow("ECONNREFUSED");
  });

  test("says that a port is taken, and that a parameter is wrong", async () => {
    const { port } = await start();
    await expect(startServer({ port })).rejects.toThrow("EADDRINUSE");
    await expect(startServer({ config: { timeout: "x" } })).rejects.toThrow("'timeout x'");
    await expect(startServer({ config: { nosuch: 1 } })).rejects.toThrow("nosuch");
  });

  test("moves to another port or address, stays where it cannot, and keeps its connections", async () => {
    const before = handles();
    const [server, other] = [await start(), await start()];
    const [old, free] = [server.port, await freePort()];
    const client = await RespClient.connect(old);
    const set = (...pairs: (string | number)[]) => client.call("CONFIG", "SET", ...pairs);
    expect(await set("maxmemory", "1mb", "port", other.port)).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
    );
    expect(await client.call("CONFIG", "GET", "maxmemory")).toEqual(["*", "$maxmemory", "$0"]);
    expect(await set("bind", "192.0.2.1")).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
    );
    const second = await RespClient.connect(old);
    expect(await set("port", free)).toBe("+OK");
    releasePort(free);
    expect(server.url).toBe(`redis://127.0.0.1:${free}`);
    await expect(RespClient.connect(old)).rejects.toThrow("ECONNREFUSED");
    const third = await RespClient.connect(free);
    expect([await second.call("PING"), await third.call("PING")]).toEqual(["+PONG", "+PONG"]);
    expect(await set("bind", "")).toBe("+OK");
    await expect(RespClient.connect(free)).rejects.toThrow("ECONNREFUSED");
    expect(await set("bind", "127.0.0.1")).toBe("+OK");
    const fourth = await RespClient.connect(free);
    expect(await fourth.call("CONFIG", "GET", "bind")).toEqual(["*", "$bind", "$127.0.0.1"]);
    await Promise.all([server.close(), other.close()]);
    await Promise.all([client, second, third, fourth].map((connection) => connection.end()));
    await until("no handle is left", () => handles().length <= before.length);
  });

  test("listens on a Unix socket, alone or beside a port", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slotpack-"));
    const path = join(folder, "s");
    const server = await start({ port: -1, unixSocket: path });
    expect(server.url).toBe(`unix://${path}`);
    const client = await RespClient.connect({ path });
    expect(await client.call("ECHO", "hi")).toBe("$hi");
    expect(String(await client.call("CLIENT", "INFO"))).toContain(` addr=${path}:0 laddr=${path}:0 `);
    expect(String(await client.call("CLIENT", "INFO"))).toContain(" flags=U ");
    await server.close();
    await client.end();
    expect(existsSync(path)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test("ends on SHUTDOWN without a reply", async () => {
    const server = await start();
    const client = await RespClient.connect(server.port);
    expect(await client.call("SHUTDOWN", "ABORT")).toBe("-ERR No shutdown in progress.");
    client.send("SHUTDOWN NOSAVE\r\n");
    await client.end();
    await server.closed;
  });

  test("takes its options from a redis.conf, and CONFIG REWRITE writes back what changed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slotpack-"));
    const file = join(folder, "redis.conf");
    const lines = [
      "# a comment",
      "port 0",
      'requirepass "a b"',
      "maxmemory 10mb",
      "save 900 1",
      "save 300 10",
      "timeout 0",
    ];
    const { writeFileSync } = await import("node:fs");
    writeFileSync(file, `${lines.join("\n")}\n`);
    const server = await start({ configFile: file });
    const client = await RespClient.connect(server.port);
    expect(await client.call("PING")).toBe("-NOAUTH Authentication required.");
    expect(await client.call("AUTH", "a b")).toBe("+OK");
    expect(await client.call("CONFIG", "GET", "save")).toEqual(["*", "$save", "$900 1 300 10"]);
    expect(await client.call("CONFIG", "SET", "timeout", "9", "maxmemory", "0", "hz", "20")).toBe("+OK");
    expect(await client.call("CONFIG", "REWRITE")).toBe("+OK");
    const text = readFileSync(file, "utf8");
    expect(text).toContain("# a comment\n");
    expect(text).toContain('requirepass "a b"\n');
    expect(text).toContain("timeout 9\n");
    expect(text).toContain("hz 20\n");
    expect(text).not.toContain("maxmemory");
    client.close();
    await server.close();
    const again = await start({ configFile: file });
    expect(again.node.config.number("timeout")).toBe(9);
    rmSync(folder, { recursive: true });
  });

  test("turns away connections beyond maxclients", async () => {
    const server = await start({ config: { maxclients: 2 } });
    const first = await RespClient.connect(server.port);
    const second = await RespClient.connect(server.port);
    await Promise.all([first.call("PING"), second.call("PING")]);
    const third = await RespClient.connect(server.port);
    expect(await third.reply()).toBe("-ERR max number of clients reached");
    await third.end();
    second.close();
    await until("the place is free", () => server.node.clients.size === 1);
    const fourth = await RespClient.connect(server.port);
    expect(await fourth.call("PING")).toBe("+PONG");
    expect(server.node.stats.rejectedConnections).toBe(1);
  });
});

describeWith("openssl", "a server with TLS", () => {
  test("speaks it on its port", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slotpack-"));
    const [keyFile, certFile] = [join(folder, "key"), join(folder, "cert")];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
      ].concat(["-subj", "/CN=localhost", "-keyout", keyFile, "-out", certFile]),
      { stdio: "ignore" },
    );
    const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];
    const server = await start({ tls: { key, cert } });
    expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`);
    const socket = connectTls({ port: server.port, host: "127.0.0.1", ca: cert, servername: "localhost" });
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.write(`ECHO ${"x".repeat(5000)}\r\nPING\r\n`);
    await until("the replies are there", () => received === `$5000\r\n${"x".repeat(5000)}\r\n+PONG\r\n`);
    await server.close();
    socket.destroy();
    rmSync(folder, { recursive: true });
  });
});
