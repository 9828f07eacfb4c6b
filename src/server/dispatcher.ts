import type { Denial } from "./access.ts";
import { Call } from "./call.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { type CommandEntry, FLAG } from "./command-entry.ts";
import { CommandError } from "./command-error.ts";
import { EXEC_ABORT, NO_AUTH, OUT_OF_MEMORY, wrongArgumentCount } from "./errors-text.ts";
import type { Executor } from "./executor.ts";
import type { Database } from "./keyspace/database.ts";
import { protectedCommand } from "./protected-command.ts";
import type { Bytes } from "./protocol/arg.ts";
import type { ServerNode } from "./server-node.ts";
import { discardTransaction, queueCommand } from "./transaction-state.ts";
import { unknownCommand } from "./unknown-command.ts";

const DENIALS: Record<Denial, (name: string) => string> = {
  command: (name) => `NOPERM this user has no permissions to run the '${name}' command`,
  key: () => "NOPERM this user has no permissions to access one of the keys used as arguments",
  channel: () => "NOPERM this user has no permissions to access one of the channels used as arguments",
};

/** Checks and runs commands; the order of the checks is that of processCommand in 7.0.15. */
export class Dispatcher implements Executor {
  readonly #node: ServerNode;
  readonly #calls = new WeakMap<Client, Call>();
  #lastClient: Client | undefined;
  #lastCall: Call | undefined;
  /** Error replies that were counted as some command's failure: that of a command inside EXEC is not EXEC's too. */
  #attributed = 0;

  constructor(node: ServerNode) {
    this.#node = node;
    node.executor = this;
  }

  process(client: Client, args: readonly Bytes[]): void | Promise<void> {
    const { wire } = this.#node;
    const mark = wire === undefined ? 0 : client.reply.mark();
    const fault = wire?.command?.(client, args);
    if (fault !== undefined) this.#injected(client, args, fault);
    const running = fault === undefined ? this.#check(client, args) : undefined;
    if (running === undefined) this.#processed(client, args, mark);
    else return running.then(() => this.#processed(client, args, 0));
  }

  execute(client: Client, entry: CommandEntry, args: readonly Bytes[]): void | Promise<void> {
    const node = this.#node;
    const call = this.#callOf(client);
    const { reply } = client;
    const outer = call.args.length > 0 ? { ...call } : undefined;
    const previous = node.currentClient;
    node.currentClient = client;
    call.args = args;
    call.entry = entry;
    call.db = node.databases[client.db] as Database;
    call.propagation = undefined;
    call.now = node.beginCommand();
    const dirty = node.dirty;
    const errors = reply.errors;
    const attributed = this.#attributed;
    const mark = reply.mark();
    const started = node.startLap();
    let running: void | Promise<void>;
    try {
      running = (entry.spec as Command).run(call);
    } catch (error) {
      running = undefined;
      this.#thrown(client, error, mark);
    }
    const duration = node.endLap(started);
    entry.calls += 1;
    entry.usec += duration;
    const fresh = reply.errors - errors - (this.#attributed - attributed);
    if (fresh > 0) {
      entry.failedCalls += 1;
      this.#attributed += fresh;
    }
    for (const hook of node.hooks.executed) hook(client, entry, args, duration);
    if (node.hooks.propagated.length > 0) this.#propagate(call, node.dirty !== dirty);
    node.stats.totalCommands += 1;
    node.endCommand();
    node.currentClient = previous;
    if (running !== undefined) return this.#finish(client, call, running, mark);
    if (outer === undefined) call.args = NO_ARGS;
    else Object.assign(call, outer);
  }

  #callOf(client: Client): Call {
    if (client === this.#lastClient) return this.#lastCall as Call;
    let call = this.#calls.get(client);
    if (call === undefined) {
      call = new Call(this.#node, client);
      this.#calls.set(client, call);
    }
    this.#lastClient = client;
    this.#lastCall = call;
    return call;
  }

  /** A command that is still waiting (WAIT, MIGRATE): what it propagates it says itself. */
  async #finish(client: Client, call: Call, running: Promise<void>, mark: number): Promise<void> {
    call.propagation = undefined;
    const { entry } = call;
    const { errors } = client.reply;
    try {
      await running;
    } catch (error) {
      this.#thrown(client, error, Math.min(mark, client.reply.mark()));
    }
    // What failed within an EXEC that waited is counted there.
    if (client.reply.errors > errors && entry.name !== "exec") entry.failedCalls += 1;
    if (call.propagation !== undefined) {
      this.#node.beginCommand();
      this.#propagate(call, false);
      this.#node.endCommand();
    }
    // What it changed while it waited; within EXEC that is told in the end.
    if (!client.multi) this.#node.tracking.finish(client);
    call.args = NO_ARGS;
  }

  #thrown(client: Client, error: unknown, mark: number): void {
    if (client.reply.mark() > mark) client.reply.takeFrom(mark);
    if (error instanceof CommandError) client.reply.error(error.message);
    else client.reply.error(`ERR internal error: ${error instanceof Error ? error.stack : error}`);
  }

  #propagate(call: Call, dirty: boolean): void {
    const { client } = call;
    const argvs = call.propagation as (readonly Bytes[])[] | undefined;
    if (argvs !== undefined) for (const argv of argvs) this.#node.propagate(client.db, argv);
    else if (dirty && call.entry.name !== "exec") this.#node.propagate(client.db, call.args);
  }

