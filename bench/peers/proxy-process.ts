// Runs as a child process: `node proxy-process.js delay MS PORT` or `node proxy-process.js barrier QUIET_MS PORT...`.
// It sends { ports } once it listens.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

interface Held {
  dueAt: number;
  chunk: Buffer;
  to: Socket;
}

/** What happens to the bytes on their way from the server to the client. */
interface Policy {
  requested(): void;
  replied(chunk: Buffer, to: Socket): void;
}

/**
 * Holds every reply for `delayMs`. Timers are coarser than the delay that is asked for, so while something is held the
 * process sleeps in steps of a tenth of a millisecond and looks at its sockets in between.
 */
function delayPolicy(delayMs: number): Policy {
  const held: Held[] = [];
  let head = 0;
  let scheduled = false;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const turn = () => {
    for (;;) {
      const item = held[head];
      if (item === undefined) {
        held.length = 0;
        head = 0;
        scheduled = false;
        return;
      }
      const remainingMs = item.dueAt - performance.now();
      if (remainingMs > 0) {
        Atomics.wait(gate, 0, 0, Math.min(remainingMs, 0.1));
        setImmediate(turn);
        return;
      }
      head++;
      if (!item.to.destroyed) item.to.write(item.chunk);
    }
  };
  return {
    requested: () => {},
    replied: (chunk, to) => {
      held.push({ dueAt: performance.now() + delayMs, chunk, to });
      if (scheduled) return;
      scheduled = true;
      setImmediate(turn);
    },
  };
}

/**
 * Counts round trips: replies of all nodes are held until neither client nor server has sent a byte for `quietMs`, then
 * released at once. Each release that a batch needs is a wave of requests that waited for the wave before.
 */
function barrierPolicy(quietMs: number): Policy {
  let held: Held[] = [];
  let lastAt = 0;
  let waves = 0;
  let armed = false;
  const release = () => {
    for (const { chunk, to } of held) if (!to.destroyed) to.write(chunk);
    held = [];
  };
  setInterval(() => {
    if (held.length === 0 || performance.now() - lastAt < quietMs) return;
    waves++;
    release();
  }, 1);
  process.on("message", (message: string) => {
    release();
    if (message === "stop") process.send?.({ waves });
    armed = message === "start";
    waves = 0;
    if (armed) process.send?.({ armed });
  });
  return {
    requested: () => {
      lastAt = performance.now();
    },
    replied: (chunk, to) => {
      lastAt = performance.now();
      if (armed) held.push({ dueAt: 0, chunk, to });
      else to.write(chunk);
    },
  };
}

async function listen(serverPort: number, policy: Policy): Promise<Server> {
  const proxy = createServer({ noDelay: true }, (client) => {
    const server = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
    client.on("data", (chunk: Buffer) => {
      policy.requested();
      if (!server.write(chunk)) {
        client.pause();
        server.once("drain", () => client.resume());
      }
    });
    server.on("data", (chunk: Buffer) => policy.replied(chunk, client));
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return proxy;
}

const [mode, ms, ...ports] = process.argv.slice(2);
const policy = mode === "delay" ? delayPolicy(Number(ms)) : barrierPolicy(Number(ms));
const proxies = await Promise.all(ports.map((port) => listen(Number(port), policy)));
process.on("disconnect", () => process.exit());
process.send?.({ ports: proxies.map((proxy) => (proxy.address() as AddressInfo).port) });
