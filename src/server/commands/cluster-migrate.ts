import type { Call } from "../call.ts";
import { memberOf } from "../cluster/cluster-member.ts";
import { MigrateError, type MigrateSocket } from "../cluster/migrate-socket.ts";
import { MigrateSockets } from "../cluster/migrate-sockets.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR } from "../errors-text.ts";
import type { Value } from "../keyspace/value.ts";
import type { Bytes } from "../protocol/arg.ts";
import { dumpPayload } from "../rdb/dump-payload.ts";
import { numberArgument } from "./number-argument.ts";

interface MigrateOptions {
  readonly copy: boolean;
  readonly replace: boolean;
  /** AUTH's arguments, if any. */
  readonly login: readonly string[];
  readonly keys: readonly string[];
}

interface Moving {
  readonly key: string;
  readonly value: Value;
}

/** MIGRATE blocks a real server for its time; longer than any timeout this node need not be held. */
const HOLD_MS = 24 * 3600 * 1000;

function parseOptions(call: Call): MigrateOptions {
  const { length } = call.args;
  let copy = false;
  let replace = false;
  let login: string[] = [];
  for (let index = 6; index < length; index += 1) {
    const more = length - 1 - index;
    const word = call.word(index);
    if (word === "copy") copy = true;
    else if (word === "replace") replace = true;
    else if (word === "auth" && more >= 1) {
      // A user who was named before stays.
      login = [...login.slice(0, -1), call.arg(index + 1)];
      index += 1;
    } else if (word === "auth2" && more >= 2) {
      login = [call.arg(index + 1), call.arg(index + 2)];
      index += 2;
    } else if (word === "keys") {
      if (call.arg(3) !== "") {
        throw new CommandError(
          "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
        );
      }
      const keys = call.args.slice(index + 1).map((_, offset) => call.arg(index + 1 + offset));
      return { copy, replace, login, keys };
    } else throw new CommandError(SYNTAX_ERROR);
  }
  return { copy, replace, login, keys: [call.arg(3)] };
}

/**
 * MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password | AUTH2 user password] [KEYS key …]. Other clients wait meanwhile, as the real
 * server makes them, so that no write gets lost between the copy and the deletion.
 */
function migrate(call: Call): void | Promise<void> {
  const { db, node, reply } = call;
  const options = parseOptions(call);
  const timeout = numberArgument(call, 5);
  const target = { host: call.arg(1), port: call.arg(2), db: numberArgument(call, 4) };
  const moving: Moving[] = [];
  for (const key of options.keys) {
    const value = db.lookupRead(key);
    if (value !== undefined) moving.push({ key, value });
  }
  if (moving.length === 0) return reply.status("NOKEY");
  node.pause.start("migrate", "all", call.now + HOLD_MS);
  const transfer = new Transfer(call, options, target, timeout <= 0 ? 1000 : timeout);
  return transfer.run(moving).finally(() => node.pause.end("migrate"));
}

class Transfer {
  readonly #call: Call;
  readonly #options: MigrateOptions;
  readonly #target: { readonly host: string; readonly port: string; readonly db: number };
  readonly #timeoutMs: number;
  readonly #sockets: MigrateSockets;

  constructor(
    call: Call,
    options: MigrateOptions,
    target: { readonly host: string; readonly port: string; readonly db: number },
    timeoutMs: number,
  ) {
    this.#call = call;
    this.#options = options;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    this.#sockets = MigrateSockets.of(call.node);
  }

  /** A kept connection may have been closed by the target, so nothing that failed before the first answer counts as tried. */
  async run(moving: readonly Moving[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const moved: string[] = [];
      try {
        await this.#try(moving, moved);
        break;
      } catch (error) {
        if (!(error instanceof MigrateError)) throw error;
        const { host, port } = this.#target;
        this.#sockets.close(host, port);
        if (attempt === 1 && moved.length === 0 && !error.timedOut) continue;
        throw new CommandError(`IOERR ${error.message}`);
      } finally {
        this.#deleted(moved);
      }
    }
    this.#call.reply.ok();
  }

