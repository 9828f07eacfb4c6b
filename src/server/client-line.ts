import type { Client } from "./client.ts";

/** The letters of CLIENT LIST's `flags`. */
export function clientFlags(client: Client): string {
  let flags = "";
  if (client.replica) flags += client.monitor ? "O" : "S";
  else if (client.monitor) flags += "O";
  if (client.master) flags += "M";
  if (client.subscribed) flags += "P";
  if (client.multi) flags += "x";
  if (client.blocked !== undefined || client.postponed) flags += "b";
  if (client.tracking !== undefined) flags += "t";
  if (client.tracking?.brokenRedirect) flags += "R";
  if (client.tracking?.broadcast) flags += "B";
  if (client.dirtyCas) flags += "d";
  if (client.closeAfterReply) flags += "c";
  if (client.closed) flags += "A";
  if (client.transport?.unixSocket) flags += "U";
  if (client.clusterReadonly) flags += "r";
  if (client.noEvict) flags += "e";
  return flags === "" ? "N" : flags;
}

/** One line of CLIENT LIST, without its line end; `now` in milliseconds since 1970. */
export function clientLine(client: Client, now: number): string {
  const { transport, tracking } = client;
  const unparsed = transport?.unparsedBytes ?? 0;
  const unsent = client.outputBytes;
  const seconds = (since: number) => Math.max(0, Math.floor(now / 1000) - Math.floor(since / 1000));
  const total = 1024 + unparsed + unsent + client.argvBytes + client.queueBytes;
  return [
    `id=${client.id}`,
    `addr=${transport?.address ?? ""}`,
    `laddr=${transport?.localAddress ?? ""}`,
    `fd=${transport?.fd ?? -1}`,
    `name=${client.name}`,
    `age=${seconds(client.createdAt)}`,
    `idle=${seconds(client.lastInteraction)}`,
    `flags=${clientFlags(client)}`,
    `db=${client.db}`,
    `sub=${client.channels.size}`,
    `psub=${client.patterns.size}`,
    `ssub=${client.shardChannels.size}`,
    `multi=${client.multi ? client.queue.length : -1}`,
    `qbuf=${unparsed}`,
    "qbuf-free=0",
    `argv-mem=${client.argvBytes}`,
    `multi-mem=${client.queueBytes}`,
    "rbs=1024",
    "rbp=0",
    `obl=${Math.min(unsent, 1024)}`,
    `oll=${client.reply.pieces}`,
    `omem=${Math.max(0, unsent - 1024)}`,
    `tot-mem=${total}`,
    `events=r${unsent > client.reply.byteLength ? "w" : ""}`,
    `cmd=${client.lastCommand?.name ?? "NULL"}`,
    `user=${client.user?.name ?? "(superuser)"}`,
    `redir=${tracking === undefined ? -1 : tracking.redirect}`,
    `resp=${client.reply.resp}`,
  ].join(" ");
}
