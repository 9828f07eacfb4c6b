import { afterAll, beforeAll, describe } from "vitest";
import { type ConnectOptions, connect, type SlotClient } from "../../src/index.ts";
import { describeWithServer, type RigServers, startCluster, startServer } from "../rig/index.ts";

/** A running server or cluster and a client of it, for the tests of one suite. */
export interface ServerFixture {
  readonly clustered: boolean;
  readonly servers: RigServers;
  readonly client: SlotClient;
  /** Another client of the same servers, closed with the suite. */
  connect(options?: ConnectOptions): Promise<SlotClient>;
  /** A command of the rig's own connection, sent to the node that serves `name`. */
  command(name: string, ...args: (string | number | Uint8Array)[]): Promise<unknown>;
  flush(): Promise<void>;
}

/** The same suite over one server and over three primaries. */
export function describeEachServer(title: string, suite: (fixture: ServerFixture) => void): void {
  describeWithServer(title, () => {
    for (const clustered of [false, true]) {
      describe(clustered ? "on a cluster" : "on one server", () => {
        const fixture = new Fixture(clustered);
        beforeAll(() => fixture.start());
        afterAll(() => fixture.stop());
        suite(fixture);
      });
    }
  });
}

class Fixture implements ServerFixture {
  readonly clustered: boolean;
  #servers: RigServers | undefined;
  readonly #clients: SlotClient[] = [];

  constructor(clustered: boolean) {
    this.clustered = clustered;
  }

  get servers(): RigServers {
    return this.#servers!;
  }

  get client(): SlotClient {
    return this.#clients[0]!;
  }

  async connect(options: ConnectOptions = {}): Promise<SlotClient> {
    const client = await connect(this.servers.url, options);
    this.#clients.push(client);
    return client;
  }

  async command(name: string, ...args: (string | number | Uint8Array)[]): Promise<unknown> {
    let { node } = this.servers;
    if (this.clustered) {
      const slot = (await node.command("CLUSTER", "KEYSLOT", name)) as number;
      // The rig gives each primary an equal share of the slots, in order.
      const count = this.servers.nodes.length;
      node = this.servers.nodes.find((_, i) => slot < Math.floor(((i + 1) * 16_384) / count))!;
    }
    return node.commandRaw(...args);
  }

  async flush(): Promise<void> {
    await Promise.all(this.servers.nodes.map((node) => node.command("FLUSHALL")));
  }

  async start(): Promise<void> {
    this.#servers = this.clustered ? await startCluster() : await startServer();
    await this.connect();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#servers?.stop();
  }
}
