import type { Reply } from "../bytes/reply.ts";
import type { CallOptions } from "../cluster/options.ts";
import { Script } from "../cluster/script.ts";
import type { SlotClient } from "../cluster/slot-client.ts";

/*
 * One step on one half. KEYS[1] is its name; KEYS[2], given only where both names lie in one slot, is the other half's.
 *
 * mark     lets a half that has no TTL expire at the moment ARGV[2], years ahead, and returns the moment at which the half expires. Neither SET nor
 *          MSET keeps a TTL: as long as the half expires at that very moment, nobody has written it since.
 * remove   deletes the half if it still expires at ARGV[2] and is alone.
 * restore  takes the mark off, if it still is there.
 *
 * Servers before Redis 7 tell a TTL and no moment; a second of slack makes up for what passes between two readings of their clock.
 */
const SCRIPT = new Script(`
local slack = 0
local function expiry()
  local at = redis.pcall('PEXPIRETIME', KEYS[1])
  if type(at) == 'number' then return at end
  slack = 1000
  local left = redis.call('PTTL', KEYS[1])
  if left < 0 then return left end
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000) + left
end
if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return {'gone'} end
local at = expiry()
local alone = not KEYS[2] or redis.call('EXISTS', KEYS[2]) == 0
if ARGV[1] == 'mark' then
  if not alone then return {'whole'} end
  if at >= 0 then return {'own', string.format('%.0f', at)} end
  redis.call('PEXPIREAT', KEYS[1], ARGV[2])
  return {'marked', ARGV[2]}
end
if at < 0 or math.abs(at - tonumber(ARGV[2])) > slack then return {'changed'} end
if ARGV[1] == 'restore' or not alone then
  if ARGV[3] == 'marked' then redis.call('PERSIST', KEYS[1]) end
  return {'whole'}
end
local bytes = redis.call('STRLEN', KEYS[1])
redis.call('UNLINK', KEYS[1])
return {'removed', tostring(bytes)}
`);

/** One half, and the other one's name where a script may look at both. */
export interface ScriptTarget {
  readonly name: string;
  readonly other: string | undefined;
}

/** A half that is recognised by the moment at which it expires. */
export interface Mark {
  /** Milliseconds of the server's clock. */
  readonly expiresAt: string;
  /** Whether that is our mark, or was the half's own expiry. */
  readonly kind: "marked" | "own";
}

/** Marks halves that are alone, and gives the mark of each; undefined for one that is gone, or no longer alone. */
export async function markHalves(
  client: SlotClient,
  halves: readonly ScriptTarget[],
  expiresAt: string,
  options: CallOptions,
): Promise<(Mark | undefined)[]> {
  const replies = await run(client, halves, () => ["mark", expiresAt], options);
  return replies.map(([kind, moment]) =>
    kind === "marked" || kind === "own" ? { kind, expiresAt: moment! } : undefined,
  );
}

/** Deletes marked halves that nobody wrote since, and that are alone still; the bytes that each held, undefined for one that was not deleted. */
export async function removeHalves(
  client: SlotClient,
  halves: readonly (ScriptTarget & { readonly mark: Mark })[],
  options: CallOptions,
): Promise<(number | undefined)[]> {
  const step = ({ mark }: { mark: Mark }) => ["remove", mark.expiresAt, mark.kind];
  const replies = await run(client, halves, step, options);
  return replies.map(([outcome, bytes]) => (outcome === "removed" ? Number(bytes) : undefined));
}

/** Takes marks off. */
export async function restoreHalves(
  client: SlotClient,
  halves: readonly (ScriptTarget & { readonly mark: Mark })[],
  options: CallOptions,
): Promise<void> {
  await run(client, halves, ({ mark }) => ["restore", mark.expiresAt, mark.kind], options);
}

/** Rejects with the first failure, once every script has its outcome. */
async function run<T extends ScriptTarget>(
  client: SlotClient,
  halves: readonly T[],
  argumentsOf: (half: T) => readonly string[],
  options: CallOptions,
): Promise<string[][]> {
  const runs = halves.map((half) => ({
    keys: half.other === undefined ? [half.name] : [half.name, half.other],
    args: argumentsOf(half),
  }));
  const outcomes = await SCRIPT.runSettled(client, runs, options);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return (outcome.value as Reply[]).map(String);
  });
}
