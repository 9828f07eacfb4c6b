import { ConfigError } from "../errors.ts";
import { BULK_PORTION_BYTES, bulkLimits } from "./bulk-lane.ts";
import type { Credentials } from "./connection.ts";
import { type Connection, openConnection, type RedisFactory } from "./connection.ts";
import { beforeDeadline } from "./deadline.ts";
import { type LinkObserver, type LinkSettings, NodeLink } from "./node-link.ts";
import type { ResolvedOptions } from "./options.ts";
import type { NodeAddress } from "./redirect.ts";
import type { ClientStats } from "./stats.ts";

/** Connections that could not be made in a row, before bulk calls take the main one meanwhile. */
const REFUSED_AFTER = 2;

export interface NodesSettings {
  readonly options: ResolvedOptions;
  readonly createRedis: RedisFactory;
  /** Asked again at every connect. */
  readonly credentials: (() => Credentials | undefined | Promise<Credentials | undefined>) | undefined;
  /** Unix socket of the only server. */
  readonly path: string | undefined;
  readonly stats: ClientStats;
  readonly observer: NodesObserver;
}

export interface NodesObserver extends LinkObserver {
  /** The bulk connection to the node of `main` ended or could not be made; `suspected` after a silence. */
  bulkDown(main: NodeLink, suspected: boolean): void;
}

/** The links of a client by address: made when first needed, closed when their node has left. */
export class Nodes {
  readonly #settings: NodesSettings;
  readonly #links = new Map<string, NodeLink>();
  /** By the main link of their node. */
  readonly #bulk = new Map<NodeLink, NodeLink>();
  /** No longer part of the cluster; still watched for silence, since their work has not ended. */
  readonly #retiring = new Set<NodeLink>();
  /** Connections that are nobody's link and stay: told to end where a link needs their room. */
  readonly #reserved = new Set<(cause: Error) => void>();
  readonly #addresses = new WeakMap<NodeLink, NodeAddress>();
  readonly #integrity: { enabled: boolean; refused(reason: string): void };
  #closed = false;

  constructor(settings: NodesSettings) {
    this.#settings = settings;
    this.#integrity = {
      enabled: settings.options.integrity,
      refused: (reason) => {
        if (!this.#integrity.enabled) return;
        this.#integrity.enabled = false;
        const warning = `the nonce is off, since the server refuses ECHO (${reason}); allow it by ACL SETUSER … +echo`;
        process.emitWarning(warning, { type: "SlotpackWarning", code: "INTEGRITY_OFF" });
      },
    };
  }

