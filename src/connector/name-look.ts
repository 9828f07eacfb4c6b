import { isUtf8 } from "node:buffer";
import type { Reply } from "../bytes/reply.ts";
import { throwUnlessComplete } from "../cluster/call.ts";
import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { NameBatch, type NameCommand } from "../records/name-batch.ts";

/** Names in one look at the server. */
export const PAGE_NAMES = 1000;

/**
 * Commands on names in one packed write per node, replies in their order; undefined in place of a value that is no string. Rejects with BatchError when
 * anything else fails.
 */
export async function askNames(
  client: SlotClient,
  what: string,
  commands: readonly NameCommand[],
  options: CallOptions,
): Promise<(Reply | undefined)[]> {
  const batch = new NameBatch(client.batchDefaults, commands, "read");
  const result = await client.runSource({ what, source: batch, options, settled: true });
  for (const [index, { code }] of batch.errors ?? []) if (code === "WRONGTYPE") batch.errors!.delete(index);
  if (batch.errors?.size === 0) batch.errors = undefined;
  throwUnlessComplete(what, result, batch.errors, () => batch.settled((item) => batch.replies[item]!));
  return batch.replies;
}

/** Names that SCAN finds on all primaries, in pages; names that are no UTF-8 are none of ours. */
export async function* scanPages(
  client: SlotClient,
  pattern: string,
  options: CallOptions,
): AsyncGenerator<string[], void, undefined> {
  let page: string[] = [];
  for await (const name of client.scan(pattern, { ...options, count: PAGE_NAMES })) {
    if (!isUtf8(name)) continue;
    page.push(name.toString());
    if (page.length < PAGE_NAMES) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
