import { asString } from "../../../src/server/protocol/bytes.ts";
import { isDumpPayload, restoreValue } from "../../../src/server/rdb/dump-payload.ts";
import type { WireReply } from "../resp-reply.ts";
import { ABSOLUTE_MILLISECONDS } from "./random-values.ts";

const EXACT = new Set<string>(ABSOLUTE_MILLISECONDS.flatMap((time) => [time, time.slice(0, -3)]));

/** What two equal servers may answer differently: the order of keys, a moment's milliseconds, and whether DUMP compresses. */
export const NORMALISE: Readonly<Record<string, (reply: WireReply) => WireReply>> = {
  keys: sorted,
  scan: (reply) => (typeof reply === "string" ? reply : reply.map((item) => sorted(item))),
  ttl: lasting,
  pttl: lasting,
  expiretime: absolute,
  pexpiretime: absolute,
  dump: payload,
  "object idletime": (reply) => (typeof reply === "string" && reply.startsWith(":") ? "idle" : reply),
};

function sorted(reply: WireReply): WireReply {
  return typeof reply === "string" ? reply : [reply[0] as string, ...reply.slice(1).toSorted()];
}

function lasting(reply: WireReply): WireReply {
  return typeof reply === "string" && Number(reply.slice(1)) > 0 ? "a while" : reply;
}

function absolute(reply: WireReply): WireReply {
  const time = String(reply).slice(1);
  return Number(time) > 0 && !EXACT.has(time) ? "some time" : reply;
}

function payload(reply: WireReply): WireReply {
  if (typeof reply !== "string" || !reply.startsWith("$") || reply === "$-1") return reply;
  const bytes = Buffer.from(reply.slice(1), "latin1");
  return isDumpPayload(bytes) ? `a DUMP of ${asString(restoreValue(bytes) as string)}` : "no DUMP";
}
