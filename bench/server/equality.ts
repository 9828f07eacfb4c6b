import type { CommandConnection } from "../../src/cli/server-command.ts";
import type { RunningServer, ServerContestant } from "./contestant.ts";

const COMMANDS = 2000;
const KEYS = 40;

/** What one contestant answers otherwise than the reference, by command. */
export interface Difference {
  readonly command: string;
  readonly count: number;
  readonly example: string;
}

/** Compares the replies of every server to the same seeded commands; the reference comes first in `servers`. */
export async function differences(
  reference: RunningServer,
  others: readonly RunningServer[],
): Promise<Map<ServerContestant, Difference[]>> {
  const commands = seededCommands();
  const expected = await answers(reference.connection, commands);
  const found = new Map<ServerContestant, Difference[]>();
  for (const { contestant, connection } of others) {
    const given = await answers(connection, commands);
    const byCommand = new Map<string, Difference>();
    for (const [index, args] of commands.entries()) {
      if (given[index] === expected[index]) continue;
      const command = args[0]!;
      const before = byCommand.get(command);
      const example = before?.example ?? `${given[index]} instead of ${expected[index]} to ${args.join(" ")}`;
      byCommand.set(command, { command, count: (before?.count ?? 0) + 1, example });
    }
    found.set(contestant, [...byCommand.values()]);
  }
  return found;
}

async function answers(connection: CommandConnection, commands: readonly string[][]): Promise<string[]> {
  await connection.send("FLUSHALL");
  const replies = commands.map((args) =>
    connection.send(...args).then(
      (reply) => JSON.stringify(reply),
      (error: Error) => `-${error.message}`,
    ),
  );
  const texts = await Promise.all(replies);
  await connection.send("FLUSHALL");
  return texts;
}

/** What the rows send, and some more of it that goes wrong. */
function seededCommands(): string[][] {
  const random = mulberry32(7);
  const below = (limit: number): number => Math.floor(random() * limit);
  const key = (): string => `key:${String(below(KEYS)).padStart(12, "0")}`;
  const counter = (): string => `counter:${below(KEYS)}`;
  const value = (): string => "x".repeat([3, 2048, 0, 100][below(4)]!);
  const many = <T>(make: () => T): T[] => Array.from({ length: 1 + below(100) }, make);
  const makers: (() => string[])[] = [
    () => ["SET", key(), value()],
    () => ["GET", key()],
    () => ["INCR", counter()],
    () => ["GET", counter()],
    () => ["MGET", ...many(key)],
    () => ["MSET", ...many(() => [key(), value()]).flat()],
    () => ["PUBLISH", "news", value()],
    () => ["DEL", ...many(key)],
    () => ["EXISTS", key(), key()],
    () => ["SET", key(), value(), ["NX", "XX", "GET", "NXX"][below(4)]!],
    () => ["INCR", key()],
    () => ["GET"],
    () => ["MSET", key()],
    () => ["DBSIZE"],
  ];
  return Array.from({ length: COMMANDS }, () => makers[below(makers.length)]!());
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
