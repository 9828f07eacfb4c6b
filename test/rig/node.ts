import type { CommandArgument, RawReply, Reply } from "../../src/cli/server-command.ts";
import type { RigProcess } from "./rig-process.ts";

/** One server of a test: its address, its process, and what may happen to it. */
export class RigNode {
  /** 40 hex digits on a cluster, empty on a standalone server. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly #server: RigProcess;

  constructor(server: RigProcess, id: string) {
    this.#server = server;
    this.id = id;
    this.host = server.host;
    this.port = server.port;
  }

  /** 0 while it does not run. */
  get pid(): number {
    return this.#server.pid;
  }

  get address(): string {
    return this.#server.address;
  }

  get url(): string {
    return `redis://${this.address}`;
  }

  /** Sends one command on the rig's own connection; rejects with the server's error reply. */
  command(...args: CommandArgument[]): Promise<Reply> {
    return this.#server.command(...args);
  }

  /** As {@link command}, with bulk strings as bytes. */
  commandRaw(...args: CommandArgument[]): Promise<RawReply> {
    return this.#server.commandRaw(...args);
  }

  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void> {
    return this.#server.stop();
  }

  /** Starts a killed node again: same port, same id, no data. */
  async restart(): Promise<void> {
    await this.#server.start();
  }

  /** SIGSTOP: sockets stay open, nothing answers. */
  pause(): void {
    if (this.#server.pause !== undefined) this.#server.pause();
    else process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    if (this.#server.resume !== undefined) this.#server.resume();
    else process.kill(this.pid, "SIGCONT");
  }
}
