import { CommandError } from "../../command-error.ts";
import type { Database } from "../../keyspace/database.ts";
import { Digest } from "../../keyspace/digest.ts";
import { isString, type Value } from "../../keyspace/value.ts";

/** Numbers of the types in redis-server. */
const TYPES: Record<string, number> = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6 };

/** Of the whole data set: equal to that of a redis-server 7.0 which holds the same. */
export function datasetDigest(databases: readonly Database[]): string {
  const total = new Digest();
  for (const db of databases) {
    if (db.size === 0) continue;
    total.mix(int32(db.id));
    for (const key of db.names()) {
      const digest = new Digest();
      digest.mix(key);
      mixValue(digest, db, key);
      total.xor(digest.bytes);
    }
  }
  return total.hex;
}

/** Of one key's value and expiry; zeros where there is no such key. */
export function valueDigest(db: Database, key: string): string {
  const digest = new Digest();
  if (db.has(key)) mixValue(digest, db, key);
  return digest.hex;
}

function mixValue(digest: Digest, db: Database, key: string): void {
  const value = db.peek(key) as Value;
  digest.mix(int32(TYPES[isString(value) ? "string" : value.type] as number));
  if (isString(value)) digest.mix(value);
  else if (value.digestInto === undefined) throw new CommandError(`ERR no digest of a ${value.type} yet`);
  else value.digestInto(digest);
  if (db.expiryOf(key) !== undefined) digest.xor("!!expire!!");
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
