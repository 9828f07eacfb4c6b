import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { parseInt64 } from "../../protocol/int64.ts";

const BAD_OFFSET = "ERR bit offset is not an integer or out of range";

/** A bit's offset; `#n` stands for `n` fields of `width` bits, where a width is given. Throws beyond `proto-max-bulk-len` bytes. */
export function bitOffset(call: Call, index: number, width = 0): number {
  const text = call.arg(index);
  const fields = width > 0 && text.startsWith("#");
  const given = parseInt64(fields ? text.slice(1) : text);
  if (given === undefined) throw new CommandError(BAD_OFFSET);
  const offset = fields ? wrapped(given, width) : given;
  const limit = call.client.master
    ? Number.MAX_SAFE_INTEGER
    : call.node.config.number("proto-max-bulk-len") * 8;
  if (offset < 0 || offset >= limit) throw new CommandError(BAD_OFFSET);
  return Number(offset);
}

/** The product as 64 bits hold it: so a large enough `#n` comes out small again, in the real server too. */
function wrapped(count: number | bigint, width: number): number | bigint {
  const product = Number(count) * width;
  return Number.isSafeInteger(product) ? product : BigInt.asIntN(64, BigInt(count) * BigInt(width));
}
