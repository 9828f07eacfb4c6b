/** Counters since `connect()`; all of them only grow, but for the last three. */
export interface ClientStats {
  /** Commands written, ASKING and nonces not counted. */
  commands: number;
  /** Packed writes handed to sockets (one `write` or `writev` each). */
  socketWrites: number;
  bytesWritten: number;
  bytesRead: number;
  moved: number;
  ask: number;
  /** Commands sent again, redirects not counted. */
  retries: number;
  /** Commands whose outcome is unknown. */
  unknown: number;
  timeouts: number;
  connections: number;
  reconnects: number;
  /** Topology refreshes that got an answer. */
  refreshes: number;
  /** Nodes that were suspected after a silence. */
  suspicions: number;
  /** Connections destroyed because their replies were out of step. */
  desyncs: number;
  /** Bytes written or expected now, over all nodes. */
  inFlightBytes: number;
  /** Bytes waiting in the client now. */
  queuedBytes: number;
  /** Connections open now. */
  openConnections: number;
}

export function createStats(): ClientStats {
  return {
    commands: 0,
    socketWrites: 0,
    bytesWritten: 0,
    bytesRead: 0,
    moved: 0,
    ask: 0,
    retries: 0,
    unknown: 0,
    timeouts: 0,
    connections: 0,
    reconnects: 0,
    refreshes: 0,
    suspicions: 0,
    desyncs: 0,
    inFlightBytes: 0,
    queuedBytes: 0,
    openConnections: 0,
  };
}
