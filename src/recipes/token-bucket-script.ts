import { Script } from "../cluster/script.ts";

/*
 * KEYS[1]  the bucket, a hash: `tokens` at the moment `at` (milliseconds), both as decimal text of a double. No key: a full bucket.
 * ARGV     capacity, tokens per millisecond, cost, now in milliseconds (empty: the server's clock)
 *
 * Returns allowed (0 or 1), the tokens that are left, the milliseconds until the cost could be paid (-1: never), and the milliseconds until the
 * bucket is full (-1: never). A refusal writes nothing: what it would write follows from what is stored.
 *
 * The key expires when the bucket is full, where no key means the same. A clock that goes back refills nothing, and does not take `at` back with it.
 */
export const TOKEN_BUCKET: Script = new Script(`
local capacity = tonumber(ARGV[1])
local rate = tonumber(ARGV[2])
local cost = tonumber(ARGV[3])
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1]) or capacity
local at = tonumber(state[2]) or now
if now > at then
  tokens = tokens + (now - at) * rate
  at = now
end
if tokens > capacity then tokens = capacity end
local allowed = 0
local wait = 0
if tokens >= cost then
  allowed = 1
  tokens = tokens - cost
elseif rate > 0 then
  wait = (cost - tokens) / rate
else
  wait = -1
end
local full = 0
if tokens < capacity then full = rate > 0 and (capacity - tokens) / rate or -1 end
if allowed == 1 and cost > 0 then
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.17g', at))
  if full < 0 or full > 9e14 then redis.call('PERSIST', KEYS[1])
  else redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(full) + 1000)) end
end
return {allowed, string.format('%.17g', tokens), string.format('%.17g', wait), string.format('%.17g', full)}
`);
