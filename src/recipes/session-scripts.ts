import { Script } from "../cluster/script.ts";

/*
 * KEYS[1] is a session, a hash: `data` (as the codec wrote it), `version` (from 1), `user` (empty: nobody's), `created` (milliseconds of
 * the server's clock). What is alive slides to ARGV's TTL, and never beyond `created` + the greatest age.
 */
const SLIDE = `
local function slide(created, ttl, age)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  created = created or now
  local left = math.min(tonumber(ttl), created + tonumber(age) - now)
  if left < 1 then
    redis.call('UNLINK', KEYS[1])
    return nil
  end
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left))
  return string.format('%.0f', left), string.format('%.0f', created)
end
`;

/** ARGV: data, user, TTL, greatest age. Returns the TTL and the moment of creation; nothing where the id is taken. */
export const CREATE_SESSION: Script = new Script(`${SLIDE}
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'version', '1', 'user', ARGV[2])
local left, created = slide(nil, ARGV[3], ARGV[4])
redis.call('HSET', KEYS[1], 'created', created)
return {left, created}
`);

/** ARGV: TTL (empty: as it is), greatest age. Returns data, version, user, created and TTL; nothing where there is none. */
export const READ_SESSION: Script = new Script(`${SLIDE}
local found = redis.call('HMGET', KEYS[1], 'data', 'version', 'user', 'created')
if not found[2] then return false end
local left
if ARGV[1] == '' then left = string.format('%.0f', redis.call('PTTL', KEYS[1]))
else left = slide(tonumber(found[4]), ARGV[1], ARGV[2]) end
if not left then return false end
found[5] = left
return found
`);

/** ARGV: the version that is replaced, data, TTL, greatest age. Returns version, user, created and TTL; the version alone where it is another one. */
export const UPDATE_SESSION: Script = new Script(`${SLIDE}
local found = redis.call('HMGET', KEYS[1], 'version', 'user', 'created')
if not found[1] then return false end
if found[1] ~= ARGV[1] then return {found[1]} end
local left = slide(tonumber(found[3]), ARGV[3], ARGV[4])
if not left then return false end
found[1] = string.format('%.0f', found[1] + 1)
redis.call('HSET', KEYS[1], 'data', ARGV[2], 'version', found[1])
found[4] = left
return found
`);

/** Returns the session's user; nothing where there is no session. */
export const DESTROY_SESSION: Script = new Script(`
local user = redis.call('HGET', KEYS[1], 'user')
if not user then return false end
redis.call('UNLINK', KEYS[1])
return user
`);
