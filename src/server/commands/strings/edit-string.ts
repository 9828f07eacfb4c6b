import type { Database } from "../../keyspace/database.ts";
import { ENCODING } from "../../keyspace/value.ts";
import { BUFFER_FROM, type Bytes } from "../../protocol/arg.ts";
import { editable } from "../../protocol/bytes.ts";

/**
 * Changes bytes of a string, which is made at least `length` long by zero bytes behind it; returns its length. A long value that was changed
 * before and that nobody has asked for since is changed where it is.
 *
 * @param value what the key holds now; undefined: the key is missing
 * @param own `Database.ownBuffer` from before the key was looked up
 */
export function editString(
  db: Database,
  key: string,
  value: Bytes | undefined,
  own: Buffer | undefined,
  length: number,
  change: (bytes: Buffer) => void,
): number {
  const before = value ?? "";
  const bytes = editable(before, length, own !== undefined && own === value);
  change(bytes);
  const after = bytes.length < BUFFER_FROM ? bytes.toString("latin1") : bytes;
  if (value === undefined) db.add(key, after, ENCODING.raw);
  else db.overwrite(key, after, ENCODING.raw);
  if (typeof after !== "string") db.markOwn(key);
  return bytes.length;
}
