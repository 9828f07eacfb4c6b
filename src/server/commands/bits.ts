import type { Command } from "../command.ts";
import { getbit, setbit } from "./bits/bit.ts";
import { bitcount, bitpos } from "./bits/bit-range.ts";
import { bitfield, bitfieldRo } from "./bits/bitfield.ts";
import { bitop } from "./bits/bitop.ts";
import { keyCommands, keyRange } from "./key-command.ts";

const RO = "RO access";
const RW = "RW access update";

/** Source of the columns: COMMAND INFO of 7.0.15. */
export const BIT_COMMANDS: readonly Command[] = keyCommands("bitmap", [
  { name: "setbit", arity: 4, flags: "write denyoom", keyFlags: RW, since: "2.2.0", run: setbit },
  { name: "getbit", arity: 3, flags: "readonly fast", keyFlags: RO, since: "2.2.0", run: getbit },
  { name: "bitcount", arity: -2, flags: "readonly", keyFlags: RO, since: "2.6.0", run: bitcount },
  { name: "bitpos", arity: -3, flags: "readonly", keyFlags: RO, since: "2.8.7", run: bitpos },
  {
    name: "bitop",
    arity: -4,
    flags: "write denyoom",
    keys: [keyRange(2, 2, "OW update"), keyRange(3, -1, RO)],
    since: "2.6.0",
    run: bitop,
  },
  {
    name: "bitfield",
    arity: -2,
    flags: "write denyoom",
    keyFlags: `${RW} variable_flags`,
    flagsOf: (args) => (onlyReads(args) ? RO : RW),
    since: "3.2.0",
    run: bitfield,
  },
  { name: "bitfield_ro", arity: -2, flags: "readonly fast", keyFlags: RO, since: "6.0.0", run: bitfieldRo },
]);

/** Whether BITFIELD has nothing but GET and OVERFLOW; what is no operation counts as a write. Source: bitfieldGetKeys. */
function onlyReads(args: readonly string[]): boolean {
  for (let index = 2; index < args.length; ) {
    const word = (args[index] as string).toLowerCase();
    const more = args.length - 1 - index;
    if (word === "get" && more >= 2) index += 3;
    else if (word === "overflow" && more >= 1) index += 2;
    else return false;
  }
  return true;
}
