import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, releasePort } from "../../../src/cli/free-port.ts";
import { startCluster } from "../../../src/server/start-cluster.ts";
import { startServer } from "../../../src/server/start-server.ts";
import { type Certificates, hasOpenssl, makeCertificates, serverHasTls } from "../../cluster/certificates.ts";
import {
  describeUnless,
  describeWith,
  describeWithServer,
  startServer as startReal,
  until,
} from "../../rig/index.ts";
import { RespClient } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";

async function connectTls(port: number, ca: Buffer): Promise<RespClient> {
  const socket = connect({ port, host: "127.0.0.1", ca });
  await once(socket, "secureConnect");
  return RespClient.over(socket);
}

/** Two nodes with a port with TLS and one without, who have met at the ports with TLS. */
class Two {
  readonly ports: readonly number[];
  readonly tlsPorts: readonly number[];
  readonly plain: RespClient;
  readonly tls: RespClient;
  readonly #ids: readonly string[];

  private constructor(
    ports: readonly number[],
    tlsPorts: readonly number[],
    clients: readonly [RespClient, RespClient],
    ids: readonly string[],
  ) {
    this.ports = ports;
    this.tlsPorts = tlsPorts;
    [this.plain, this.tls] = clients;
    this.#ids = ids;
  }

  static async meet(ports: readonly number[], tlsPorts: readonly number[], ca: Buffer): Promise<Two> {
    const [first, second] = (await Promise.all(ports.map((port) => RespClient.connect(port)))) as [
      RespClient,
      RespClient,
    ];
    const ids = await Promise.all(
      [first, second].map(async (node) => String(await node.call("CLUSTER", "MYID")).slice(1)),
    );
    await first.call("CLUSTER", "ADDSLOTSRANGE", 0, 8191);
    await second.call("CLUSTER", "ADDSLOTSRANGE", 8192, 16383);
    expect(await first.call("CLUSTER", "MEET", "127.0.0.1", tlsPorts[1] as number)).toBe("+OK");
    for (const node of [first, second]) {
      await until("both nodes serve", async () =>
        String(await node.call("CLUSTER", "INFO")).includes("cluster_state:ok"),
      );
    }
    second.close();
    return new Two(ports, tlsPorts, [first, await connectTls(tlsPorts[0] as number, ca)], ids);
  }

  /** Ports and ids by their names, and what differs by time left out. */
  normal(reply: WireReply): WireReply {
    if (typeof reply !== "string") return reply.map((item) => this.normal(item));
    const names = new Map<string, string>();
    for (const [index, id] of this.#ids.entries()) names.set(id, `<id${index}>`);
    for (const [index, port] of this.ports.entries()) names.set(String(port), `<plain${index}>`);
    for (const [index, port] of this.tlsPorts.entries()) {
      for (const bus of [port + 10_000, port - 10_000]) names.set(String(bus), `<bus${index}>`);
    }
    for (const [index, port] of this.tlsPorts.entries()) names.set(String(port), `<tls${index}>`);
    return reply
      .replace(/\b([0-9a-f]{40}|\d{4,5})\b/g, (word) => names.get(word) ?? word)
      .replace(/ - \d+ \d+ \d+ connected/g, " - connected");
  }

  close(): void {
    this.plain.close();
    this.tls.close();
  }
}

function suite(): void {
  let certificates: Certificates;
  const open: { close(): unknown }[] = [];
  const taken: number[] = [];
  beforeAll(() => {
    certificates = makeCertificates();
  });
  afterAll(async () => {
    for (const item of open.splice(0).reverse()) await item.close();
    for (const port of taken) releasePort(port);
    certificates[Symbol.dispose]();
  });

  function config(tlsPort: number): Record<string, string | number> {
    return {
      "cluster-enabled": "yes",
      "tls-port": tlsPort,
      "tls-cert-file": certificates.certFile,
      "tls-key-file": certificates.keyFile,
      "tls-ca-cert-file": certificates.caFile,
      "tls-auth-clients": "optional",
      "tls-cluster": "yes",
    };
  }

  async function tlsPorts(): Promise<number[]> {
    const ports = [await freePort(), await freePort()];
    taken.push(...ports);
    return ports;
  }

  async function startOurs(): Promise<Two> {
    const ports = await tlsPorts();
    const servers = await Promise.all(ports.map((port) => startServer({ config: config(port) })));
    open.push(...servers);
    return Two.meet(
      servers.map(({ port }) => port),
      ports,
      certificates.ca,
    );
  }

  async function startTheirs(): Promise<Two> {
    const ports = await tlsPorts();
    const servers = await Promise.all(ports.map((port) => startReal({ config: config(port) })));
    open.push(...servers.map((server) => ({ close: () => server.stop() })));
    return Two.meet(
      servers.map(({ node }) => node.port),
      ports,
      certificates.ca,
    );
  }

  test("with tls-cluster each client is told the ports that it can use, as by the real server", async () => {
    const [ours, theirs] = await Promise.all([startOurs(), startTheirs()]);
    open.push(ours, theirs);
    for (const command of [
      ["GET", "foo"],
      ["GET", "bar"],
      ["CLUSTER", "SLOTS"],
      ["CLUSTER", "SHARDS"],
      ["CLUSTER", "NODES"],
    ]) {
      for (const way of ["plain", "tls"] as const) {
        const replies = await Promise.all(
          [ours, theirs].map(async (two) => two.normal(await two[way].call(...command))),
        );
        expect({ command, way, reply: lines(replies[0]) }).toEqual({
          command,
          way,
          reply: lines(replies[1]),
        });
      }
    }
    expect(ours.normal(await ours.tls.call("GET", "foo"))).toBe("-MOVED 12182 127.0.0.1:<tls1>");
    expect(ours.normal(await ours.plain.call("GET", "foo"))).toBe("-MOVED 12182 127.0.0.1:<plain1>");
  });

  test("slots move between nodes whose only port has TLS", async () => {
    const { certFile, keyFile, ca } = certificates;
    const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile), ca };
    await using cluster = await startCluster({ primaries: 2, tls });
    expect(cluster.url).toMatch(/^rediss-cluster:\/\/127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/);
    const [first, second] = cluster.nodes;
    const writer = await connectTls(second?.port as number, ca);
    open.push(writer);
    expect(await writer.call("SET", "foo", "1")).toBe("+OK");
    const move = await cluster.migrateSlot(12182, first!);
    expect(move.moved).toBe(1);
    expect(await writer.call("GET", "foo")).toBe(`-MOVED 12182 ${first?.address}`);
  });
}

/** CLUSTER NODES and SHARDS list their nodes in no order. */
function lines(reply: WireReply | undefined): WireReply | undefined {
  if (Array.isArray(reply))
    return [...reply].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return typeof reply === "string" ? reply.slice(1).split("\n").sort().join("\n") : reply;
}

const TITLE = "a cluster with TLS";
if (!hasOpenssl()) describeWith("openssl", TITLE, suite);
else if (await serverHasTls().catch(() => true)) describeWithServer(TITLE, suite);
else describeUnless("redis", "needs a server built with TLS", TITLE, suite);
