-- Looks up the prefixes of prompts that a namespace remembers, and remembers others.
-- KEYS: the namespace. ARGV: what to do (use or clear), seconds to keep, the most, how many are looked up, these, then
-- digests and seconds in turn. Returns 1 or 0 for each that is looked up.
local life = redis.call('HGET', KEYS[1], 'life') or ''
local due, times = KEYS[1] .. ':' .. life .. ':prefixes:due', KEYS[1] .. ':' .. life .. ':prefixes:times'
if ARGV[1] == 'clear' then return redis.call('DEL', due, times) end
local now = tonumber(redis.call('TIME')[1])
local function keep(digest, seconds)
  redis.call('ZADD', due, now + seconds, digest)
  redis.call('HSET', times, digest, seconds)
end
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do redis.call('HDEL', times, digest) end
redis.call('ZREMRANGEBYSCORE', due, '-inf', now)
local found, last = {}, 4 + tonumber(ARGV[4])
for at = 5, last do
  local seconds = tonumber(redis.call('HGET', times, ARGV[at]) or 0)
  found[#found + 1] = seconds > 0 and 1 or 0
  if seconds > 0 then keep(ARGV[at], seconds) end
end
for at = last + 1, #ARGV, 2 do
  keep(ARGV[at], math.max(tonumber(ARGV[at + 1]), tonumber(redis.call('HGET', times, ARGV[at]) or 0)))
end
for _ = 1, redis.call('ZCARD', due) - tonumber(ARGV[3]) do redis.call('HDEL', times, redis.call('ZPOPMIN', due)[1]) end
for _, key in ipairs({due, times}) do redis.call('EXPIRE', key, ARGV[2]) end
return found
