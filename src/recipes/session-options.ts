import { type CodecName, resolveCodec, type ValueCodec } from "../cache/value-codec.ts";
import type { CallOptions } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { checkNames, checkText, checkWhole } from "./recipe-options.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

export interface SessionStoreOptions<T> {
  /** Milliseconds that a session lives after it was last read, touched or updated, from 1. Default 30 minutes. */
  ttlMs?: number | undefined;
  /** Milliseconds that a session lives at most, however much it is used, from 1. Default 30 days. */
  maxAgeMs?: number | undefined;
  /** In front of every key: `<prefix>:<id>`, and `<prefix>-user:<userId>` for what belongs to one user. Default `session`. */
  prefix?: string | undefined;
  /** How data become bytes: `json` (default), `msgpack`, `text`, `bytes` or a codec of your own. */
  codec?: CodecName | ValueCodec<T> | undefined;
}

/** A session as it was when it was read. */
export interface Session<T> {
  /** 32 characters of `A-Za-z0-9_-`: 192 random bits. Whoever knows it is in the session. */
  readonly id: string;
  /** Null: nobody's. */
  readonly userId: string | null;
  readonly data: T;
  /** From 1; each update adds 1. */
  readonly version: number;
  /** Milliseconds since 1970, by the clock of the session's server. */
  readonly createdAt: number;
  /** Milliseconds left. */
  readonly ttlMs: number;
}

export interface CreateSessionOptions extends CallOptions {
  /** Whose session it is, so that `destroyAllOf` and `allOf` find it. Default: nobody's. */
  userId?: string | undefined;
}

export interface ReadSessionOptions extends CallOptions {
  /** Whether reading starts the TTL again. Default true. */
  touch?: boolean | undefined;
}

export interface UpdateSessionOptions extends CallOptions {
  /** The version that is replaced: that of the session as you read it. */
  version: number;
}

export interface DestroySessionsOptions extends CallOptions {
  /** The id of one session that stays: "log out everywhere else". */
  except?: string | undefined;
}

/** Every option with its value. */
export interface ResolvedSessionOptions<T> {
  readonly ttlMs: number;
  readonly maxAgeMs: number;
  readonly prefix: string;
  readonly codec: ValueCodec<T>;
}

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
export function resolveSessionOptions<T>(options: SessionStoreOptions<T>): ResolvedSessionOptions<T> {
  checkNames("a SessionStore", options, ["ttlMs", "maxAgeMs", "prefix", "codec"]);
  return {
    ttlMs: checkWhole("ttlMs", options.ttlMs ?? 30 * MINUTE_MS, 1),
    maxAgeMs: checkWhole("maxAgeMs", options.maxAgeMs ?? 30 * DAY_MS, 1),
    prefix: checkText("prefix", options.prefix ?? "session"),
    codec: resolveCodec<T>(options.codec ?? "json"),
  };
}

/** Throws ConfigError `BAD_ARGUMENT`. */
export function checkUserId(userId: unknown): string {
  if (typeof userId === "string" && userId !== "") return userId;
  throw new ConfigError("BAD_ARGUMENT", "userId: expected a string of one character or more", {
    option: "userId",
  });
}
