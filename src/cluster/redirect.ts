import type { ReplyError } from "../bytes/reply.ts";
import { SLOT_COUNT } from "../slots/index.ts";

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** What an error reply asks the client to do with the command that it answers. */
export type Verdict =
  /** Another node owns the slot now: patch the table, send it there. */
  | { readonly kind: "moved"; readonly slot: number; readonly address: NodeAddress }
  /** Another node has this key for the time being: send it there behind ASKING, leave the table alone. */
  | { readonly kind: "ask"; readonly slot: number; readonly address: NodeAddress }
  /** Not run, and will be possible again: wait, then send it; `refresh` when the table may be stale. */
  | { readonly kind: "wait"; readonly code: string; readonly refresh: boolean }
  /** Not run, and the same client will be refused again. */
  | { readonly kind: "refused"; readonly code: string }
  /** The server ran into it: the caller's to decide. */
  | { readonly kind: "error"; readonly code: string };

const WAITING: Record<string, { refresh: boolean } | undefined> = {
  __proto__: null as never,
  TRYAGAIN: { refresh: false },
  CLUSTERDOWN: { refresh: true },
  LOADING: { refresh: false },
  READONLY: { refresh: true },
  MASTERDOWN: { refresh: true },
  BUSY: { refresh: false },
  // A transaction of which nothing ran; what was wrong in it has been taken out by then.
  EXECABORT: { refresh: false },
};

/**
 * Decides about one error reply; pure. `answeredBy` stands in for an empty host (`MOVED 1 :6380`), as Redis asks of clients.
 * A MOVED or ASK with a junk slot or port is the caller's error, and no table is touched.
 * Source: redirection in the Redis cluster specification; faults.md rows 1 to 14, 26 to 28.
 */
export function judgeReply(error: ReplyError, answeredBy: NodeAddress): Verdict {
  const { code, message } = error;
  if (code === "MOVED" || code === "ASK") {
    const target = parseRedirection(message, answeredBy);
    if (target === undefined) return { kind: "error", code };
    return { kind: code === "MOVED" ? "moved" : "ask", ...target };
  }
  const waiting = WAITING[code];
  if (waiting !== undefined) return { kind: "wait", code, refresh: waiting.refresh };
  if (code === "NOAUTH" || code === "CROSSSLOT") return { kind: "refused", code };
  return { kind: "error", code };
}

function parseRedirection(
  message: string,
  answeredBy: NodeAddress,
): { slot: number; address: NodeAddress } | undefined {
  const [, slotText = "", endpoint = "", ...more] = message.split(" ");
  const colon = endpoint.lastIndexOf(":");
  const portText = endpoint.slice(colon + 1);
  if (more.length > 0 || colon === -1 || !/^\d{1,5}$/.test(slotText) || !/^\d{1,5}$/.test(portText))
    return undefined;
  const slot = Number(slotText);
  const port = Number(portText);
  if (slot >= SLOT_COUNT || port === 0 || port > 65535) return undefined;
  const named = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const host = named === "" || named === "?" ? answeredBy.host : named;
  if (!/^[\w.:%-]+$/.test(host)) return undefined;
  return { slot, address: { host, port } };
}
