import { ConfigError } from "../errors.ts";
import type { Config } from "./config.ts";
import type { Hooks } from "./hooks.ts";
import type { Database } from "./keyspace/database.ts";
import type { Value } from "./keyspace/value.ts";
import type { Bytes } from "./protocol/arg.ts";
import { asString } from "./protocol/bytes.ts";
import { dumpPayload } from "./rdb/dump-payload.ts";
import { type RdbEntry, type RdbFile, type RdbNotes, readRdb, writeRdb } from "./rdb/rdb-file.ts";
import { RdbError } from "./rdb/rdb-reader.ts";
import { SERVER_VERSION } from "./server-version.ts";

const SETTINGS_NOTE = "slotpack-settings";

/** Where a server listens, what it calls itself and its passwords stay its own. */
const OWN_SETTINGS = /^(bind|requirepass|master(user|auth)|dir|tls-.+|cluster-announce-.+)$/;

/** What a snapshot is taken of and put back into. */
export interface SnapshotHost {
  readonly databases: readonly Database[];
  readonly config: Config;
  readonly hooks: Pick<Hooks, "restoring">;
  readonly replica: boolean;
  dirty: number;
  now(): number;
  beginCommand(): number;
  endCommand(): void;
  propagate(db: number, argv: readonly Bytes[]): void;
}

/** All keys with their values and times, and what CONFIG SET can change: an RDB file, with the settings as a note that a real server passes over. */
export function takeSnapshot(host: SnapshotHost): Buffer {
  const { config, databases } = host;
  const notes = {
    "redis-ver": SERVER_VERSION,
    ctime: String(Math.floor(host.now() / 1000)),
    [SETTINGS_NOTE]: JSON.stringify(
      Object.fromEntries(Object.entries(config.settings()).filter(([name]) => !OWN_SETTINGS.test(name))),
    ),
  };
  return writeRdb(notes, entriesOf(databases));
}

function* entriesOf(databases: readonly Database[]): Generator<RdbEntry> {
  for (const database of databases) {
    for (const key of database.names()) {
      const value = database.peek(key) as Value;
      yield { db: database.id, key, value, expiresAt: database.expiryOf(key) };
    }
  }
}

/** Puts a snapshot in the place of all that is there; replicas are told. Throws ConfigError `BAD_SNAPSHOT`, and changes nothing then. */
export function restoreSnapshot(host: SnapshotHost, snapshot: Uint8Array): void {
  if (!(snapshot instanceof Uint8Array)) throw badSnapshot("expected the bytes that snapshot() gave");
  if (host.replica) throw badSnapshot("a replica holds what its primary holds");
  const now = host.now();
  const { notes, entries: all } = readSnapshot(
    Buffer.from(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength),
  );
  const entries = all.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  const beyond = entries.find(({ db }) => db >= host.databases.length);
  if (beyond !== undefined) throw badSnapshot(`there is no database ${beyond.db}`);
  for (const { key } of entries) {
    const refusal = host.hooks.restoring.map((hook) => hook(key)).find((text) => text !== undefined);
    if (refusal !== undefined) throw badSnapshot(refusal);
  }
  const settings = settingsOf(notes);
  const changed = Object.entries(settings).filter(([name, text]) => host.config.settings()[name] !== text);
  host.beginCommand();
  try {
    if (changed.length > 0) host.config.set(changed);
    for (const database of host.databases) database.flush();
    host.propagate(0, ["FLUSHALL"]);
    for (const { db, key, value, expiresAt } of entries) {
      const database = host.databases[db] as Database;
      database.add(key, value);
      if (expiresAt !== undefined) database.expireAt(key, expiresAt);
      database.changed(key);
      host.propagate(db, ["RESTORE", key, String(expiresAt ?? 0), dumpPayload(value), "ABSTTL"]);
    }
    host.dirty += 1 + entries.length;
  } finally {
    host.endCommand();
  }
}

function readSnapshot(bytes: Buffer): RdbFile {
  try {
    return readRdb(bytes);
  } catch (error) {
    throw error instanceof RdbError ? badSnapshot(error.message, error) : error;
  }
}

function settingsOf(notes: RdbNotes): Record<string, string> {
  const note = notes[SETTINGS_NOTE];
  try {
    return note === undefined ? {} : JSON.parse(asString(note));
  } catch (error) {
    throw badSnapshot("its settings are no JSON", error);
  }
}

function badSnapshot(why: string, cause?: unknown): ConfigError {
  return new ConfigError("BAD_SNAPSHOT", `restore: ${why}`, { option: "snapshot", cause });
}
