import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { type CommandEntry, FLAG } from "./command-entry.ts";
import type { Config } from "./config.ts";
import type { Hooks } from "./hooks.ts";
import type { Bytes } from "./protocol/arg.ts";
import { asString } from "./protocol/bytes.ts";
import { redacted } from "./redaction.ts";

export interface MonitorHost {
  readonly clock: Clock;
  readonly config: Config;
  readonly hooks: Hooks;
}

/** The connections that MONITOR every command. While there is none this costs nothing. */
export class Monitors {
  readonly #host: MonitorHost;
  readonly #clients = new Set<Client>();

  constructor(host: MonitorHost) {
    this.#host = host;
    host.hooks.closed.push((client) => this.#remove(client));
  }

  add(client: Client): void {
    const { hooks } = this.#host;
    client.monitor = true;
    if (this.#clients.size === 0) {
      hooks.executed.push(this.#executed);
      hooks.execAborted.push(this.#aborted);
    }
    this.#clients.add(client);
  }

  #remove(client: Client): void {
    if (!this.#clients.delete(client) || this.#clients.size > 0) return;
    const { hooks } = this.#host;
    hooks.executed.splice(hooks.executed.indexOf(this.#executed), 1);
    hooks.execAborted.splice(hooks.execAborted.indexOf(this.#aborted), 1);
  }

  readonly #executed = (client: Client, entry: CommandEntry, args: readonly Bytes[]): void => {
    if ((entry.bits & (FLAG.skipMonitor | FLAG.admin)) !== 0) return;
    this.#feed(client, redacted(entry, args, this.#host.config));
  };

  readonly #aborted = (client: Client, args: readonly Bytes[]): void => this.#feed(client, args);

  #feed(client: Client, args: readonly Bytes[]): void {
    const us = this.#host.clock.nowUs();
    const micros = String(us % 1_000_000).padStart(6, "0");
    const shown = args.map((arg) => quoted(asString(arg))).join(" ");
    const line = `+${Math.floor(us / 1_000_000)}.${micros} [${client.db} ${source(client)}] ${shown}\r\n`;
    for (const monitor of this.#clients) if (!monitor.closeAfterReply) monitor.reply.raw(line);
  }
}

function source({ transport }: Client): string {
  if (transport === undefined) return "lua";
  return transport.unixSocket ? `unix:${transport.address.replace(/:0$/, "")}` : transport.address;
}

const ESCAPES: Record<string, string> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u0007": "\\a",
  "\b": "\\b",
};

/** Quoted and escaped as redis-cli shows strings. */
function quoted(text: string): string {
  const escaped = text.replace(/[^ !#-[\]-~]/g, (character) => {
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
