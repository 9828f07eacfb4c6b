import { setTimeout as sleep } from "node:timers/promises";
import calculateSlot from "cluster-key-slot";
import { Cluster, Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { expect, test } from "vitest";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { CommandReader } from "./command-reader.ts";
import { startScripted, startScriptedCluster } from "./scripted.ts";
import { resp } from "./scripted-answers.ts";

test("a scripted server passes the handshake of ioredis 5 and 6 and answers as the test says", async () => {
  await using server = await startScripted((command) =>
    command.name === "GET" ? resp(`value of ${command.text[0]}`) : undefined,
  );
  for (const client of [
    new Redis({ port: server.port, password: "p", db: 2, connectionName: "c" }),
    new Redis({ port: server.port, protocol: 3 }),
    new Redis5({ port: server.port, username: "u", password: "p" }),
  ]) {
    expect(await client.get("k")).toBe("value of k");
    expect(await client.echo("nonce")).toBe("nonce");
    client.disconnect();
  }
  expect(server.names).toContain("SELECT");
});

test("a scripted cluster is accepted by ioredis and told which node was asked", async () => {
  const asked: number[] = [];
  const servers = await startScriptedCluster(3, (node, command) => {
    if (command.name !== "GET") return undefined;
    asked.push(node);
    return resp(String(node));
  });
  const cluster = new Cluster(servers.map(({ host, port }) => ({ host, port })));
  const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);
  const owners = keys.map((key) => String(Math.floor((calculateSlot(key) * 3) / 16_384)));
  expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(owners);
  expect(new Set(asked)).toEqual(new Set([0, 1, 2]));
  cluster.disconnect();
  await Promise.all(servers.map((server) => server.stop()));
});

test("a scripted server stays silent, answers late without overtaking, and sends raw bytes at any time", async () => {
  let release: (raw: string) => void = () => {};
  const held = new Promise<string>((resolve) => {
    release = resolve;
  });
  await using server = await startScripted(({ name }) =>
    name === "GET" ? held : name === "DEL" ? null : undefined,
  );
  const client = new CommandConnection(server.port);
  const first = client.send("GET", "k");
  const second = client.send("ECHO", "behind");
  release("+held\r\n");
  expect([await first, await second]).toEqual(["held", "behind"]);
  const silent = client.send("DEL", "k");
  expect(await Promise.race([silent, sleep(50, "silence")])).toBe("silence");
  server.connections[0]?.write(":7\r\n");
  expect(await silent).toBe(7);
  client.close();
});

test("the command reader finds the same commands at every split of the bytes", () => {
  const bytes = Buffer.from(
    "*2\r\n$3\r\nGET\r\n$4\r\n\r\n*1\r\n*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
  );
  const whole = new CommandReader().push(bytes);
  expect(whole.map((parts) => parts.map(String))).toEqual([["GET", "\r\n*1"], ["PING"], ["ECHO", ""]]);
  for (let split = 0; split <= bytes.length; split++) {
    const reader = new CommandReader();
    const found = [...reader.push(bytes.subarray(0, split)), ...reader.push(bytes.subarray(split))];
    expect(found).toEqual(whole);
  }
});
