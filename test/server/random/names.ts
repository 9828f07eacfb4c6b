import type { Argument } from "../resp-client.ts";

const CONTAINERS = new Set([
  "acl",
  "client",
  "cluster",
  "command",
  "config",
  "debug",
  "function",
  "latency",
  "memory",
  "object",
  "pubsub",
  "slowlog",
]);

/** They may have no reply of their own, or several: a mark is sent behind them. */
export const WAITING: ReadonlySet<string> = new Set([
  "subscribe",
  "psubscribe",
  "ssubscribe",
  "unsubscribe",
  "punsubscribe",
  "sunsubscribe",
  "monitor",
  "client|reply",
  "debug|protocol",
]);

/** `get`, `config|get`: what the arguments call, whether it exists or not. */
export function commandName(args: readonly Argument[]): string {
  const name = String(args[0] ?? "").toLowerCase();
  if (args.length === 1 || !CONTAINERS.has(name)) return name;
  return `${name}|${String(args[1]).toLowerCase()}`;
}

/** For messages: bytes that are no text are escaped, and what is long is cut. */
export function shown(args: readonly Argument[]): string {
  return args
    .map((arg) => {
      const text = JSON.stringify(Buffer.isBuffer(arg) ? arg.toString("latin1") : String(arg));
      return text.length > 100 ? `${text.slice(0, 100)}… (${String(arg).length})` : text;
    })
    .join(" ");
}
