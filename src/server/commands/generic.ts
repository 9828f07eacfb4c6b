import type { Command } from "../command.ts";
import { container } from "./container.ts";
import { del, flushall, flushdb } from "./generic/delete.ts";
import { dump, restore } from "./generic/dump.ts";
import { expire, expireat, persist, pexpire, pexpireat } from "./generic/expire.ts";
import { exists, keys, randomkey, touch, type } from "./generic/look.ts";
import { OBJECT_SUBCOMMANDS } from "./generic/object.ts";
import { copy, move, rename, renamenx, swapdb } from "./generic/relocate.ts";
import { scan } from "./generic/scan.ts";
import { expiretime, pexpiretime, pttl, ttl } from "./generic/ttl.ts";
import { wait } from "./generic/wait.ts";
import { type KeyCommandRow, keyCommands, keyRange } from "./key-command.ts";

const RO = "RO access";
const READ = "readonly fast";
const WRITE = "write fast";
const DANGEROUS = "keyspace dangerous";
const SUMMED = "request_policy:multi_shard response_policy:agg_sum";
const EVERYWHERE = "request_policy:all_shards response_policy:all_succeeded";
const RANDOM = "nondeterministic_output";

function many(
  name: string,
  flags: string,
  keyFlags: string,
  since: string,
  run: Command["run"],
): KeyCommandRow {
  return { name, arity: -2, flags, keys: [keyRange(1, -1, keyFlags)], since, tips: SUMMED, run };
}

function pair(
  row: Pick<KeyCommandRow, "name" | "arity" | "flags" | "since" | "run">,
  from: string,
  to: string,
): KeyCommandRow {
  return { ...row, keys: [keyRange(1, 1, from), keyRange(2, 2, to)] };
}

/** Source of the columns: COMMAND INFO of 7.0.15. */
export const GENERIC_COMMANDS: readonly Command[] = [
  ...keyCommands("keyspace", [
    many("del", "write", "RM delete", "1.0.0", del),
    many("unlink", WRITE, "RM delete", "4.0.0", del),
    many("exists", READ, "RO", "1.0.0", exists),
    many("touch", READ, "RO", "3.2.1", touch),
    { name: "type", arity: 2, flags: READ, keyFlags: "RO", since: "1.0.0", run: type },
    {
      name: "keys",
      arity: 2,
      flags: "readonly",
      categories: DANGEROUS,
      since: "1.0.0",
      tips: "request_policy:all_shards nondeterministic_output_order",
      run: keys,
    },
    {
      name: "scan",
      arity: -2,
      flags: "readonly",
      since: "2.8.0",
      tips: `${RANDOM} request_policy:special`,
      run: scan,
    },
    {
      name: "randomkey",
      arity: 1,
      flags: "readonly",
      since: "1.0.0",
      tips: `request_policy:all_shards ${RANDOM}`,
      run: randomkey,
    },
    pair(
      { name: "rename", arity: 3, flags: "write", since: "1.0.0", run: rename },
      "RW access delete",
      "OW update",
    ),
    pair(
      { name: "renamenx", arity: 3, flags: WRITE, since: "1.0.0", run: renamenx },
      "RW access delete",
      "OW insert",
    ),
    pair({ name: "copy", arity: -3, flags: "write denyoom", since: "6.2.0", run: copy }, RO, "OW update"),
    { name: "move", arity: 3, flags: WRITE, keyFlags: "RW access update", since: "1.0.0", run: move },
    { name: "expire", arity: -3, flags: WRITE, keyFlags: "RW update", since: "1.0.0", run: expire },
    { name: "pexpire", arity: -3, flags: WRITE, keyFlags: "RW update", since: "2.6.0", run: pexpire },
    { name: "expireat", arity: -3, flags: WRITE, keyFlags: "RW update", since: "1.2.0", run: expireat },
    { name: "pexpireat", arity: -3, flags: WRITE, keyFlags: "RW update", since: "2.6.0", run: pexpireat },
    { name: "ttl", arity: 2, flags: READ, keyFlags: RO, since: "1.0.0", tips: RANDOM, run: ttl },
    { name: "pttl", arity: 2, flags: READ, keyFlags: RO, since: "2.6.0", tips: RANDOM, run: pttl },
    { name: "expiretime", arity: 2, flags: READ, keyFlags: RO, since: "7.0.0", run: expiretime },
    { name: "pexpiretime", arity: 2, flags: READ, keyFlags: RO, since: "7.0.0", run: pexpiretime },
    { name: "persist", arity: 2, flags: WRITE, keyFlags: "RW update", since: "2.2.0", run: persist },
    { name: "dump", arity: 2, flags: "readonly", keyFlags: RO, since: "2.6.0", tips: RANDOM, run: dump },
    {
      name: "restore",
      arity: -4,
      flags: "write denyoom",
      keyFlags: "OW update",
      categories: DANGEROUS,
      since: "2.6.0",
      run: restore,
    },
    {
      name: "restore-asking",
      arity: -4,
      flags: "write denyoom asking",
      keyFlags: "OW update",
      categories: DANGEROUS,
      since: "3.0.0",
      run: restore,
    },
    {
      name: "wait",
      arity: 3,
      flags: "noscript",
      categories: "connection",
      since: "3.0.0",
      tips: "request_policy:all_shards response_policy:agg_min",
      run: wait,
    },
    {
      name: "flushdb",
      arity: -1,
      flags: "write",
      categories: DANGEROUS,
      since: "1.0.0",
      tips: EVERYWHERE,
      run: flushdb,
    },
    {
      name: "flushall",
      arity: -1,
      flags: "write",
      categories: DANGEROUS,
      since: "1.0.0",
      tips: EVERYWHERE,
      run: flushall,
    },
    { name: "swapdb", arity: 3, flags: WRITE, categories: DANGEROUS, since: "4.0.0", run: swapdb },
  ]),
  container("object", "2.2.3", OBJECT_SUBCOMMANDS),
];
