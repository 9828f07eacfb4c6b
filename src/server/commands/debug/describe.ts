import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { NO_SUCH_KEY } from "../../errors-text.ts";
import type { EntryFacts } from "../../keyspace/key-store.ts";
import { ENCODING_NAMES, isString } from "../../keyspace/value.ts";
import { dumpPayload } from "../../rdb/dump-payload.ts";

/** The type in front, and the version and checksum behind, which DUMP adds. */
const DUMP_FRAME = 11;

function find(call: Call): EntryFacts {
  const facts = call.db.facts(call.arg(2));
  if (facts === undefined) throw new CommandError(NO_SUCH_KEY);
  return facts;
}

/** DEBUG OBJECT. There are no addresses and no counts of references here: both are always the same. */
export function debugObject(call: Call): void {
  const { value, encoding, access } = find(call);
  const { aging } = call.node;
  const name = isString(value) ? (ENCODING_NAMES[encoding] as string) : value.encoding;
  const idle = Math.floor(aging.idleMs(access, call.now) / 1000);
  call.reply.status(
    `Value at:0x1 refcount:1 encoding:${name} serializedlength:${dumpPayload(value).length - DUMP_FRAME} ` +
      `lru:${access} lru_seconds_idle:${idle}`,
  );
}

/** DEBUG SDSLEN: nothing is ever allocated in advance. */
export function sdsLength(call: Call): void {
  const { value, encoding } = find(call);
  if (!isString(value) || ENCODING_NAMES[encoding] === "int")
    throw new CommandError("ERR Not an sds encoded string.");
  const key = call.arg(2).length;
  call.reply.status(
    `key_sds_len:${key}, key_sds_avail:0, key_zmalloc: ${key + 2}, ` +
      `val_sds_len:${value.length}, val_sds_avail:0, val_zmalloc: ${value.length + 2}`,
  );
}
