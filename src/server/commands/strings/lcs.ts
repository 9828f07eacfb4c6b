import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { SYNTAX_ERROR } from "../../errors-text.ts";
import { isString } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { fromBuffer, toBuffer } from "../../protocol/bytes.ts";
import { numberArgument } from "../number-argument.ts";

interface LcsOptions {
  readonly lengthOnly: boolean;
  readonly indexes: boolean;
  readonly withMatchLength: boolean;
  readonly shortest: number;
}

/** A stretch that both strings share; ends included. */
interface Match {
  readonly first: readonly [start: number, end: number];
  readonly second: readonly [start: number, end: number];
}

/** LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN] */
export function lcs(call: Call): void {
  const { reply } = call;
  const values = [call.db.lookupReadForNow(call.arg(1)), call.db.lookupReadForNow(call.arg(2))];
  for (const value of values) {
    if (value !== undefined && !isString(value)) {
      throw new CommandError("ERR The specified keys must contain string values");
    }
  }
  const options = parseLcsOptions(call);
  const [first, second] = values.map((value) => toBuffer((value ?? "") as Bytes)) as [Buffer, Buffer];
  const cells = (first.length + 1) * (second.length + 1);
  if (cells * 4 > call.node.config.number("proto-max-bulk-len")) {
    throw new CommandError("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const lengths = lcsLengths(first, second);
  const length = lengths[cells - 1] as number;
  if (options.indexes) {
    const matches = trace(first, second, lengths).matches.filter(
      ({ first: [start, end] }) => end - start + 1 >= options.shortest,
    );
    reply.map(2);
    reply.bulk("matches");
    reply.array(matches.length);
    for (const match of matches) writeMatch(call, match, options.withMatchLength);
    reply.bulk("len");
    reply.integer(length);
  } else if (options.lengthOnly) reply.integer(length);
  else reply.bulk(fromBuffer(trace(first, second, lengths).common));
}

function parseLcsOptions(call: Call): LcsOptions {
  const { length } = call.args;
  let lengthOnly = false;
  let indexes = false;
  let withMatchLength = false;
  let shortest = 0;
  for (let index = 3; index < length; index += 1) {
    const word = call.word(index);
    if (word === "idx") indexes = true;
    else if (word === "len") lengthOnly = true;
    else if (word === "withmatchlen") withMatchLength = true;
    else if (word === "minmatchlen" && index + 1 < length) {
      index += 1;
      shortest = numberArgument(call, index);
    } else throw new CommandError(SYNTAX_ERROR);
  }
  if (lengthOnly && indexes) {
    throw new CommandError("ERR If you want both the length and indexes, please just use IDX.");
  }
  return { lengthOnly, indexes, withMatchLength, shortest };
}

/** Row by row: how long the longest common subsequence of the first `i` and the first `j` bytes is. */
function lcsLengths(first: Buffer, second: Buffer): Uint32Array {
  const width = second.length + 1;
  const lengths = new Uint32Array((first.length + 1) * width);
  for (let i = 1; i <= first.length; i += 1) {
    const byte = first[i - 1];
    for (let j = 1; j <= second.length; j += 1) {
      const at = i * width + j;
      lengths[at] =
        byte === second[j - 1]
          ? (lengths[at - width - 1] as number) + 1
          : Math.max(lengths[at - width] as number, lengths[at - 1] as number);
    }
  }
  return lengths;
}

/** From the ends backwards: the subsequence, and the stretches it comes from, the last first. Where both ways are as long, the second is shortened. */
function trace(first: Buffer, second: Buffer, lengths: Uint32Array): { common: Buffer; matches: Match[] } {
  const width = second.length + 1;
  const common = Buffer.alloc(lengths[lengths.length - 1] as number);
  const matches: Match[] = [];
  let filled = common.length;
  let i = first.length;
  let j = second.length;
  let ends: [number, number] | undefined;
  let starts: [number, number] = [0, 0];
  const emit = (): void => {
    if (ends !== undefined) matches.push({ first: [starts[0], ends[0]], second: [starts[1], ends[1]] });
    ends = undefined;
  };
  while (i > 0 && j > 0) {
    if (first[i - 1] === second[j - 1]) {
      filled -= 1;
      common[filled] = first[i - 1] as number;
      i -= 1;
      j -= 1;
      ends ??= [i, j];
      starts = [i, j];
      if (i === 0 || j === 0) emit();
    } else {
      if ((lengths[(i - 1) * width + j] as number) > (lengths[i * width + j - 1] as number)) i -= 1;
      else j -= 1;
      emit();
    }
  }
  return { common, matches };
}

function writeMatch({ reply }: Call, match: Match, withLength: boolean): void {
  reply.array(withLength ? 3 : 2);
  for (const [start, end] of [match.first, match.second]) {
    reply.array(2);
    reply.integer(start);
    reply.integer(end);
  }
  if (withLength) reply.integer(match.first[1] - match.first[0] + 1);
}
