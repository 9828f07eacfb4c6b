import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/cli/free-port.ts";
import { findExecutable } from "../../src/cli/server-binary.ts";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { versionOf } from "../peers/conditions.ts";

const READY_TIMEOUT_MS = 15_000;

/** A server that is measured, in a process of its own. */
export interface ServerContestant {
  readonly name: string;
  /** With its version. */
  readonly title: string;
  readonly command: (port: number) => readonly string[];
}

export const OURS = "slotpack serve";
export const REFERENCE = "redis-server";

export function serverContestants(redisVersion: string, beside: readonly string[]): ServerContestant[] {
  const rival = join(dirname(createRequire(import.meta.url).resolve("js-redis-server")), "cli.js");
  return [
    ours(OURS, fileURLToPath(new URL("../../src", import.meta.url))),
    ...beside.map((folder) => ours(folder, resolve(folder))),
    {
      name: REFERENCE,
      title: `redis-server ${redisVersion}`,
      command: (port) => [redisBinary(), "--port", `${port}`, "--save", "", "--appendonly", "no"],
    },
    {
      name: "js-redis-server",
      title: versionOf("js-redis-server"),
      command: (port) => [process.execPath, rival, "--port", `${port}`],
    },
  ];
}

export function redisBinary(): string {
  const path = findExecutable([REFERENCE]);
  if (path === undefined) throw new Error(`no ${REFERENCE} on the PATH`);
  return path;
}

function ours(name: string, folder: string): ServerContestant {
  return {
    name,
    title: name,
    command: (port) => [process.execPath, join(folder, "cli/main.js"), "serve", "--port", `${port}`],
  };
}

const RUNNING = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of RUNNING) child.kill("SIGKILL");
});

/** A running contestant and a plain connection to it. */
export class RunningServer {
  readonly contestant: ServerContestant;
  readonly port: number;
  readonly #child: ChildProcess;
  #connection: CommandConnection;

  private constructor(contestant: ServerContestant, port: number, child: ChildProcess) {
    this.contestant = contestant;
    this.port = port;
    this.#child = child;
    this.#connection = new CommandConnection(port);
  }

  static async start(contestant: ServerContestant): Promise<RunningServer> {
    const port = await freePort();
    const [file, ...args] = contestant.command(port);
    const child = spawn(file!, args, { stdio: "ignore" });
    RUNNING.add(child);
    child.once("exit", () => RUNNING.delete(child));
    const server = new RunningServer(contestant, port, child);
    for (const deadline = performance.now() + READY_TIMEOUT_MS; ; await sleep(20)) {
      if (await server.#answers()) return server;
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`${contestant.name} does not answer`);
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get connection(): CommandConnection {
    return this.#connection;
  }

  async stop(): Promise<void> {
    this.#connection.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async #answers(): Promise<boolean> {
    try {
      return (await this.#connection.send("PING")) === "PONG";
    } catch {
      this.#connection.close();
      this.#connection = new CommandConnection(this.port);
      return false;
    }
  }
}