  async #try(moving: readonly Moving[], moved: string[]): Promise<void> {
    const { host, port, db } = this.#target;
    const { node } = this.#call;
    const member = memberOf(node);
    const other = member?.bus.at(host, Number(port));
    if (member !== undefined && other !== undefined && !member.bus.linked(member, other)) {
      throw new MigrateError("error or timeout connecting to the client", true);
    }
    const socket = await this.#sockets.get(host, port, this.#timeoutMs);
    const { login } = this.#options;
    if (login.length > 0) socket.send(["AUTH", ...login]);
    const selects = socket.db !== db;
    if (selects) socket.send(["SELECT", String(db)]);
    const sent = this.#send(socket, moving);
    const refusals: string[] = [];
    for (const asked of [login.length > 0, selects]) {
      if (asked) refusals.push(await socket.line(this.#timeoutMs));
    }
    let refusal = refusals.find((line) => line.startsWith("-"));
    const refusedBefore = refusal !== undefined;
    for (const key of sent) {
      const line = await socket.line(this.#timeoutMs);
      if (line.startsWith("-")) refusal ??= line;
      else if (!refusedBefore && !this.#options.copy) moved.push(key);
    }
    socket.db = refusal === undefined ? db : -1;
    if (refusal !== undefined) {
      throw new CommandError(`ERR Target instance replied with error: ${refusal.slice(1)}`);
    }
  }

  /** Keys whose time ran out meanwhile are left. */
  #send(socket: MigrateSocket, moving: readonly Moving[]): string[] {
    const { db, node } = this.#call;
    const now = node.clock.nowMs();
    const sent: string[] = [];
    for (const { key, value } of moving) {
      const expiry = db.expiryOf(key);
      const left = expiry === undefined ? 0 : Number(expiry) - now;
      if (left < 0) continue;
      const ttl = expiry === undefined ? 0 : Math.max(1, left);
      const argv: Bytes[] = [
        node.clusterEnabled ? "RESTORE-ASKING" : "RESTORE",
        key,
        String(ttl),
        dumpPayload(value),
      ];
      if (this.#options.replace) argv.push("REPLACE");
      socket.send(argv);
      sent.push(key);
    }
    return sent;
  }

  #deleted(keys: readonly string[]): void {
    if (keys.length === 0) return;
    const { client, db, node } = this.#call;
    const before = node.currentClient;
    node.currentClient = client;
    node.beginCommand();
    for (const key of keys) {
      db.delete(key);
      db.changed(key);
      db.notify("g", "del", key);
      node.dirty += 1;
    }
    node.propagate(db.id, ["DEL", ...keys]);
    node.endCommand();
    node.currentClient = before;
  }
}

const KEY_FLAGS = ["RW", "access", "delete"] as const;
/** Options with arguments, which may themselves read `KEYS`. */
const SKIPPED: Readonly<Record<string, number>> = { auth: 1, auth2: 2 };

/** Source: migrateGetKeys. */
function findKeys(args: readonly string[]): number[] {
  for (let index = 6; index < args.length; index += 1) {
    const word = (args[index] as string).toLowerCase();
    if (word === "keys") return args[3] === "" ? args.slice(index + 1).map((_, at) => index + 1 + at) : [];
    index += SKIPPED[word] ?? 0;
  }
  return [3];
}

/** The second specification takes part only where its word stands before the last argument. */
function findSpecifiedKeys(args: readonly string[]): number[] {
  return args.slice(1, -1).some((arg) => arg.toLowerCase() === "keys") ? findKeys(args) : [3];
}

export const migrateCommand: Command = {
  name: "migrate",
  arity: -6,
  flags: ["write", "movablekeys"],
  keys: [
    { first: 3, last: 3, step: 1, flags: KEY_FLAGS },
    {
      first: 0,
      last: -1,
      step: 1,
      flags: [...KEY_FLAGS, "incomplete"],
      keyword: { word: "KEYS", startFrom: -2 },
    },
  ],
  findKeys,
  findSpecifiedKeys,
  keyFlags: () => KEY_FLAGS,
  categories: ["keyspace", "dangerous"],
  since: "2.6.0",
  tips: ["nondeterministic_output"],
  run: migrate,
};
