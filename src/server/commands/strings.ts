import type { Command } from "../command.ts";
import { keyCommands, keyRange } from "./key-command.ts";
import { get, getdel, getex } from "./strings/get.ts";
import { decr, decrby, incr, incrby, incrbyfloat } from "./strings/increment.ts";
import { lcs } from "./strings/lcs.ts";
import { mget, mset, msetnx } from "./strings/many.ts";
import { append, getrange, setrange, strlen } from "./strings/range.ts";
import { getset, psetex, set, setex, setnx } from "./strings/set.ts";

const RO = "RO access";
const RW = "RW access update";
const FAST_WRITE = "write denyoom fast";

/** Source of the columns: COMMAND INFO of 7.0.15. */
export const STRING_COMMANDS: readonly Command[] = keyCommands("string", [
  { name: "get", arity: 2, flags: "readonly fast", keyFlags: RO, since: "1.0.0", run: get },
  {
    name: "set",
    arity: -3,
    flags: "write denyoom",
    keyFlags: `${RW} variable_flags`,
    flagsOf: (args) => (args.slice(3).some((arg) => arg.toLowerCase() === "get") ? RW : "OW update"),
    since: "1.0.0",
    run: set,
  },
  { name: "setnx", arity: 3, flags: FAST_WRITE, keyFlags: "OW insert", since: "1.0.0", run: setnx },
  { name: "setex", arity: 4, flags: "write denyoom", keyFlags: "OW update", since: "2.0.0", run: setex },
  { name: "psetex", arity: 4, flags: "write denyoom", keyFlags: "OW update", since: "2.6.0", run: psetex },
  { name: "getset", arity: 3, flags: FAST_WRITE, keyFlags: RW, since: "1.0.0", run: getset },
  {
    name: "getdel",
    arity: 2,
    flags: "write fast",
    keyFlags: "RW access delete",
    since: "6.2.0",
    run: getdel,
  },
  { name: "getex", arity: -2, flags: "write fast", keyFlags: RW, since: "6.2.0", run: getex },
  {
    name: "mget",
    arity: -2,
    flags: "readonly fast",
    keys: [keyRange(1, -1, RO)],
    since: "1.0.0",
    tips: "request_policy:multi_shard",
    run: mget,
  },
  {
    name: "mset",
    arity: -3,
    flags: "write denyoom",
    keys: [keyRange(1, -1, "OW update", 2)],
    since: "1.0.1",
    tips: "request_policy:multi_shard response_policy:all_succeeded",
    run: mset,
  },
  {
    name: "msetnx",
    arity: -3,
    flags: "write denyoom",
    keys: [keyRange(1, -1, "OW insert", 2)],
    since: "1.0.1",
    tips: "request_policy:multi_shard response_policy:agg_min",
    run: msetnx,
  },
  { name: "append", arity: 3, flags: FAST_WRITE, keyFlags: "RW insert", since: "2.0.0", run: append },
  { name: "strlen", arity: 2, flags: "readonly fast", keyFlags: "RO", since: "2.2.0", run: strlen },
  { name: "getrange", arity: 4, flags: "readonly", keyFlags: RO, since: "2.4.0", run: getrange },
  { name: "substr", arity: 4, flags: "readonly", keyFlags: RO, since: "1.0.0", run: getrange },
  {
    name: "setrange",
    arity: 4,
    flags: "write denyoom",
    keyFlags: "RW update",
    since: "2.2.0",
    run: setrange,
  },
  { name: "incr", arity: 2, flags: FAST_WRITE, keyFlags: RW, since: "1.0.0", run: incr },
  { name: "decr", arity: 2, flags: FAST_WRITE, keyFlags: RW, since: "1.0.0", run: decr },
  { name: "incrby", arity: 3, flags: FAST_WRITE, keyFlags: RW, since: "1.0.0", run: incrby },
  { name: "decrby", arity: 3, flags: FAST_WRITE, keyFlags: RW, since: "1.0.0", run: decrby },
  { name: "incrbyfloat", arity: 3, flags: FAST_WRITE, keyFlags: RW, since: "2.6.0", run: incrbyfloat },
  { name: "lcs", arity: -3, flags: "readonly", keys: [keyRange(1, 2, RO)], since: "7.0.0", run: lcs },
]);
