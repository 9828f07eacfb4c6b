import type { Client } from "./client.ts";
import type { CommandEntry } from "./command-entry.ts";
import { untilZero } from "./errors-text.ts";
import type { Database } from "./keyspace/database.ts";
import type { BinaryString, Bytes } from "./protocol/arg.ts";
import type { ReplyWriter } from "./protocol/reply-writer.ts";
import type { ServerNode } from "./server-node.ts";

/**
 * One running command. There is one object per client, used again and again, so a command must not keep it beyond its run (or beyond its
 * promise). Inside EXEC and scripts the same rules hold.
 */
export class Call {
  readonly node: ServerNode;
  readonly client: Client;
  readonly reply: ReplyWriter;
  /** As they came, the command's name first; owned by nobody else, so they may be kept. */
  args: readonly Bytes[] = [];
  entry!: CommandEntry;
  /** What the client has selected. */
  db!: Database;
  /** Milliseconds since 1970; stands still while a command (a whole EXEC, a script) runs. */
  now = 0;
  /** Set by `propagate`; undefined: the command's own arguments, if `node.dirty` grew. */
  propagation: (readonly Bytes[])[] | undefined;

  constructor(node: ServerNode, client: Client) {
    this.node = node;
    this.client = client;
    this.reply = client.reply;
  }

  /** An argument as a key, field or option word. */
  arg(index: number): BinaryString {
    const value = this.args[index];
    return typeof value === "string" ? value : (value as Buffer).toString("latin1");
  }

  /** An argument in lower case, to compare it with option words. */
  word(index: number): string {
    return this.arg(index).toLowerCase();
  }

  /** An argument as error texts show it. */
  shown(index: number): string {
    return untilZero(this.arg(index));
  }

  /** Propagates these commands instead of the command itself, whether or not `node.dirty` grew; without any, nothing. */
  propagate(...argvs: (readonly Bytes[])[]): void {
    this.propagation = argvs;
  }
}
