import { randomBytes } from "node:crypto";
import type { ServerNode } from "../server-node.ts";
import { ReplicationFeed } from "./replication-feed.ts";
import { type LinkSource, type LinkTarget, ReplicationLink } from "./replication-link.ts";

const NO_ID = "0".repeat(40);

/** A node's part in replication, inside this process: it feeds its replicas or is linked to its primary. */
export class Replication implements LinkTarget, LinkSource {
  readonly node: ServerNode;
  readonly feed: ReplicationFeed;
  link: ReplicationLink | undefined;
  id: string = randomBytes(20).toString("hex");
  /** Id and offset of the history before the last promotion. */
  formerId: string = NO_ID;
  formerOffset = -1;
  /** The primary of a replica, which may not be reachable; undefined where there is none. */
  primary: { readonly host: string; readonly port: number } | undefined;
  /** Since when the link is down, milliseconds. */
  downSince: number;
  /** Called when a replica has applied something. */
  onApplied: () => void = () => {};
  /** Whether the primary can be reached; set by attachCluster. */
  reachable: (source: LinkSource) => boolean = () => true;
  hostName: () => string = () => "127.0.0.1";
  #lastOffset = 0;

  constructor(node: ServerNode) {
    this.node = node;
    this.feed = new ReplicationFeed(node);
    this.downSince = node.clock.nowMs();
  }

  get host(): string {
    return this.hostName();
  }

  /** What a replica has applied, what a primary has written. */
  get offset(): number {
    if (!this.node.replica) return this.feed.offset;
    return this.link?.synced === true ? this.link.acknowledged : this.#lastOffset;
  }

  /** The link works. */
  get up(): boolean {
    return this.link?.synced === true && !this.link.closed;
  }

  reaches(): boolean {
    return this.link !== undefined && this.reachable(this.link.source);
  }

  applied(): void {
    this.onApplied();
  }

  becomeReplica(): void {
    const { node } = this;
    if (!node.replica) this.#lastOffset = this.feed.offset;
    node.replica = true;
    this.feed.clear();
    this.disconnect();
  }

  becomePrimary(): void {
    const { node } = this;
    if (!node.replica) return;
    const offset = this.offset;
    this.formerId = this.link?.source instanceof Replication ? this.link.source.id : this.id;
    this.formerOffset = offset + 1;
    this.id = randomBytes(20).toString("hex");
    this.disconnect();
    node.replica = false;
    this.feed.offset = offset;
    this.feed.active = this.feed.active || offset > 0;
  }

  connect(source: Replication): void {
    if (this.link?.source === source && !this.link.closed) return;
    this.disconnect();
    this.primary = { host: source.host, port: source.node.port };
    this.link = new ReplicationLink(source, this);
  }

  disconnect(): void {
    const { link } = this;
    if (link === undefined) return;
    if (link.synced) this.#lastOffset = link.acknowledged;
    link.close();
    this.link = undefined;
    this.downSince = this.node.clock.nowMs();
  }

  /** How long the data may be out of date, milliseconds. */
  get dataAgeMs(): number {
    return this.node.clock.nowMs() - (this.up ? (this.link as ReplicationLink).heardAt : this.downSince);
  }
}
