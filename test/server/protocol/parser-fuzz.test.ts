import { expect, test } from "vitest";
import type { Bytes } from "../../../src/server/protocol/arg.ts";
import { RequestParser } from "../../../src/server/protocol/request-parser.ts";
import { Draw } from "../draw.ts";
import { meaningOf } from "./request-oracle.ts";
import { pieces, requestStream } from "./request-streams.ts";

/** More of them in a long run: PARSER_INPUTS=1000000 PARSER_SEED=7. */
const INPUTS = Number(process.env.PARSER_INPUTS ?? 50_000);
const SEED = Number(process.env.PARSER_SEED ?? 20_261_121);
const MEGABYTE = 1024 * 1024;
/** What a parser may hold beyond twice the bytes that came and belong to no whole command: LargeBulk's first piece, and the smallest buffer. */
const STEP = 256 * 1024 + 512;

interface Outcome {
  readonly commands: string[][];
  readonly error: string | undefined;
}

function parse(
  chunks: readonly Buffer[],
  limits: { maxBulkLength: number; unauthenticated: boolean },
): Outcome {
  const parser = new RequestParser({ ...limits });
  const commands: string[][] = [];
  let arrived = 0;
  let used = 0;
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk);
    parser.push(lent);
    arrived += chunk.length;
    for (let args = parser.next(); args !== undefined; args = parser.next()) {
      commands.push(args.map(text));
      used = args.reduce((sum, arg) => sum + arg.length, used);
    }
    // Nothing may point into what was handed in.
    lent.fill(0xaa);
    if (parser.retainedBytes > 2 * (arrived - used) + STEP) {
      throw new Error(`${parser.retainedBytes} bytes are held for ${arrived - used}`);
    }
    if (parser.error !== undefined) break;
  }
  return { commands, error: parser.error };
}

function text(arg: Bytes): string {
  return typeof arg === "string" ? arg : arg.toString("latin1");
}

test(
  "any bytes in any pieces mean to the parser what they mean to a simple reading of them all",
  () => {
    let refused = 0;
    let commands = 0;
    for (let seed = SEED; seed < SEED + INPUTS; seed += 1) {
      const draw = new Draw(seed);
      const stream = requestStream(draw);
      const bytes = Buffer.from(stream, "latin1");
      const limits = {
        maxBulkLength: draw.pick([512 * MEGABYTE, MEGABYTE]),
        unauthenticated: draw.chance(0.1),
      };
      const expected = meaningOf(stream, limits);
      for (const chunks of [[bytes], pieces(draw, bytes)]) {
        let found: unknown;
        try {
          found = parse(chunks, limits);
        } catch (error) {
          found = error;
        }
        // expect() takes longer than a whole input.
        if (
          JSON.stringify(found) !== JSON.stringify({ commands: expected.commands, error: expected.error })
        ) {
          expect({ seed, stream: stream.slice(0, 2000), found }).toEqual({
            seed,
            stream: stream.slice(0, 2000),
            found: expected,
          });
        }
      }
      if (expected.error !== undefined) refused += 1;
      commands += expected.commands.length;
    }
    console.log(`${INPUTS} inputs from seed ${SEED} on: ${commands} commands, ${refused} refusals`);
    expect(refused).toBeGreaterThan(INPUTS / 20);
    expect(commands).toBeGreaterThan(INPUTS);
  },
  120_000 + INPUTS,
);
