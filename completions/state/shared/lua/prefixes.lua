-- Looks up the prefixes of prompts that a namespace remembers, and remembers others.
-- KEYS: the namespace. ARGV: what to do (use or clear), seconds to keep, the most, how many are looked up, these, then
-- digests, seconds and sizes in turn. Returns the size of each that is looked up, or 0.
local life = redis.call('HGET', KEYS[1], 'life') or ''
local due, times = KEYS[1] .. ':' .. life .. ':prefixes:due', KEYS[1] .. ':' .. life .. ':prefixes:times'
if ARGV[1] == 'clear' then return redis.call('DEL', due, times) end
local now = tonumber(redis.call('TIME')[1])
local function keep(digest, seconds, size)
  redis.call('ZADD', due, now + seconds, digest)
  redis.call('HSET', times, digest, seconds .. ' ' .. size)
end
local function kept(digest)
  local seconds, size = string.match(redis.call('HGET', times, digest) or '0 0', '(%d+) ?(%d*)')
  return tonumber(seconds), tonumber(size) or 1 -- a version before this one kept no sizes
end
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do redis.call('HDEL', times, digest) end
redis.call('ZREMRANGEBYSCORE', due, '-inf', now)
local found, last = {}, 4 + tonumber(ARGV[4])
for at = 5, last do
  local seconds, size = kept(ARGV[at])
  found[#found + 1] = size
  if seconds > 0 then keep(ARGV[at], seconds, size) end
end
for at = last + 1, #ARGV, 3 do
  local seconds, size = kept(ARGV[at])
  keep(ARGV[at], math.max(tonumber(ARGV[at + 1]), seconds), size > 0 and size or ARGV[at + 2])
end
for _ = 1, redis.call('ZCARD', due) - tonumber(ARGV[3]) do redis.call('HDEL', times, redis.call('ZPOPMIN', due)[1]) end
for _, key in ipairs({due, times}) do redis.call('EXPIRE', key, ARGV[2]) end
return found
