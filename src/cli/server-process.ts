import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../errors.ts";
import { freePort, releasePort } from "./free-port.ts";
import { guardProcess, releaseProcess } from "./process-guard.ts";
import {
  type CommandArgument,
  CommandConnection,
  type RawReply,
  type Reply,
  textReply,
} from "./server-command.ts";

/**
 * Lines of the server's configuration file, as they stand there: a value with blanks has to bring its quotes.
 * A list repeats the line (`save`, `user`, `rename-command`).
 */
export type ServerConfig = Readonly<Record<string, string | number | readonly string[]>>;

const READY_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS = 5;

/** One server process on 127.0.0.1 with its own folder. */
export class ServerProcess {
  readonly host = "127.0.0.1";
  readonly #binary: string;
  readonly #folder: string;
  readonly #config: ServerConfig;
  readonly #flags: readonly string[];
  #port = 0;
  #child: ChildProcess | undefined;
  #connection: CommandConnection | undefined;

  /** `flags` stand behind the configuration file on the command line (`--sentinel`). */
  constructor(binary: string, folder: string, config: ServerConfig, flags: readonly string[] = []) {
    this.#binary = binary;
    this.#folder = folder;
    this.#config = config;
    this.#flags = flags;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `${this.host}:${this.#port}`;
  }

  /** Process id, or 0 while it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts the process and waits until it answers; after {@link stop} on the same port and folder. */
  async start(): Promise<this> {
    if (this.#port !== 0) {
      const failure = await this.#launch();
      if (failure !== undefined) throw new ConfigError("SERVER_START", failure);
      return this;
    }
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      const failure = await this.#launch();
      if (failure === undefined) return this;
      releasePort(this.#port);
      this.#port = 0;
      // Another process may have taken the port since it was probed.
      if (attempt === PORT_ATTEMPTS || !/address already in use|failed listening/i.test(failure)) {
        throw new ConfigError("SERVER_START", failure);
      }
    }
  }

  /** Sends one command; bulk strings come back as text. Rejects with the server's error. */
  async command(...args: CommandArgument[]): Promise<Reply> {
    return textReply(await this.commandRaw(...args));
  }

  /** As {@link command}, with bulk strings as bytes. */
  commandRaw(...args: CommandArgument[]): Promise<RawReply> {
    if (this.#connection === undefined || this.#connection.closed) {
      this.#connection = new CommandConnection(this.#port, this.host);
      const password = this.#config.requirepass;
      if (password !== undefined) this.#connection.send("AUTH", unquoted(String(password))).catch(() => {});
    }
    return this.#connection.sendRaw(args);
  }

  /** Ends the process at once (there is nothing to save) and waits until it is gone. */
  async stop(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Gives the port back; the process must be stopped. */
  release(): void {
    releasePort(this.#port);
  }

  /** The reason of the failure, or undefined once the server answers. */
  async #launch(): Promise<string | undefined> {
    mkdirSync(this.#folder, { recursive: true });
    const logFile = join(this.#folder, "server.log");
    const configFile = join(this.#folder, "server.conf");
    writeFileSync(configFile, configText({ ...this.#config, port: this.#port, dir: this.#folder }));
    const log = openSync(logFile, "w");
    const child = spawn(this.#binary, [configFile, ...this.#flags], {
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    const spawned = new Promise<Error | undefined>((resolve) => {
      child.once("error", resolve);
      child.once("spawn", () => resolve(undefined));
    });
    const error = await spawned;
    if (error !== undefined) return `${this.#binary}: ${error.message}`;
    const pid = child.pid as number;
    this.#child = child;
    guardProcess(pid);
    child.once("exit", () => {
      this.#child = undefined;
      releaseProcess(pid);
    });
    child.unref();
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < deadline) {
      if (this.#child === undefined) return lastLines(logFile);
      if (await this.#answers(pid)) return undefined;
      await sleep(10);
    }
    await this.stop();
    return `no answer within ${READY_TIMEOUT_MS} ms: ${lastLines(logFile)}`;
  }

  /** The process id is compared because a foreign server may own the port. */
  async #answers(pid: number): Promise<boolean> {
    try {
      const info = String(await this.command("INFO", "server"));
      return info.includes(`process_id:${pid}\r\n`);
    } catch {
      return false;
    }
  }
}

function configText(config: ServerConfig): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(config)) {
    for (const item of typeof value === "object" ? value : [String(value)]) {
      if (/[\r\n]/.test(name + item)) {
        throw new ConfigError("SERVER_CONFIG", `The server option ${name} holds a line break.`, {
          option: name,
        });
      }
      lines.push(`${name} ${item === "" ? '""' : item}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/, "$1");
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-4).join("; ");
}
