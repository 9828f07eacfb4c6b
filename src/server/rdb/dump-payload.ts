import { isString, type Value } from "../keyspace/value.ts";
import type { Bytes } from "../protocol/arg.ts";
import { fromBuffer, toBuffer } from "../protocol/bytes.ts";
import { crc64 } from "./crc64.ts";
import { RdbError, RdbReader } from "./rdb-reader.ts";
import { rdbString } from "./rdb-string.ts";

/** Of 7.0, which reads this version and all before it. */
const RDB_VERSION = 10;
const FOOTER_BYTES = 10;
const CHECKSUM_BYTES = 8;
const STRING_TYPE = 0;

/** What DUMP answers: the type, the value as in an RDB file, the RDB version and a CRC64 of all that. */
export function dumpPayload(value: Value): Bytes {
  return sealedPayload([Buffer.from([rdbType(value)]), ...rdbValue(value)]);
}

/** RDB version and CRC64 behind what is to be carried. */
export function sealedPayload(pieces: readonly Buffer[]): Bytes {
  const body = Buffer.concat([...pieces, Buffer.from([RDB_VERSION, 0])]);
  return fromBuffer(Buffer.concat([body, crc64(body)]));
}

/** False where version or checksum are wrong. */
export function isDumpPayload(payload: Bytes): boolean {
  const bytes = toBuffer(payload);
  if (bytes.length < FOOTER_BYTES || bytes.readUInt16LE(bytes.length - FOOTER_BYTES) > RDB_VERSION)
    return false;
  const end = bytes.length - CHECKSUM_BYTES;
  return crc64(bytes, end).equals(bytes.subarray(end));
}

/** Whether a valid payload carries nothing. */
export function isEmptyPayload(payload: Bytes): boolean {
  return payload.length === FOOTER_BYTES;
}

/** The value of a payload; throws an RdbError where it is damaged or of a type that is not known here. */
export function restoreValue(payload: Bytes): Value {
  const reader = new RdbReader(toBuffer(payload));
  return readRdbValue(reader, reader.byte());
}

/** The byte that stands before a value, in an RDB file before its key. */
export function rdbType(value: Value): number {
  if (!isString(value)) throw new RdbError(`no DUMP of a ${value.type} yet`);
  return STRING_TYPE;
}

/** A value's pieces, as in an RDB file. */
export function rdbValue(value: Value): Buffer[] {
  if (!isString(value)) throw new RdbError(`no DUMP of a ${value.type} yet`);
  return rdbString(value);
}

export function readRdbValue(reader: RdbReader, type: number): Value {
  if (type !== STRING_TYPE) throw new RdbError(`no RESTORE of type ${type} yet`);
  return reader.string();
}
