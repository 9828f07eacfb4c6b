import { randomBytes } from "node:crypto";
import { badOption, type CallOptions, checkCallOptions } from "../cluster/options.ts";
import { type Script, valuesOf } from "../cluster/script.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import {
  type ClientSource,
  checkClientSource,
  checkWhole,
  clientOf,
  encodeValue,
  prefixOf,
} from "./recipe-options.ts";
import { SessionError } from "./session-error.ts";
import {
  type CreateSessionOptions,
  checkUserId,
  type DestroySessionsOptions,
  type ReadSessionOptions,
  type ResolvedSessionOptions,
  resolveSessionOptions,
  type Session,
  type SessionStoreOptions,
  type UpdateSessionOptions,
} from "./session-options.ts";
import { CREATE_SESSION, DESTROY_SESSION, READ_SESSION, UPDATE_SESSION } from "./session-scripts.ts";

const ID_BYTES = 24;
const ID = /^[\w-]{32}$/;
/** Servers' clocks may differ by this much before a user's list forgets a session that is alive. */
const CLOCK_SLACK_MS = 60_000;
/** A user's list is rid of what has expired whenever it has grown by this much. */
const PRUNE_EVERY = 64;

/**
 * Sessions with a sliding TTL and optimistic concurrency. A session is one key, changed by one script; a user's sessions lie in any slots and are found
 * through a list of their ids.
 *
 * A session is written before its id is listed, and taken off the list after it is deleted, so that `destroyAllOf` finds every session whose `create()` had
 * resolved before, and can be repeated after a failure. One that is being created meanwhile comes after it.
 */
export class SessionStore<T = unknown> {
  readonly #source: ClientSource;
  readonly #prefix: string;
  readonly #options: ResolvedSessionOptions<T>;

  /** Throws ConfigError `BAD_OPTION` or `UNKNOWN_OPTION`. */
  constructor(client: ClientSource, options: SessionStoreOptions<T> = {}) {
    checkClientSource(client);
    this.#source = client;
    this.#options = resolveSessionOptions(options);
    this.#prefix = prefixOf(client) + this.#options.prefix;
  }

