import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { codeOf } from "./failure.ts";
import { type Meter, openMeter, showsMeter } from "./meter.ts";
import type { Terminal } from "./terminal.ts";

/** A bar for a walk over all names of the servers, where one is shown and they tell how many there are. */
export async function openWalkMeter(
  terminal: Terminal,
  client: SlotClient,
  resultsStream: boolean,
  options: CallOptions,
): Promise<Meter> {
  const shown = showsMeter(terminal, resultsStream);
  const total = shown ? await nameCount(client, options) : undefined;
  return openMeter(terminal, total !== undefined, {
    format: "{bar} {value} of {total} names · {records} records · {duration_formatted}",
    total: total ?? 0,
    first: { records: 0 },
  });
}

async function nameCount(client: SlotClient, options: CallOptions): Promise<number | undefined> {
  try {
    const counts = await client.askPrimaries("ls", ["DBSIZE"], options);
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  } catch (error) {
    if (codeOf(error) === "NOPERM") return undefined;
    throw error;
  }
}
