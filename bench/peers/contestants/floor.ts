import { once } from "node:events";
import { connect, type Socket } from "node:net";
import calculateSlot from "cluster-key-slot";
import {
  CommandConnection,
  decodeReply,
  encodeCommand,
  type RawReply,
} from "../../../src/cli/server-command.ts";
import type { Address, Contestant, ContestantSource, ReadRun, RecordBytes, WriteRun } from "../contestant.ts";
import { bytesName, metadataName, type Workload } from "../workload.ts";

const OK_BYTE_LENGTH = "+OK\r\n".length;

/** A raw socket that counts what comes back, and keeps it only while `kept` is an array. */
class CountingSocket {
  readonly #socket: Socket;
  #missing = 0;
  #done: (() => void) | null = null;
  kept: Buffer[] | null = null;

  /** With `reused`, every read overwrites that buffer; without, Node allocates a chunk per read, as for any client. */
  private constructor(address: Address, reused: Buffer | null) {
    if (reused === null) {
      this.#socket = connect({ ...address, noDelay: true });
      this.#socket.on("data", (chunk: Buffer) => {
        this.kept?.push(chunk);
        this.#count(chunk.length);
      });
      return;
    }
    const callback = (byteLength: number): boolean => {
      this.kept?.push(Buffer.from(reused.subarray(0, byteLength)));
      this.#count(byteLength);
      return true;
    };
    this.#socket = connect({ ...address, noDelay: true, onread: { buffer: reused, callback } });
  }

  static async open(address: Address, reused: Buffer | null): Promise<CountingSocket> {
    const counting = new CountingSocket(address, reused);
    await once(counting.#socket, "connect");
    return counting;
  }

  #count(byteLength: number): void {
    this.#missing -= byteLength;
    if (this.#missing === 0) this.#done?.();
  }

  exchange(request: Buffer, replyByteLength: number): Promise<void> {
    return new Promise((resolve) => {
      this.#missing = replyByteLength;
      this.#done = resolve;
      this.#socket.write(request);
    });
  }

  async close(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }
}

interface NodeExchange {
  socket: CountingSocket;
  indexes: number[];
  request: Buffer;
  replyByteLength: number;
}

/** The least that any Node client does: one prepared buffer per node written, the reply's bytes counted and dropped. */
class Floor implements Contestant {
  readonly #sockets: CountingSocket[];
  readonly #owner: Uint8Array;

  constructor(sockets: CountingSocket[], owner: Uint8Array) {
    this.#sockets = sockets;
    this.#owner = owner;
  }

  #exchanges(
    load: Workload,
    command: (index: number) => Buffer,
    replyOf: (index: number) => number,
  ): NodeExchange[] {
    return this.#sockets.flatMap((socket, node) => {
      const indexes = load.keys.flatMap((key, i) => (this.#owner[calculateSlot(key)] === node ? [i] : []));
      if (indexes.length === 0) return [];
      const replyByteLength = indexes.reduce((total, i) => total + replyOf(i), 0);
      return [{ socket, indexes, request: Buffer.concat(indexes.map(command)), replyByteLength }];
    });
  }

  prepareRead(load: Workload): ReadRun {
    const bulk = (value: Buffer): number => `$${value.length}\r\n\r\n`.length + value.length;
    const exchanges = this.#exchanges(
      load,
      (i) => encodeCommand(["MGET", metadataName(load.keys[i]!), bytesName(load.keys[i]!)]),
      (i) => "*2\r\n".length + bulk(load.metadata[i]!) + bulk(load.values[i]!),
    );
    const run = () =>
      Promise.all(
        exchanges.map(({ socket, request, replyByteLength }) => socket.exchange(request, replyByteLength)),
      );
    return {
      run,
      records: async () => {
        for (const { socket } of exchanges) socket.kept = [];
        await run();
        const records = new Array<RecordBytes | null>(load.keys.length).fill(null);
        for (const { socket, indexes } of exchanges) {
          const replies = parseReplies(Buffer.concat(socket.kept ?? []));
          socket.kept = null;
          for (const [j, reply] of replies.entries()) {
            const [metadata, bytes] = reply as (Buffer | null)[];
            if (metadata != null && bytes != null) records[indexes[j]!] = { metadata, bytes };
          }
        }
        return records;
      },
    };
  }

  prepareWrite(load: Workload): WriteRun {
    const exchanges = this.#exchanges(
      load,
      (i) =>
        encodeCommand([
          "MSET",
          metadataName(load.keys[i]!),
          load.metadata[i]!,
          bytesName(load.keys[i]!),
          load.values[i]!,
        ]),
      () => OK_BYTE_LENGTH,
    );
    return {
      run: () =>
        Promise.all(
          exchanges.map(({ socket, request, replyByteLength }) => socket.exchange(request, replyByteLength)),
        ),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.close()));
  }
}

function parseReplies(bytes: Buffer): RawReply[] {
  const replies: RawReply[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const decoded = decodeReply(bytes, offset);
    if (decoded === undefined) throw new Error("the floor's replies end in the middle of one");
    replies.push(decoded.reply);
    offset = decoded.end;
  }
  return replies;
}

/** Slot to index in `nodes`, from CLUSTER SLOTS. */
async function slotOwners(nodes: readonly Address[]): Promise<Uint8Array> {
  const connection = new CommandConnection(nodes[0]!.port, nodes[0]!.host);
  const ranges = (await connection.send("CLUSTER", "SLOTS")) as [number, number, [string, number]][];
  connection.close();
  const owner = new Uint8Array(16_384);
  for (const [start, end, [, port]] of ranges) {
    const index = nodes.findIndex((node) => node.port === port);
    if (index < 0)
      throw new Error(`slots ${start} to ${end} belong to port ${port}, which is no node of this run`);
    owner.fill(index, start, end + 1);
  }
  return owner;
}

async function openFloor(nodes: readonly Address[], reused: Buffer | null): Promise<Contestant> {
  const owners = await slotOwners(nodes);
  return new Floor(await Promise.all(nodes.map((node) => CountingSocket.open(node, reused))), owners);
}

/** What Node itself reads at a time. */
const READ_BYTE_LENGTH = 65_536;

export const floorContestants: readonly ContestantSource[] = [
  {
    id: "floor",
    label: "floor: raw socket, prepared bytes",
    kind: "floor",
    open: (nodes) => openFloor(nodes, null),
  },
  {
    id: "floor-reused",
    label: "floor, every read into the same 64 KB",
    kind: "floor",
    open: (nodes) => openFloor(nodes, Buffer.allocUnsafeSlow(READ_BYTE_LENGTH)),
  },
];
