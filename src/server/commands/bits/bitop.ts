import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { SYNTAX_ERROR } from "../../errors-text.ts";
import { ENCODING } from "../../keyspace/value.ts";
import { fromBuffer, toBuffer, toOwnBuffer } from "../../protocol/bytes.ts";
import { readStringForNow } from "../strings/string-value.ts";

type Operation = "and" | "or" | "xor" | "not";

const EMPTY = Buffer.alloc(0);

/** BITOP AND | OR | XOR | NOT target source [source …]: shorter sources go on in zeros; an empty result deletes the target. */
export function bitop(call: Call): void {
  const { args, db, node, reply } = call;
  const operation = call.word(1) as Operation;
  if (operation !== "and" && operation !== "or" && operation !== "xor" && operation !== "not") {
    throw new CommandError(SYNTAX_ERROR);
  }
  if (operation === "not" && args.length !== 4) {
    throw new CommandError("ERR BITOP NOT must be called with a single source key.");
  }
  const sources: Buffer[] = [];
  for (let index = 3; index < args.length; index += 1) {
    sources.push(toBuffer(readStringForNow(call, call.arg(index)) ?? EMPTY));
  }
  const target = call.arg(2);
  const result = combine(operation, sources);
  if (result.length > 0) {
    db.set(target, fromBuffer(result), false, ENCODING.raw);
    db.notify("$", "set", target);
    node.dirty += 1;
  } else if (db.delete(target)) {
    db.changed(target);
    db.notify("g", "del", target);
    node.dirty += 1;
  }
  reply.integer(result.length);
}

function combine(operation: Operation, sources: readonly Buffer[]): Buffer {
  const [longest] = sources.toSorted((one, other) => other.length - one.length) as [Buffer];
  if (operation === "not") return toOwnBuffer(longest).map((byte) => ~byte) as Buffer;
  const result = Buffer.alloc(longest.length);
  for (const [index, source] of sources.entries()) {
    if (index === 0) result.set(source);
    else if (operation === "or") for (let at = 0; at < source.length; at += 1) or(result, source, at);
    else if (operation === "xor") for (let at = 0; at < source.length; at += 1) xor(result, source, at);
    else {
      for (let at = 0; at < source.length; at += 1) and(result, source, at);
      result.fill(0, source.length);
    }
  }
  return result;
}

function and(result: Buffer, source: Buffer, at: number): void {
  result[at] = (result[at] as number) & (source[at] as number);
}

function or(result: Buffer, source: Buffer, at: number): void {
  result[at] = (result[at] as number) | (source[at] as number);
}

function xor(result: Buffer, source: Buffer, at: number): void {
  result[at] = (result[at] as number) ^ (source[at] as number);
}
