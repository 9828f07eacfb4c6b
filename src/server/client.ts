import type { ClientTracking } from "./client-tracking.ts";
import type { CommandEntry } from "./command-entry.ts";
import type { Bytes } from "./protocol/arg.ts";
import { ReplyWriter } from "./protocol/reply-writer.ts";
import type { User } from "./user.ts";

export interface QueuedCommand {
  readonly entry: CommandEntry;
  readonly args: readonly Bytes[];
}

export interface WatchedKey {
  readonly db: number;
  readonly key: string;
  /** It had expired already when WATCH was called, so that its deletion changes nothing. */
  expired: boolean;
}

/** What holds back a blocked connection (WAIT, the blocking list commands, …). */
export interface Blocked {
  /** CLIENT UNBLOCK; "error" answers UNBLOCKED. The command writes its reply and settles its promise. */
  unblock(how: "timeout" | "error"): void;
  /** A replica acknowledged something: WAIT counts again. */
  replicaAcknowledged?(): void;
}

/** The wire behind a client; absent for scripts, replicas in this process and the like. */
export interface ClientTransport {
  readonly address: string;
  readonly localAddress: string;
  readonly unixSocket: boolean;
  /** With TLS. */
  readonly encrypted: boolean;
  readonly fd: number;
  /** Bytes received that belong to no whole argument yet. */
  readonly unparsedBytes: number;
  /** Bytes of the arguments that were read of an unfinished command. */
  readonly argumentBytes: number;
  /** Bytes handed to the operating system's socket that it has not taken. */
  readonly unsentBytes: number;
  /** Closes at once; what was not sent is lost. */
  destroy(): void;
  /** Writes what is pending, then closes. */
  finish(): void;
}

export interface ClientInit {
  readonly id: number;
  readonly user: User | undefined;
  readonly now: number;
  readonly transport?: ClientTransport | undefined;
}

/** One connection's state, or that of something that calls commands as if it were one (a script, a replica's stream). */
export class Client {
  readonly id: number;
  readonly reply: ReplyWriter = new ReplyWriter();
  readonly transport: ClientTransport | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  lastInteraction: number;
  name = "";
  /** Undefined: not bound by any ACL (a replica's stream, a script of the server itself). */
  user: User | undefined;
  authenticated = false;
  db = 0;
  lastCommand: CommandEntry | undefined;

  /** Inside MULTI. */
  multi = false;
  /** A command was refused while queueing: EXEC answers EXECABORT. */
  dirtyExec = false;
  /** A watched key was touched: EXEC answers nil. */
  dirtyCas = false;
  queue: QueuedCommand[] = [];
  /** Bits of all that is queued, see FLAG. */
  queueBits = 0;
  /** And of what is missing in at least one of them. */
  queueMissingBits = 0;
  queueBytes = 0;
  watched: WatchedKey[] = [];

  /** ASKING was sent; good for one command, or for the MULTI that follows. */
  asking = false;
  /** READONLY was sent. */
  clusterReadonly = false;
  /** Numbers of subscriptions, kept by pub/sub. */
  channels: Set<string> = new Set();
  patterns: Set<string> = new Set();
  shardChannels: Set<string> = new Set();
  tracking: ClientTracking | undefined;
  monitor = false;
  /** The other end is a replica of this node (REPLCONF, PSYNC). */
  replica = false;
  /** The other end is this replica's primary, whose commands are obeyed. */
  master = false;
  noEvict = false;
  /** Blocking commands inside EXEC or a script answer at once. */
  denyBlocking = false;
  blocked: Blocked | undefined;
  /** Its command is held back by CLIENT PAUSE. */
  postponed = false;
  /** CLIENT REPLY OFF. */
  replyOff = false;
  replySkip = false;
  replySkipNext = false;
  closeAfterReply = false;
  closed = false;
  /** Since when the soft output limit is exceeded, milliseconds; 0: it is not. */
  softLimitSince = 0;
  /** Bytes of the arguments of the command that runs. */
  argvBytes = 0;

  constructor(init: ClientInit) {
    this.id = init.id;
    this.user = init.user;
    this.transport = init.transport;
    this.createdAt = init.now;
    this.lastInteraction = init.now;
  }

  /** Subscribed to anything: a RESP2 connection may do little else. */
  get subscribed(): boolean {
    return this.channels.size > 0 || this.patterns.size > 0 || this.shardChannels.size > 0;
  }

  /** Bytes of replies that wait here or in the socket. */
  get outputBytes(): number {
    return this.reply.byteLength + (this.transport?.unsentBytes ?? 0);
  }

  /** Ends the connection at once. */
  kill(): void {
    this.closed = true;
    this.transport?.destroy();
  }
}
