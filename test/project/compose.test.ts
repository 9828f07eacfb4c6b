import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeGuard, openGuard } from "../../src/cli/process-guard.ts";
import { findExecutable, findServerBinary } from "../../src/cli/server-binary.ts";
import { ServerProcess } from "../../src/cli/server-process.ts";
import { describeWithServer } from "../rig/gate.ts";
import { until } from "../rig/until.ts";
import { type ComposeService, readCompose, serverConfig } from "./compose-file.ts";

const run = promisify(execFile);
const compose = readCompose();
const INIT = "cluster-init";
const servers = Object.entries(compose.services).filter(([name]) => name !== INIT);
const clusterNames = servers.map(([name]) => name).filter((name) => name.startsWith("node-"));

describe("docker-compose.yml", () => {
  test("has one standalone server, six nodes and an init job that waits for all of them to be healthy", () => {
    expect(servers.map(([name]) => name)).toEqual(["standalone", ...clusterNames]);
    expect(clusterNames).toHaveLength(6);
    const waits = compose.services[INIT]?.depends_on ?? {};
    expect(Object.keys(waits)).toEqual(clusterNames);
    expect(new Set(Object.values(waits).map(({ condition }) => condition))).toEqual(
      new Set(["service_healthy"]),
    );
  });

  test("publishes every server on loopback, on the port that it listens to and that no other has", () => {
    const ports = servers.map(([, service]) => String(serverConfig(compose, service).port));
    expect(new Set(ports).size).toBe(ports.length);
    expect(servers.map(([, service]) => service.ports)).toEqual(
      ports.map((port) => [`127.0.0.1:${port}:${port}`]),
    );
  });

  test("uses the same image everywhere", () => {
    const images = Object.values(compose.services).map((service) => service.image);
    expect(new Set(images)).toEqual(new Set(["valkey/valkey:9"]));
  });
});

describeWithServer("the commands of docker-compose.yml, run with the local server", () => {
  const running = new Map<string, ServerProcess>();
  let folder = "";
  let tools = "";

  beforeAll(async () => {
    folder = openGuard();
    tools = join(folder, "compose-tools");
    const binary = findServerBinary();
    for (const [name, service] of servers) {
      const config = { ...serverConfig(compose, service), bind: "127.0.0.1" };
      running.set(name, new ServerProcess(binary, join(folder, `compose-${name}`), config));
    }
    await Promise.all([...running.values()].map((server) => server.start()));
    await makeTools(tools);
  });
  afterAll(async () => {
    await Promise.all([...running.values()].map((server) => server.stop()));
    closeGuard();
  });

  const serverOf = (name: string): ServerProcess => running.get(name) as ServerProcess;

  /** Runs a container's command here: its services on loopback, its ports the ones that were free. */
  const runLocally = async (command: readonly string[]): Promise<string> => {
    const [program, ...args] = command.map((part) =>
      part
        .replaceAll("$$", "$")
        .replaceAll("node-$port", "127.0.0.1")
        .replaceAll(/\bnode-\d{4}|\b(6379|7\d{3})\b/g, (_, port?: string) => {
          if (port === undefined) return "127.0.0.1";
          return String(serverOf(port === "6379" ? "standalone" : `node-${port}`).port);
        }),
    ) as [string, ...string[]];
    const env = { ...process.env, PATH: `${tools}:${process.env.PATH}` };
    const { stdout } = await run(program, args, { env, timeout: 50_000 });
    return stdout;
  };

  test("every health check passes on a server that answers", async () => {
    for (const [, service] of servers) {
      const [kind, ...command] = service.healthcheck?.test ?? [];
      expect(kind).toBe("CMD");
      expect(await runLocally(command)).toBe("PONG\n");
    }
  });

  test("the init job forms three primaries with a replica each, and a second run changes nothing", async () => {
    const { entrypoint = [], command } = compose.services[INIT] as ComposeService;
    expect(await runLocally([...entrypoint, ...command])).toContain("The cluster is formed.");
    const nodes = clusterNames.map(serverOf);
    const shape = async (): Promise<string[]> => {
      const text = String(await serverOf("node-7000").command("CLUSTER", "NODES"));
      return text
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(0, 4).join(" "))
        .sort();
    };
    for (const node of nodes) {
      await until("every node knows three replicas", async () => {
        const roles = String(await node.command("CLUSTER", "NODES"));
        return roles.match(/ (myself,)?slave [0-9a-f]{40} /g)?.length === 3;
      });
    }
    const before = await shape();
    expect(before.filter((line) => line.includes("master"))).toHaveLength(3);
    for (const node of nodes) {
      expect(String(await node.command("CLUSTER", "INFO"))).toContain("cluster_state:ok");
    }
    expect(await runLocally([...entrypoint, ...command])).toBe("The cluster is already formed.\n");
    expect(await shape()).toEqual(before);
  });

  test("clients are sent to localhost, at the port that is published", async () => {
    const ports = clusterNames.map((name) => serverOf(name).port);
    const ranges = (await serverOf("node-7001").command("CLUSTER", "SLOTS")) as [
      number,
      number,
      [string, number],
    ][];
    const endpoints = ranges.map(([, , [host, port]]) => [host, ports.includes(port)]);
    expect(endpoints).toEqual(ranges.map(() => ["localhost", true]));
  });
});

/** The image's `valkey-cli` by the name that this machine has for it, and a `getent` for machines without one. */
async function makeTools(folder: string): Promise<void> {
  const client = findExecutable(["valkey-cli", "redis-cli"]);
  if (client === undefined) throw new Error("needs valkey-cli or redis-cli, which come with the server");
  await run("mkdir", ["-p", folder]);
  const scripts = { "valkey-cli": `exec ${client} "$@"`, getent: 'echo "$2 STREAM"' };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}
