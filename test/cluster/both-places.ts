import { afterAll, beforeAll, beforeEach } from "vitest";
import { type ClientOptions, connect, type SlotClient } from "../../src/index.ts";
import {
  describeWithServer,
  RigCluster,
  type RigNode,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";

/** A server or a cluster of three primaries, empty at the start of each test, and a client of it. */
export class Place {
  readonly isCluster: boolean;
  readonly #options: ClientOptions;
  #servers: RigServers | undefined;
  #client: SlotClient | undefined;

  constructor(isCluster: boolean, options: ClientOptions) {
    this.isCluster = isCluster;
    this.#options = options;
  }

  get servers(): RigServers {
    return this.#servers!;
  }

  get client(): SlotClient {
    return this.#client!;
  }

  /** Which server holds the key. */
  async nodeOf(key: string | Uint8Array): Promise<RigNode> {
    const { servers } = this;
    return servers instanceof RigCluster ? servers.ownerOf(await servers.slotOf(key)) : servers.node;
  }

  /** What the server itself says about the key, asked beside the client under test. */
  async stored(key: string | Uint8Array): Promise<Buffer | null> {
    return (await (await this.nodeOf(key)).commandRaw("GET", key)) as Buffer | null;
  }

  /** Keys on all servers. */
  async size(): Promise<number> {
    const sizes = await Promise.all(this.servers.nodes.map((node) => node.command("DBSIZE")));
    return sizes.reduce((sum: number, size) => sum + Number(size), 0);
  }

  async start(): Promise<void> {
    this.#servers = await (this.isCluster ? startCluster() : startServer());
    this.#client = await connect(this.#servers.url, this.#options);
  }

  async empty(): Promise<void> {
    await Promise.all(this.servers.nodes.map((node) => node.command("FLUSHALL")));
  }

  async stop(): Promise<void> {
    await this.#client?.close();
    await this.#servers?.stop();
  }
}

/** The same suite over one server and over three primaries. */
export function describeInBothPlaces(
  title: string,
  suite: (place: Place) => void,
  options: ClientOptions = {},
): void {
  for (const isCluster of [false, true]) {
    describeWithServer(`${title} (${isCluster ? "three primaries" : "one server"})`, () => {
      const place = new Place(isCluster, options);
      beforeAll(() => place.start());
      beforeEach(() => place.empty());
      afterAll(() => place.stop());
      suite(place);
    });
  }
}
