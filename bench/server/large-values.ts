import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../peers/measure.ts";
import { RunningServer, type ServerContestant } from "./contestant.ts";
import { availableBytes, cpuUs, residentBytes } from "./process-figures.ts";

const MB = 2 ** 20;
/** How often each size is written and read. */
const SIZES: readonly (readonly [megabytes: number, turns: number])[] = [
  [1, 20],
  [16, 5],
  [128, 2],
  [512, 1],
];
/** A length that divides nothing, so that a piece in the wrong place is another piece. */
const PATTERN: Buffer = Buffer.alloc(1_000_003);
for (let index = 0; index < PATTERN.length; index++) PATTERN[index] = (index * 2_654_435_761) >>> 23;
/** The value once, what the kernel's buffers hold of it, and as much again for a server that copies it. */
const ROOM = 3;

export interface LargeFigures {
  readonly megabytes: number;
  /** Why there are no figures. */
  readonly skipped?: string;
  readonly set: LargeTurn;
  readonly get: LargeTurn;
}

export interface LargeTurn {
  readonly msPerMb: number;
  readonly cpuMsPerMb: number;
  /** Most that the process held, above what it held when it was empty, in sizes of the value. */
  readonly peakValues: number;
}

const NOTHING: LargeTurn = { msPerMb: Number.NaN, cpuMsPerMb: Number.NaN, peakValues: Number.NaN };

/** SET and GET of one value, a fresh process for each size; every byte that comes back is compared. */
export async function measureLargeValues(
  contestant: ServerContestant,
  most: number,
): Promise<LargeFigures[]> {
  const found: LargeFigures[] = [];
  for (const [megabytes, turns] of SIZES) {
    if (megabytes > most) break;
    const room = availableBytes();
    if (room < megabytes * MB * ROOM + 512 * MB) {
      const skipped = `skipped: ${Math.round(room / MB)} MB of memory left`;
      found.push({ megabytes, skipped, set: NOTHING, get: NOTHING });
    } else found.push(await measureSize(contestant, megabytes, turns));
  }
  return found;
}

async function measureSize(
  contestant: ServerContestant,
  megabytes: number,
  turns: number,
): Promise<LargeFigures> {
  const server = await RunningServer.start(contestant);
  const socket = connect(server.port, "127.0.0.1");
  try {
    await once(socket, "connect");
    const bytes = megabytes * MB;
    const empty = residentBytes(server.pid).now;
    const take = async (run: () => Promise<void>): Promise<LargeTurn> => {
      const times: number[] = [];
      const cpuBefore = cpuUs(server.pid);
      for (let turn = 0; turn < turns; turn++) {
        const started = performance.now();
        await run();
        times.push((performance.now() - started) / megabytes);
      }
      const cpuMsPerMb = (cpuUs(server.pid) - cpuBefore) / 1000 / turns / megabytes;
      const peakValues = (residentBytes(server.pid).peak - empty) / bytes;
      return { msPerMb: median(times), cpuMsPerMb, peakValues };
    };
    const set = await take(() => writeValue(socket, bytes));
    await sleep(100);
    const get = await take(() => readValue(socket, bytes));
    return { megabytes, set, get };
  } finally {
    socket.destroy();
    await server.stop();
  }
}

async function writeValue(socket: Socket, bytes: number): Promise<void> {
  const answer = once(socket, "data");
  socket.write(`*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$${bytes}\r\n`);
  for (let sent = 0; sent < bytes; ) {
    const piece = PATTERN.subarray(0, Math.min(PATTERN.length, bytes - sent));
    sent += piece.length;
    if (!socket.write(piece)) await once(socket, "drain");
  }
  socket.write("\r\n");
  const [reply] = (await answer) as [Buffer];
  if (String(reply) !== "+OK\r\n") throw new Error(`SET: ${reply}`);
}

function readValue(socket: Socket, bytes: number): Promise<void> {
  const head = Buffer.from(`$${bytes}\r\n`);
  const end = head.length + bytes;
  return new Promise((resolve, reject) => {
    let at = 0;
    const finish = (error?: Error): void => {
      socket.off("data", receive);
      if (error === undefined) resolve();
      else reject(error);
    };
    const receive = (chunk: Buffer): void => {
      for (let start = 0; start < chunk.length; ) {
        const expected =
          at < head.length
            ? head.subarray(at)
            : at < end
              ? PATTERN.subarray((at - head.length) % PATTERN.length).subarray(0, end - at)
              : Buffer.from("\r\n").subarray(at - end);
        const length = Math.min(expected.length, chunk.length - start);
        if (length === 0 || chunk.compare(expected, 0, length, start, start + length) !== 0)
          return finish(new Error(`GET: another byte at ${at}`));
        start += length;
        at += length;
      }
      if (at === end + 2) finish();
    };
    socket.on("data", receive);
    socket.write("*2\r\n$3\r\nGET\r\n$5\r\nlarge\r\n");
  });
}