  /** Those of the bulk lane and those that are leaving included. */
  get all(): Iterable<NodeLink> {
    return [...this.#links.values(), ...this.#bulk.values(), ...this.#retiring];
  }

  addressOf(link: NodeLink): NodeAddress {
    return this.#addresses.get(link)!;
  }

  /** The address under which this client reaches what the cluster calls `announced`. */
  translate(announced: NodeAddress): NodeAddress {
    return this.#settings.options.natMap.get(nodeName(announced)) ?? announced;
  }

  /** The link to an address if there is one. */
  peek(address: NodeAddress): NodeLink | undefined {
    return this.#links.get(nodeName(address));
  }

  /** The link to an address, already translated. Throws ConfigError `MAX_CONNECTIONS`. */
  linkTo(address: NodeAddress): NodeLink {
    const name = nodeName(address);
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const { maxConnections, maxInFlightBytes } = this.#settings.options;
    if (this.#links.size >= maxConnections) throw tooMany(name, maxConnections);
    this.#makeRoom();
    const link = this.#make(address, { maxInFlightBytes, portionBytes: undefined }, this.#settings.observer);
    this.#links.set(name, link);
    return link;
  }

  /**
   * The link for bulk calls to the node of `main`. It is `main` itself where one more connection would exceed `maxConnections`, and
   * while the server takes no second connection.
   */
  bulkOf(main: NodeLink): NodeLink {
    const known = this.#bulk.get(main);
    if (known !== undefined) {
      if (known.failures < REFUSED_AFTER || !main.connected) return known;
      known.connect();
      return main;
    }
    if (this.#full || this.#links.get(main.name) !== main) return main;
    const { options, observer } = this.#settings;
    const { maxInFlightBytes } = bulkLimits(options);
    const link = this.#make(
      this.addressOf(main),
      { maxInFlightBytes, portionBytes: BULK_PORTION_BYTES },
      {
        linkUp() {},
        linkDown: (_, __, suspected) => observer.bulkDown(main, suspected),
      },
    );
    this.#bulk.set(main, link);
    return link;
  }

  /** Lets go of every link that is not in `used`, once its work is done. */
  retire(used: ReadonlySet<NodeLink>): void {
    for (const [name, link] of this.#links) {
      if (used.has(link)) continue;
      this.#links.delete(name);
      this.#retireBulk(link);
      this.#letGo(link, new Error(`${name} is no longer part of the cluster`));
    }
  }

  async drain(): Promise<void> {
    await Promise.all(Array.from(this.all, (link) => link.drain()));
  }

  close(): void {
    this.#closed = true;
    for (const link of this.all) link.close(new Error("the client is closed"));
  }

  /**
   * Counts a connection that is nobody's link, to the node of that name, for which a bulk link makes room; gives how to give it back.
   * `surrender` is told when a main link needs the room. Throws ConfigError `MAX_CONNECTIONS`.
   */
  reserve(name: string, surrender: (cause: Error) => void): () => void {
    const { maxConnections } = this.#settings.options;
    if (this.#links.size + this.#reserved.size >= maxConnections) throw tooMany(name, maxConnections);
    if (this.#full) this.#retireBulk(this.#leastNeeded());
    const told = (cause: Error) => surrender(cause);
    this.#reserved.add(told);
    return () => this.#reserved.delete(told);
  }

  get #full(): boolean {
    const count = this.#links.size + this.#bulk.size + this.#reserved.size;
    return count >= this.#settings.options.maxConnections;
  }

  #makeRoom(): void {
    if (!this.#full) return;
    if (this.#bulk.size > 0) return this.#retireBulk(this.#leastNeeded());
    const surrender = [...this.#reserved].at(-1)!;
    this.#reserved.delete(surrender);
    surrender(new Error("its place among maxConnections is needed for a node"));
  }

  #make(
    address: NodeAddress,
    bounds: Pick<LinkSettings, "maxInFlightBytes" | "portionBytes">,
    observer: LinkObserver,
  ): NodeLink {
    const { options, stats } = this.#settings;
    const { deadNodeTimeoutMs } = options;
    const settings = { ...bounds, address, deadNodeTimeoutMs, integrity: this.#integrity, stats };
    const open = (signal: AbortSignal) => this.open(address, signal);
    const link = new NodeLink(nodeName(address), open, settings, observer);
    if (this.#closed) link.close(new Error("the client is closed"));
    this.#addresses.set(link, address);
    return link;
  }

  /** Whose bulk link makes room: an idle one if there is any. */
  #leastNeeded(): NodeLink {
    const bulk = [...this.#bulk];
    return (bulk.find(([, link]) => !link.busy) ?? bulk[0]!)[0];
  }

  #retireBulk(main: NodeLink): void {
    const bulk = this.#bulk.get(main);
    if (bulk === undefined) return;
    this.#bulk.delete(main);
    this.#letGo(bulk, new Error(`the bulk connection to ${bulk.name} is given up`));
  }

  #letGo(link: NodeLink, why: Error): void {
    this.#retiring.add(link);
    void link.retire(why).then(() => this.#retiring.delete(link));
  }

  /** A connection that is nobody's link, to an address already translated. */
  async open(address: NodeAddress, signal: AbortSignal): Promise<Connection> {
    const { options, createRedis, path } = this.#settings;
    return openConnection({
      createRedis,
      host: address.host,
      port: address.port,
      path,
      database: options.database,
      credentials: await this.#askCredentials(signal),
      connectTimeoutMs: options.connectTimeoutMs,
      signal,
    });
  }

  async #askCredentials(signal: AbortSignal): Promise<Credentials | undefined> {
    const { credentials, options } = this.#settings;
    if (credentials === undefined) return undefined;
    const asked = await beforeDeadline(Promise.resolve(credentials()), options.connectTimeoutMs, signal);
    if (asked.end !== "complete") throw new Error("credentials() gave no answer in time");
    if (isCredentials(asked.value)) return asked.value;
    throw new ConfigError(
      "BAD_CREDENTIALS",
      "credentials: expected the function to give { username?, password? }, both of them strings",
      { option: "credentials" },
    );
  }
}

function tooMany(node: string, maxConnections: number): ConfigError {
  const message = `a connection to ${node} would be one more than maxConnections (${maxConnections})`;
  return new ConfigError("MAX_CONNECTIONS", message, { option: "maxConnections", node });
}

function isCredentials(value: unknown): value is Credentials {
  const { username, password } = (value ?? {}) as Credentials;
  const isText = (part: unknown) => part === undefined || typeof part === "string";
  return typeof value === "object" && value !== null && isText(username) && isText(password);
}

/** `host:port`, `[host]:port` for IPv6, or the path of a unix socket. */
export function nodeName(address: NodeAddress): string {
  if (address.port === 0) return address.host;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
