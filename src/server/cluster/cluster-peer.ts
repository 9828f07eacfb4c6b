/** One node as another node knows it (`self` included). Times are milliseconds of the knowing node's clock. */
export class ClusterPeer {
  /** 40 hexadecimal digits; of a handshake a made-up one. */
  id: string;
  ip: string;
  port: number;
  /** The port without TLS where `port` is the one with it; 0: there is none. */
  plainPort = 0;
  /** Where the gossip bus would listen; only shown. */
  busPort: number;
  hostname = "";
  replica = false;
  /** Of a replica, as far as it is known. */
  primary: ClusterPeer | undefined;
  readonly replicas: ClusterPeer[] = [];
  /** Numbers of its slots are kept in the view; this is how many they are. */
  slotCount = 0;
  configEpoch = 0;
  /** No answer for the node timeout (`fail?`). */
  suspected = false;
  /** A majority of the primaries suspects it (`fail`). */
  failed = false;
  failedAt = 0;
  /** CLUSTER MEET was sent and nobody has answered yet. */
  handshake = false;
  /** Somebody else answers at its address. */
  noAddress = false;
  /** `cluster-replica-no-failover`. */
  noFailover = false;
  /** A primary that has, or followed one that had, replicas: others may migrate to it. */
  hadReplicas = false;
  /** 0: no answer is awaited. */
  pingSent = 0;
  pongReceived = 0;
  linked = false;
  linkedAt = 0;
  /** DEBUG CLUSTERLINK KILL ended the link to it, or from it: messages are lost until the next round. */
  cutTo = false;
  cutFrom = false;
  readonly addedAt: number;
  /** Its replication offset, as it last told. */
  offset = 0;
  /** When this node voted for one of its replicas. */
  votedAt: number = Number.NEGATIVE_INFINITY;

  constructor(id: string, ip: string, port: number, now: number) {
    this.id = id;
    this.ip = ip;
    this.port = port;
    this.busPort = busPortOf(port);
    this.addedAt = now;
  }

  /** Takes it away from its primary, without making it a primary. */
  detach(): void {
    const { primary } = this;
    this.primary = undefined;
    if (primary === undefined) return;
    primary.replicas.splice(primary.replicas.indexOf(this), 1);
    if (primary.replicas.length === 0) primary.hadReplicas = false;
  }

  attachTo(primary: ClusterPeer): void {
    this.detach();
    this.replica = true;
    this.primary = primary;
    primary.replicas.push(this);
    primary.hadReplicas = true;
  }

  /** Turns a replica into a primary. */
  promote(isSelf: boolean): void {
    if (!this.replica) return;
    if (this.primary !== undefined && !isSelf) this.hadReplicas = true;
    this.detach();
    this.replica = false;
  }

  /** The epoch of its slots: a replica's is its primary's. */
  get epoch(): number {
    return this.primary?.configEpoch ?? this.configEpoch;
  }
}

/** The real server's is 10000 above; ports of this process may be too high for that and are shown as lying below. */
function busPortOf(port: number): number {
  return port + 10_000 <= 65_535 ? port + 10_000 : port - 10_000;
}
