/** Where a node listens. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** A copy of a primary's slots. */
export interface ReplicaNode extends NodeAddress {
  /** The node's id of 40 hex digits, or `host:port` where the server told none. */
  readonly id: string;
  readonly role: "replica";
}

/** A primary, whether it owns slots or not. */
export interface PrimaryNode extends NodeAddress {
  /** The node's id of 40 hex digits, or `host:port` where the server told none. */
  readonly id: string;
  readonly role: "primary";
  readonly replicas: readonly ReplicaNode[];
}

/** A primary and the slots that it owns, as ranges with both ends in them. */
export interface SlotShard {
  readonly primary: PrimaryNode;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}
