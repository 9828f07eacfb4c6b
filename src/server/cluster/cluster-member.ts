import { randomBytes } from "node:crypto";
import type { ServerNode } from "../server-node.ts";
import type { BusEnd, ClusterBus } from "./cluster-bus.ts";
import { ClusterPeer } from "./cluster-peer.ts";
import { ClusterView } from "./cluster-view.ts";
import { updateHealth } from "./health.ts";
import type { Replication } from "./replication.ts";

const MEMBERS = new WeakMap<ServerNode, ClusterMember>();

/** The cluster's side of a node; undefined where `cluster-enabled` is no. */
export function memberOf(node: ServerNode): ClusterMember | undefined {
  return MEMBERS.get(node);
}

/** A node of a cluster: what it believes, whom it follows, and how it reaches the others. */
export class ClusterMember implements BusEnd {
  readonly node: ServerNode;
  readonly bus: ClusterBus<ClusterMember>;
  readonly replication: Replication;
  /** Exchanged for that of before when a killed node starts again. */
  view: ClusterView;
  /** Tells all that can be reached; set by attachCluster. */
  announce: () => void = () => {};
  /** Messages as CLUSTER INFO counts them, by type. */
  readonly sent: Map<string, number> = new Map();
  readonly received: Map<string, number> = new Map();

  constructor(node: ServerNode, bus: ClusterBus<ClusterMember>, replication: Replication) {
    this.node = node;
    this.bus = bus;
    this.replication = replication;
    this.view = new ClusterView(new ClusterPeer(randomId(), "", 0, this.now));
    this.useView(this.view);
    MEMBERS.set(node, this);
  }

  get id(): string {
    return this.view.self.id;
  }

  get port(): number {
    return this.node.port;
  }

  get paused(): boolean {
    return this.node.frozen;
  }

  /** What is listened on, as far as it is one address. */
  get host(): string {
    const first = this.node.config.text("bind").split(" ")[0] ?? "";
    return first === "" || first.startsWith("*") || first.startsWith("-") || first === "0.0.0.0"
      ? "127.0.0.1"
      : first;
  }

  get now(): number {
    return this.node.clock.nowMs();
  }

  get nodeTimeoutMs(): number {
    return this.node.config.number("cluster-node-timeout");
  }

  /** Where the other nodes and MIGRATE reach it: with `tls-cluster` at the port with TLS. */
  get clusterPort(): number {
    const { config } = this.node;
    return (config.flag("tls-cluster") && config.number("tls-port")) || this.port;
  }

  answersTo(host: string, port: number): boolean {
    if (port !== this.port && (port === 0 || port !== this.node.config.number("tls-port"))) return false;
    return host === this.host || host === "localhost" || host.startsWith("127.") || host === "::1";
  }

  useView(view: ClusterView): void {
    this.view = view;
    view.onLost = (slot, owner) => {
      if (owner !== view.self && owner !== view.self.primary) return;
      for (const hook of this.node.hooks.slotLost) hook(slot);
    };
  }

  /** Goes on with what a killed node knew, as the real server does with its nodes.conf. */
  resume(view: ClusterView): void {
    this.useView(view);
    view.ok = false;
    view.minorityAt = undefined;
    for (const peer of view.peers.values()) {
      peer.suspected = false;
      peer.linked = false;
      peer.pingSent = 0;
      peer.failedAt = this.now;
    }
    if (view.self.replica) {
      this.node.replica = true;
      this.keepLink();
    }
    this.commit();
  }

  /** The other node itself, where it can be reached now. */
  reach(peer: ClusterPeer): ClusterMember | undefined {
    const other = this.bus.withId(peer.id);
    return other !== undefined && this.bus.linked(this, other) ? other : undefined;
  }

  /** Brings what this node says of itself up to date: its address, names and flags may change at any time. */
  refreshSelf(): void {
    const { config } = this.node;
    const { self } = this.view;
    const { port, plainPort } = this.#announcedPorts();
    if (self.port !== port)
      Object.assign(self, { port, busPort: new ClusterPeer("", "", this.clusterPort, 0).busPort });
    self.plainPort = plainPort;
    const bus = config.number("cluster-announce-bus-port") || config.number("cluster-port");
    if (bus !== 0) self.busPort = bus;
    self.ip = config.text("cluster-announce-ip") || this.host;
    self.hostname = config.text("cluster-announce-hostname");
    self.noFailover = config.flag("cluster-replica-no-failover");
    self.offset = this.replication.offset;
  }

  /** Source: deriveAnnouncedPorts. */
  #announcedPorts(): { port: number; plainPort: number } {
    const { config } = this.node;
    const announced = config.number("cluster-announce-port");
    if (!config.flag("tls-cluster")) return { port: announced || this.port, plainPort: 0 };
    const announcedTls = config.number("cluster-announce-tls-port");
    if (announcedTls !== 0) return { port: announcedTls, plainPort: announced };
    const port = this.clusterPort;
    return { port: announced || port, plainPort: port === this.port ? 0 : this.port };
  }

  /** After any change of the view: decides whether to serve, and tells the others. */
  commit(): void {
    this.refreshSelf();
    this.updateHealth();
    this.announce();
  }

  updateHealth(): boolean {
    const { config } = this.node;
    return updateHealth(
      this.view,
      {
        requireFullCoverage: config.flag("cluster-require-full-coverage"),
        nodeTimeoutMs: this.nodeTimeoutMs,
      },
      this.now,
    );
  }

  /** Becomes (or stays) a replica, from now on of this primary. Source: clusterSetMaster. */
  follow(primary: ClusterPeer): void {
    const { self } = this.view;
    if (!self.replica) {
      self.hadReplicas = false;
      this.view.closeSlots();
    }
    self.attachTo(primary);
    this.replication.becomeReplica();
    this.node.pause.end("failover");
    this.keepLink();
  }

  /** A replica's connection to its primary is made, used or given up. */
  keepLink(): void {
    const { primary, replica } = this.view.self;
    if (!replica || primary === undefined) return;
    const { replication } = this;
    replication.primary = { host: primary.ip, port: primary.port };
    const other = this.bus.withId(primary.id);
    if (other === undefined || other.replication !== replication.link?.source) replication.disconnect();
    const reached = this.reach(primary);
    if (reached !== undefined && !reached.node.replica) {
      if (replication.link === undefined) replication.connect(reached.replication);
      replication.link?.poll();
    } else if (replication.link !== undefined) {
      const silence = this.now - replication.link.heardAt;
      if (silence > this.node.config.number("repl-timeout") * 1000) replication.disconnect();
    }
  }

  /** Stops following; keeps its keys. */
  lead(): void {
    this.view.self.promote(true);
    this.replication.becomePrimary();
  }

  /** Deletes the keys of slots that went to another node. */
  dropKeys(slots: readonly number[]): void {
    const db = this.node.databases[0];
    for (const slot of slots) {
      for (const key of db?.slots?.keysOf(slot) ?? []) {
        db?.delete(key);
        this.node.keyChanged(0, key, true);
        db?.notify("g", "del", key);
        this.node.propagate(0, ["DEL", key]);
        this.node.dirty += 1;
      }
    }
  }

  countMessage(type: string, to: ClusterMember): void {
    this.sent.set(type, (this.sent.get(type) ?? 0) + 1);
    to.received.set(type, (to.received.get(type) ?? 0) + 1);
  }
}

/** 40 hexadecimal digits, as node ids and replication ids are. */
export function randomId(): string {
  return randomBytes(20).toString("hex");
}
