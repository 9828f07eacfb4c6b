import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Address } from "./contestant.ts";

// The compiled file stands beside this one; run from source, the suffix is .ts.
const PROGRAM = fileURLToPath(new URL(`./proxy-process${import.meta.url.slice(-3)}`, import.meta.url));

/** A proxy in a process of its own, so that its CPU time is not the client's. */
class ProxyProcess {
  readonly #child: ChildProcess;
  readonly ports: readonly number[];

  private constructor(child: ChildProcess, ports: readonly number[]) {
    this.#child = child;
    this.ports = ports;
  }

  static async start(mode: "delay" | "barrier", ms: number, ports: readonly number[]): Promise<ProxyProcess> {
    const child = fork(PROGRAM, [mode, String(ms), ...ports.map(String)], { execArgv: [] });
    const ready = await Promise.race([once(child, "message"), once(child, "exit")]);
    const told = ready[0] as { ports?: number[] } | number | null;
    if (told === null || typeof told !== "object" || told.ports === undefined)
      throw new Error("a proxy did not start");
    return new ProxyProcess(child, told.ports);
  }

  async ask(message: string): Promise<unknown> {
    const answer = once(this.#child, "message");
    this.#child.send(message);
    return (await answer)[0];
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill();
    await gone;
  }
}

/** One delaying process per node: every reply reaches the client `rttMs` later than the server sent it. */
export class DelayProxies {
  readonly #proxies: ProxyProcess[];

  private constructor(proxies: ProxyProcess[]) {
    this.#proxies = proxies;
  }

  static async start(nodes: readonly Address[], rttMs: number): Promise<DelayProxies> {
    return new DelayProxies(
      await Promise.all(nodes.map(({ port }) => ProxyProcess.start("delay", rttMs, [port]))),
    );
  }

  get addresses(): Address[] {
    return this.#proxies.map(({ ports }) => ({ host: "127.0.0.1", port: ports[0]! }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
  }
}

/** One process in front of all nodes that counts a batch's dependent waves of requests, whichever client sends them. */
export class BarrierProxy {
  readonly #proxy: ProxyProcess;

  private constructor(proxy: ProxyProcess) {
    this.#proxy = proxy;
  }

  static async start(nodes: readonly Address[], quietMs: number): Promise<BarrierProxy> {
    const ports = nodes.map(({ port }) => port);
    return new BarrierProxy(await ProxyProcess.start("barrier", quietMs, ports));
  }

  get addresses(): Address[] {
    return this.#proxy.ports.map((port) => ({ host: "127.0.0.1", port }));
  }

  async count(batch: () => Promise<unknown>): Promise<number> {
    await this.#proxy.ask("start");
    try {
      await batch();
    } finally {
      this.#waves = ((await this.#proxy.ask("stop")) as { waves: number }).waves;
    }
    return this.#waves;
  }

  #waves = 0;

  async stop(): Promise<void> {
    await this.#proxy.stop();
  }
}