  /** A new session with an id of its own. Where listing it fails, it is deleted again and the call rejects. */
  async create(data: T, options: CreateSessionOptions = {}): Promise<Session<T>> {
    checkCallOptions(options, "userId");
    const { userId, ...callOptions } = options;
    if (userId !== undefined) checkUserId(userId);
    const { codec, ttlMs, maxAgeMs } = this.#options;
    const id = randomBytes(ID_BYTES).toString("base64url");
    const args = [encodeValue(codec, data), userId ?? "", ttlMs, maxAgeMs];
    const reply = await this.#run(CREATE_SESSION, id, args, callOptions);
    if (reply === null) throw new SessionError("SESSION_CONFLICT", "a session with this id exists");
    const [ttl, createdAt] = numbers(reply);
    if (userId !== undefined) {
      try {
        await this.#list(id, userId, createdAt!, callOptions);
      } catch (error) {
        await (await this.#client()).unlink([this.#keyOf(id)]).catch(() => 0);
        throw error;
      }
    }
    return { id, userId: userId ?? null, data, version: 1, createdAt: createdAt!, ttlMs: ttl! };
  }

  /** The session, whose TTL starts again; null where there is none (any more). An id of another form is not asked for. */
  async get(id: string, options: ReadSessionOptions = {}): Promise<Session<T> | null> {
    checkCallOptions(options, "touch");
    const { touch = true, ...callOptions } = options;
    if (typeof touch !== "boolean") throw badOption("touch", "a boolean", touch);
    if (!isId(id)) return null;
    const reply = await this.#run(READ_SESSION, id, this.#readArguments(touch), callOptions);
    return reply === null ? null : this.#session(id, reply as Buffer[]);
  }

  /**
   * Replaces the data of the version that you read, and starts the TTL again. Throws SessionError `SESSION_CONFLICT` where somebody else was faster (read it
   * again, and decide), `SESSION_GONE` where it is no longer there.
   */
  async update(id: string, data: T, options: UpdateSessionOptions): Promise<Session<T>> {
    checkCallOptions(options, "version");
    const { version, ...callOptions } = Object(options) as UpdateSessionOptions;
    checkWhole("version", version, 1);
    const { codec, ttlMs, maxAgeMs } = this.#options;
    const args = [String(version), encodeValue(codec, data), ttlMs, maxAgeMs];
    const reply = isId(id) ? await this.#run(UPDATE_SESSION, id, args, callOptions) : null;
    if (reply === null) throw new SessionError("SESSION_GONE", "the session expired or was destroyed");
    const [now, user, createdAt, ttl] = reply as Buffer[];
    if (user === undefined) {
      const message = `the session is at version ${now}, and version ${version} was to be replaced; nothing was changed`;
      throw new SessionError("SESSION_CONFLICT", message);
    }
    return {
      id,
      userId: userOf(user),
      data,
      version: Number(now),
      createdAt: Number(createdAt),
      ttlMs: Number(ttl),
    };
  }

  /** Starts the TTL again; whether the session is there. */
  async touch(id: string, options: CallOptions = {}): Promise<boolean> {
    checkCallOptions(options);
    if (!isId(id)) return false;
    return (await this.#run(READ_SESSION, id, this.#readArguments(true), options)) !== null;
  }

  /** Whether there was a session. */
  async destroy(id: string, options: CallOptions = {}): Promise<boolean> {
    checkCallOptions(options);
    if (!isId(id)) return false;
    const user = await this.#run(DESTROY_SESSION, id, [], options);
    if (user === null) return false;
    const userId = userOf(user as Buffer);
    // An id that stays on the list does no harm: there is no session behind it, and it goes with the next pruning.
    if (userId !== null) await this.#unlist(userId, [id], options).catch(() => undefined);
    return true;
  }

  /** Ends all sessions of a user, whichever slots they lie in; how many there were. */
  async destroyAllOf(userId: string, options: DestroySessionsOptions = {}): Promise<number> {
    checkCallOptions(options, "except");
    const { except, ...callOptions } = options;
    const ids = (await this.#idsOf(checkUserId(userId), callOptions)).filter((id) => id !== except);
    if (ids.length === 0) return 0;
    const client = await this.#client();
    const count = await client.unlink(
      ids.map((id) => this.#keyOf(id)),
      callOptions,
    );
    await this.#unlist(userId, ids, callOptions);
    return count;
  }

  /** A user's sessions, the oldest first, their TTLs left alone. */
  async allOf(userId: string, options: CallOptions = {}): Promise<Session<T>[]> {
    checkCallOptions(options);
    const ids = await this.#idsOf(checkUserId(userId), options);
    const runs = ids.map((id) => ({ keys: [this.#keyOf(id)], args: this.#readArguments(false) }));
    const replies = valuesOf("allOf", await READ_SESSION.runSettled(await this.#client(), runs, options));
    return replies.flatMap((reply, i) => (reply === null ? [] : [this.#session(ids[i]!, reply as Buffer[])]));
  }

  #keyOf(id: string): string {
    return `${this.#prefix}:${id}`;
  }

  #listOf(userId: string): string {
    return `${this.#prefix}-user:${userId}`;
  }

  #client(): Promise<SlotClient> {
    return clientOf(this.#source);
  }

  #readArguments(touch: boolean): (string | number)[] {
    const { ttlMs, maxAgeMs } = this.#options;
    return [touch ? ttlMs : "", maxAgeMs];
  }

  async #run(
    script: Script,
    id: string,
    args: readonly (string | number | Uint8Array)[],
    options: CallOptions,
  ): Promise<unknown> {
    const [reply] = await script.run(await this.#client(), [{ keys: [this.#keyOf(id)], args }], options);
    return reply;
  }

  #session(id: string, [data, version, user, createdAt, ttl]: readonly Buffer[]): Session<T> {
    let decoded: T;
    try {
      decoded = this.#options.codec.decode(data!);
    } catch (cause) {
      const message = `the codec ${this.#options.codec.name} does not read the session's data`;
      throw new SessionError("SESSION_UNREADABLE", message, { cause });
    }
    return {
      id,
      userId: userOf(user!),
      data: decoded,
      version: Number(version),
      createdAt: Number(createdAt),
      ttlMs: Number(ttl),
    };
  }

  /** The list is a sorted set: id → the moment at which the session is dead at the latest. */
  async #list(id: string, userId: string, createdAt: number, options: CallOptions): Promise<void> {
    const key = this.#listOf(userId);
    const { maxAgeMs } = this.#options;
    const batch = (await this.#client()).batch();
    batch.call("ZADD", key, createdAt + maxAgeMs, id);
    batch.call("ZREMRANGEBYSCORE", key, "-inf", createdAt - CLOCK_SLACK_MS);
    batch.call("PEXPIRE", key, maxAgeMs + CLOCK_SLACK_MS);
    batch.call("ZCARD", key);
    const [, , , count] = valuesOf("create", await batch.exec(options));
    if ((count as number) % PRUNE_EVERY === 0) await this.#prune(userId, options).catch(() => undefined);
  }

  /** An id whose session is not there never gets one again: sessions are written before they are listed. */
  async #prune(userId: string, options: CallOptions): Promise<void> {
    const ids = await this.#idsOf(userId, options);
    const batch = (await this.#client()).batch();
    for (const id of ids) batch.call("EXISTS", this.#keyOf(id));
    const alive = valuesOf("create", await batch.exec(options));
    await this.#unlist(
      userId,
      ids.filter((_, i) => alive[i] === 0),
      options,
    );
  }

  async #idsOf(userId: string, options: CallOptions): Promise<string[]> {
    const batch = (await this.#client()).batch().call("ZRANGE", this.#listOf(userId), 0, -1);
    const [ids] = valuesOf("ids", await batch.exec(options));
    return (ids as Buffer[]).map(String);
  }

  async #unlist(userId: string, ids: readonly string[], options: CallOptions): Promise<void> {
    if (ids.length === 0) return;
    const batch = (await this.#client()).batch().call("ZREM", this.#listOf(userId), ...ids);
    valuesOf("unlist", await batch.exec(options));
  }
}

function isId(id: unknown): id is string {
  return typeof id === "string" && ID.test(id);
}

function userOf(user: Buffer): string | null {
  return user.length === 0 ? null : user.toString();
}

function numbers(reply: unknown): number[] {
  return (reply as Buffer[]).map(Number);
}
