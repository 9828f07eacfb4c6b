import type { Value } from "../keyspace/value.ts";
import type { BinaryString, Bytes } from "../protocol/arg.ts";
import { asString } from "../protocol/bytes.ts";
import { crc64 } from "./crc64.ts";
import { rdbType, rdbValue, readRdbValue } from "./dump-payload.ts";
import { RdbError, RdbReader } from "./rdb-reader.ts";
import { rdbLength, rdbString } from "./rdb-string.ts";

/** Opcodes of an RDB file. Source: rdb.h of 7.0. */
const OPCODE = {
  idle: 0xf8,
  freq: 0xf9,
  aux: 0xfa,
  resize: 0xfb,
  expireMs: 0xfc,
  selectDb: 0xfe,
  end: 0xff,
} as const;
const MAGIC = "REDIS0010";
const CHECKSUM_BYTES = 8;

export interface RdbEntry {
  readonly db: number;
  readonly key: BinaryString;
  readonly value: Value;
  /** Milliseconds since 1970; undefined: never. */
  readonly expiresAt: number | bigint | undefined;
}

/** Notes at the head of a file, by name: binary strings. */
export type RdbNotes = Readonly<Record<string, Bytes>>;

export interface RdbFile {
  readonly notes: RdbNotes;
  readonly entries: RdbEntry[];
}

/** An RDB file of version 10, as 7.0 writes and later versions read. Entries of a database stand together. */
export function writeRdb(notes: RdbNotes, entries: Iterable<RdbEntry>): Buffer {
  const pieces: Buffer[] = [Buffer.from(MAGIC)];
  for (const [name, text] of Object.entries(notes)) {
    pieces.push(Buffer.from([OPCODE.aux]), ...rdbString(name), ...rdbString(text));
  }
  let db = -1;
  for (const entry of entries) {
    if (entry.db !== db) pieces.push(Buffer.from([OPCODE.selectDb]), rdbLength(entry.db));
    db = entry.db;
    if (entry.expiresAt !== undefined) {
      const time = Buffer.alloc(9);
      time[0] = OPCODE.expireMs;
      time.writeBigInt64LE(BigInt(entry.expiresAt), 1);
      pieces.push(time);
    }
    pieces.push(Buffer.from([rdbType(entry.value)]), ...rdbString(entry.key), ...rdbValue(entry.value));
  }
  const body = Buffer.concat([...pieces, Buffer.from([OPCODE.end])]);
  return Buffer.concat([body, crc64(body)]);
}

/** Reads what `writeRdb` wrote, or a real server's file as far as its values are known here. Throws an RdbError, before anything is returned. */
export function readRdb(bytes: Buffer): RdbFile {
  if (!/^REDIS00(0\d|10)$/.test(bytes.toString("latin1", 0, MAGIC.length))) throw new RdbError("no RDB file");
  const end = bytes.length - CHECKSUM_BYTES;
  const checksum = bytes.subarray(Math.max(0, end));
  // Zeros: written with rdbchecksum no.
  if (checksum.some((byte) => byte !== 0) && !crc64(bytes, end).equals(checksum)) {
    throw new RdbError("the checksum does not fit");
  }
  const reader = new RdbReader(bytes.subarray(MAGIC.length, end));
  const notes: Record<string, Bytes> = {};
  const entries: RdbEntry[] = [];
  let db = 0;
  let expiresAt: bigint | undefined;
  for (;;) {
    const opcode = reader.byte();
    if (opcode === OPCODE.end) return { notes, entries };
    if (opcode === OPCODE.aux) notes[asString(reader.string())] = reader.string();
    else if (opcode === OPCODE.selectDb) db = reader.length();
    else if (opcode === OPCODE.resize) {
      reader.length();
      reader.length();
    } else if (opcode === OPCODE.expireMs) expiresAt = int64(reader);
    else if (opcode === OPCODE.idle) reader.length();
    else if (opcode === OPCODE.freq) reader.byte();
    else {
      const key = asString(reader.string());
      entries.push({ db, key, value: readRdbValue(reader, opcode), expiresAt });
      expiresAt = undefined;
    }
  }
}

function int64(reader: RdbReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 64n; shift += 8n) value |= BigInt(reader.byte()) << shift;
  return BigInt.asIntN(64, value);
}
