import { type SessionData, Store } from "express-session";
import type { CacheBackend } from "../cache/cache-backend.ts";
import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { checkOptions, wholeFrom1 } from "./adapter-options.ts";
import { requireBytesBackend, textOf } from "./bytes-backend.ts";
import { allKeys, type KeySpace, keyLists, removeKeys } from "./key-space.ts";

/** What turns a session into text and back; JSON by default. */
export interface SessionSerializer {
  stringify(session: SessionData): string;
  parse(text: string): SessionData;
}

export interface SessionStoreOptions {
  /** Put in front of every session id. Default `sess:`. */
  prefix?: string | undefined;
  /** Milliseconds that a session lives whose cookie has no expiry; or a function of the session, for all. Default 86,400,000: a day. */
  ttlMs?: number | ((session: SessionData) => number) | undefined;
  /** Whether a session's life is not renewed when it was only looked at. Default false. */
  disableTouch?: boolean | undefined;
  /** Whether sessions live for ever; implies `disableTouch`. Default false. */
  disableTtl?: boolean | undefined;
  /** Default JSON. */
  serializer?: SessionSerializer | undefined;
  /** Sessions read or removed in one call by `all()` and `clear()`. Default 1,000. */
  scanCount?: number | undefined;
}

type Callback<T> = (error: unknown, value?: T) => void;

const NAME = "the express-session store";
const DAY_MS = 86_400_000;

/** A store for express-session on a cache backend whose codec is `bytes`; throws ConfigError for bad options. */
export function sessionStore(
  backend: CacheBackend<Uint8Array>,
  options: SessionStoreOptions = {},
): SlotpackSessionStore {
  return new SlotpackSessionStore(backend, options);
}

/**
 * Sessions as JSON texts under `{backend's keyPrefix}sess:{id}`, as connect-redis keeps them. Every method takes a callback, and without one
 * returns a promise; errors go there, and express-session hands them to `next`. A session's life is what its cookie says (`expires`,
 * `maxAge`); one that is over is removed instead of stored.
 */
export class SlotpackSessionStore extends Store {
  readonly #backend: CacheBackend<Uint8Array>;
  readonly #space: KeySpace;
  readonly #ttlMs: number | ((session: SessionData) => number);
  readonly #touches: boolean;
  readonly #expires: boolean;
  readonly #serializer: SessionSerializer;
  readonly #scanCount: number;

  constructor(backend: CacheBackend<Uint8Array>, options: SessionStoreOptions = {}) {
    super();
    checkOptions(NAME, options, {
      prefix: "string",
      ttlMs: checkTtlOption,
      disableTouch: "boolean",
      disableTtl: "boolean",
      serializer: checkSerializer,
      scanCount: wholeFrom1,
    });
    this.#backend = requireBytesBackend(NAME, backend);
    this.#space = { backend: this.#backend, start: options.prefix ?? "sess:" };
    this.#ttlMs = options.ttlMs ?? DAY_MS;
    this.#expires = options.disableTtl !== true;
    this.#touches = this.#expires && options.disableTouch !== true;
    this.#serializer = options.serializer ?? JSON;
    this.#scanCount = options.scanCount ?? 1000;
  }

  /** The session, or null. */
  override get(sid: string, callback?: Callback<SessionData | null>): Promise<SessionData | null> {
    return this.#answer(async () => {
      const value = await this.#backend.get(this.#name(sid));
      return value === null ? null : this.#parse(value);
    }, callback);
  }

  override set(sid: string, session: SessionData, callback?: Callback<void>): Promise<void> {
    return this.#answer(async () => {
      const ttlMs = this.#lifeMs(session);
      if (ttlMs !== null && ttlMs <= 0) return void (await this.#backend.delete(this.#name(sid)));
      const value = Buffer.from(this.#serializer.stringify(session));
      await this.#backend.set(this.#name(sid), value, { ttlMs });
    }, callback);
  }

  /** Renews the session's life; its stored text stays as it is. */
  override touch(sid: string, session: SessionData, callback?: Callback<void>): Promise<void> {
    return this.#answer(async () => {
      if (!this.#touches) return;
      const ttlMs = this.#lifeMs(session);
      if (ttlMs !== null && ttlMs <= 0) await this.#backend.delete(this.#name(sid));
      else await this.#backend.expire(this.#name(sid), ttlMs);
    }, callback);
  }

  override destroy(sid: string, callback?: Callback<void>): Promise<void> {
    return this.#answer(async () => void (await this.#backend.delete(this.#name(sid))), callback);
  }

  /** How many sessions there are; reads all keys of the server. */
  override length(callback?: Callback<number>): Promise<number> {
    return this.#answer(async () => (await allKeys(this.#space)).length, callback);
  }

  /** Every session id. */
  ids(callback?: Callback<string[]>): Promise<string[]> {
    return this.#answer(() => allKeys(this.#space), callback);
  }

  /** Every session, its id as `id`, read in batches over any slots. */
  override all(callback?: Callback<SessionData[]>): Promise<SessionData[]> {
    return this.#answer(async () => {
      const sessions = new Map<string, SessionData>();
      for await (const names of keyLists(this.#space, this.#scanCount)) {
        for (const [name, value] of await this.#backend.getMany(names)) {
          const id = name.slice(this.#space.start.length);
          sessions.set(id, Object.assign(this.#parse(value), { id }));
        }
      }
      return [...sessions.values()];
    }, callback);
  }

  /** Removes every session, and nothing else of the backend. */
  override clear(callback?: Callback<void>): Promise<void> {
    return this.#answer(async () => void (await removeKeys(this.#space, this.#scanCount)), callback);
  }

  #name(sid: string): string {
    if (typeof sid !== "string") throw badOption("sid", "a string", sid);
    return this.#space.start + sid;
  }

  #parse(value: Uint8Array): SessionData {
    return this.#serializer.parse(textOf(NAME, value));
  }

  /** null: for ever; 0 or less: over. */
  #lifeMs(session: SessionData): number | null {
    if (!this.#expires) return null;
    if (typeof this.#ttlMs === "function") return wholeMs(this.#ttlMs(session));
    const expires: unknown = session?.cookie?.expires;
    if (expires === undefined || expires === null || expires === false) return this.#ttlMs;
    return wholeMs(new Date(expires as string | Date).getTime() - Date.now());
  }

  /** A callback that throws must not look like a failed store: it is called outside of the promise. */
  #answer<T>(work: () => Promise<T>, callback: Callback<T> | undefined): Promise<T> {
    const outcome = work();
    if (typeof callback !== "function") return outcome;
    outcome.then(
      (value) => process.nextTick(callback, null, value),
      (error) => process.nextTick(callback, error),
    );
    return outcome.catch(() => undefined as T);
  }
}

function wholeMs(ms: number): number {
  if (typeof ms === "number" && !Number.isNaN(ms)) return Math.ceil(ms);
  throw new ConfigError("BAD_TTL", `the session's expiry is no time: ${String(ms)}`, { option: "ttlMs" });
}

function checkTtlOption(name: string, value: unknown): void {
  if (typeof value === "function" || (Number.isSafeInteger(value) && (value as number) >= 1)) return;
  throw new ConfigError(
    "BAD_TTL",
    `${name}: expected whole milliseconds from 1, or a function of the session`,
    {
      option: name,
    },
  );
}

function checkSerializer(name: string, value: unknown): void {
  const serializer = value as Partial<SessionSerializer> | null;
  if (typeof serializer?.stringify !== "function" || typeof serializer.parse !== "function")
    throw badOption(name, "{ stringify, parse }", value);
}
