import type { Client } from "./client.ts";
import type { Bytes } from "./protocol/arg.ts";
import type { Wire } from "./wire.ts";

/** The journal before the faults: it sees what the server did, and what a fault made of it does not change that. */
export function stackedWire(journal: Wire | undefined, faults: Wire | undefined): Wire | undefined {
  if (journal === undefined || faults === undefined) return journal ?? faults;
  return {
    closed: (client) => faults.closed?.(client),
    incoming: (client, chunk, deliver) => faults.incoming?.(client, chunk, deliver),
    outgoing: (client, output, deliver) => faults.outgoing?.(client, output, deliver),
    finishing: (client, end) => faults.finishing?.(client, end),
    command(client: Client, args: readonly Bytes[]) {
      journal.command?.(client, args);
      return faults.command?.(client, args);
    },
    replied(client: Client, args: readonly Bytes[], mark: number) {
      journal.replied?.(client, args, mark);
      faults.replied?.(client, args, mark);
    },
  };
}
