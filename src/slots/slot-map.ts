import { ConfigError } from "../errors.ts";
import { NO_NODE } from "../wasm/kernel.ts";
import { SLOT_COUNT } from "../wasm/key-slot.ts";
import { parseClusterNodes } from "./cluster-nodes.ts";
import { parseClusterShards } from "./cluster-shards.ts";
import { parseClusterSlots } from "./cluster-slots.ts";
import type { NodeAddress, PrimaryNode, SlotShard } from "./slot-node.ts";

/** How CLUSTER SHARDS and CLUSTER NODES are read. */
export interface TopologyOptions {
  /** Take `tls-port` where a node tells one. Default false: `port`, and `tls-port` only where there is no other. */
  readonly tls?: boolean | undefined;
}

/**
 * Who owns each of the 16,384 slots. A node keeps its index as long as the map lives; a refreshed topology is a new map.
 */
export class SlotMap {
  readonly #nodes: PrimaryNode[] = [];
  readonly #indexes: Map<string, number> = new Map();
  #version = 0;

  /** Slot → index in `nodes`, {@link NO_NODE} where no node is known. To be changed by `assign` only. */
  readonly nodeOfSlot: Uint16Array = new Uint16Array(SLOT_COUNT).fill(NO_NODE);

  constructor(shards: Iterable<SlotShard> = []) {
    for (const { primary, ranges } of shards) {
      const index = this.#enter(primary);
      for (const [first, last] of ranges) this.nodeOfSlot.fill(index, first, last + 1);
    }
  }

  /**
   * Reads the reply of CLUSTER SLOTS. `answeringHost` stands in for a host that is empty, null or `?`, as the
   * specification asks.
   *
   * @throws SlotpackError `BAD_TOPOLOGY` for a reply of another shape, or with a slot or port out of range
   */
  static fromClusterSlots(reply: unknown, answeringHost: string): SlotMap {
    return new SlotMap(parseClusterSlots(reply, answeringHost));
  }

  /** Reads the reply of CLUSTER SHARDS (Redis 7), in its RESP2 or RESP3 shape. Throws as `fromClusterSlots` does. */
  static fromClusterShards(reply: unknown, answeringHost: string, options: TopologyOptions = {}): SlotMap {
    return new SlotMap(parseClusterShards(reply, answeringHost, options.tls === true));
  }

  /** Reads the text of CLUSTER NODES; the highest config epoch wins a slot that two claim. Throws as `fromClusterSlots` does. */
  static fromClusterNodes(text: string | Uint8Array, answeringHost: string): SlotMap {
    return new SlotMap(parseClusterNodes(text, answeringHost));
  }

  /** The primaries, by their index. */
  get nodes(): readonly PrimaryNode[] {
    return this.#nodes;
  }

  /** Goes up with every change of `nodeOfSlot`. */
  get version(): number {
    return this.#version;
  }

  /** How many slots have an owner; 16,384 in a healthy cluster. */
  get coverage(): number {
    let covered = 0;
    for (const index of this.nodeOfSlot) if (index !== NO_NODE) covered++;
    return covered;
  }

  /** The primary that owns the slot; `undefined` where none is known, and for numbers that are no slot. */
  owner(slot: number): PrimaryNode | undefined {
    return this.#nodes[this.nodeOfSlot[slot] ?? NO_NODE];
  }

  /** The index of the primary at an address, -1 when it is not in the map. */
  indexOf(address: NodeAddress): number {
    return this.#indexes.get(addressKey(address)) ?? -1;
  }

  /**
   * The index of the primary at an address, which enters the map without slots if it is not in it. A replica of the map
   * enters with its id: it was promoted.
   */
  addNode(address: NodeAddress): number {
    const known = this.indexOf(address);
    if (known !== -1) return known;
    const { host, port } = address;
    const replica = this.#nodes
      .flatMap((node) => node.replicas)
      .find((candidate) => candidate.host === host && candidate.port === port);
    return this.#enter({ id: replica?.id ?? `${host}:${port}`, host, port, role: "primary", replicas: [] });
  }

  /**
   * Gives exactly one slot to a node (its index, or its address, which enters the map if need be), as MOVED says. Returns
   * the node's index.
   *
   * @throws ConfigError `BAD_SLOT`, or `BAD_NODE` for an index that is not in the map
   */
  assign(slot: number, node: number | NodeAddress): number {
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOT_COUNT) {
      throw new ConfigError("BAD_SLOT", `slot: expected an integer from 0 to 16383, got ${String(slot)}`, {
        option: "slot",
      });
    }
    const index = typeof node === "number" ? node : this.addNode(node);
    if (this.#nodes[index] === undefined) {
      throw new ConfigError(
        "BAD_NODE",
        `node: expected an index below ${this.#nodes.length}, got ${String(index)}`,
        {
          option: "node",
          slot,
        },
      );
    }
    if (this.nodeOfSlot[slot] !== index) {
      this.nodeOfSlot[slot] = index;
      this.#version++;
    }
    return index;
  }

  #enter(node: PrimaryNode): number {
    const key = addressKey(node);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.#nodes.push(node) - 1;
    this.#indexes.set(key, index);
    return index;
  }
}

function addressKey({ host, port }: NodeAddress): string {
  return `${host}:${port}`;
}