  #check(client: Client, args: readonly Bytes[]): void | Promise<void> {
    const node = this.#node;
    const entry = node.commands.resolve(args);
    if (entry === undefined && isHttp(args[0] as Bytes)) return client.kill();
    if (entry === undefined) client.lastCommand = undefined;
    if (entry === undefined) return this.#reject(client, undefined, unknownCommand(node.commands, args));
    client.lastCommand = entry;
    const { arity } = entry.spec;
    if (arity > 0 ? args.length !== arity : args.length < -arity) {
      return this.#reject(client, entry, wrongArgumentCount(entry.name), args);
    }
    const forbidden = protectedCommand(client, entry, node.config);
    if (forbidden !== undefined) return this.#reject(client, entry, forbidden, args);
    const exec = entry.name === "exec";
    const bits = exec ? entry.bits | client.queueBits : entry.bits;
    const refusal = this.#refusal(client, entry, args, bits);
    if (refusal !== undefined) return this.#reject(client, entry, refusal, args);
    const { kind } = node.pause;
    const writes = (bits & (FLAG.write | FLAG.mayReplicate)) !== 0;
    if (kind !== undefined && !client.replica && !client.master && (kind === "all" || writes)) {
      client.postponed = true;
      return node.pause.over().then(() => {
        client.postponed = false;
        return client.closed ? undefined : this.#check(client, args);
      });
    }
    if (client.multi && (entry.bits & FLAG.notQueued) === 0) {
      queueCommand(client, entry, args);
      client.reply.status("QUEUED");
      return;
    }
    return this.execute(client, entry, args);
  }

  #refusal(client: Client, entry: CommandEntry, args: readonly Bytes[], bits: number): string | undefined {
    const node = this.#node;
    if (
      !client.authenticated &&
      (entry.bits & FLAG.noAuth) === 0 &&
      client.user !== undefined &&
      !node.access.open
    )
      return NO_AUTH;
    if (client.multi && (entry.bits & FLAG.noMulti) !== 0) {
      return "ERR Command not allowed inside a transaction";
    }
    if (client.user !== undefined) {
      const denial = node.access.check(client, entry, args, client.multi ? "multi" : "toplevel");
      if (denial !== undefined) return DENIALS[denial](entry.name);
    }
    const { hooks } = node;
    if ((bits & FLAG.hasKeys) !== 0 || entry.name === "exec") {
      for (const hook of hooks.routing) {
        const redirect = hook(client, entry, args);
        if (redirect !== undefined) return redirect;
      }
    }
    let full = false;
    for (const hook of hooks.makeRoom) full = hook() || full;
    if (full) {
      const queues = client.multi && (entry.bits & FLAG.notQueued) === 0;
      const watches = client.multi && (entry.name === "watch" || entry.name === "multi");
      if ((bits & FLAG.denyoom) !== 0 || queues || watches) return OUT_OF_MEMORY;
    }
    for (const hook of hooks.refusal) {
      const text = hook(client, entry, bits);
      if (text !== undefined) return text;
    }
    if (client.reply.resp === 2 && client.subscribed && (entry.bits & FLAG.whileSubscribed) === 0) {
      return (
        `ERR Can't execute '${entry.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
        "are allowed in this context"
      );
    }
    // The real server takes a connection that monitors for a kind of replica.
    if (client.monitor && (bits & (FLAG.readonly | FLAG.write | FLAG.mayReplicate)) !== 0) {
      return "ERR Replica can't interact with the keyspace";
    }
    return undefined;
  }

  #reject(client: Client, entry: CommandEntry | undefined, text: string, args?: readonly Bytes[]): void {
    if (client.multi) client.dirtyExec = true;
    if (entry !== undefined) entry.rejectedCalls += 1;
    if (entry?.name === "exec") {
      // In or out of MULTI.
      discardTransaction(this.#node, client);
      // These come as they are; every other refusal becomes an EXECABORT.
      if (REDIRECTION.test(text)) return client.reply.error(text);
      client.reply.error(`${EXEC_ABORT.replace(" previous errors.", ": ")}${text.replace(/^ERR /, "")}`);
      for (const hook of this.#node.hooks.execAborted) hook(client, args ?? NO_ARGS);
    } else client.reply.error(text);
  }

  /** An error that takes a command's place spoils a transaction as a real one does, but is told in its own words. */
  #injected(client: Client, args: readonly Bytes[], text: string): void {
    client.lastCommand = this.#node.commands.resolve(args) ?? client.lastCommand;
    if (client.multi) {
      client.dirtyExec = true;
      if (client.lastCommand?.name === "exec") discardTransaction(this.#node, client);
    }
    client.reply.error(text);
  }

  /** The end of one command: flags that last for one command only. Source: resetClient. */
  #processed(client: Client, args: readonly Bytes[], mark: number): void {
    const name = client.lastCommand?.name;
    if (!client.multi && client.asking && name !== "asking") client.asking = false;
    const { tracking } = client;
    if (tracking?.caching !== undefined && !client.multi && !name?.startsWith("client|")) {
      tracking.caching = undefined;
    }
    if (client.replySkip || client.replySkipNext) {
      client.replySkip = client.replySkipNext;
      client.replySkipNext = false;
      client.reply.muted = client.replyOff || client.replySkip;
    }
    this.#node.wire?.replied?.(client, args, mark);
  }
}

const REDIRECTION = /^(MOVED|ASK|TRYAGAIN|CROSSSLOT|CLUSTERDOWN) /;
const NO_ARGS: readonly Bytes[] = [];

/** A web page that makes a browser talk to the port: cut off, as securityWarningCommand does. */
function isHttp(name: Bytes): boolean {
  return typeof name === "string" && /^(host:|post)$/i.test(name);
}
