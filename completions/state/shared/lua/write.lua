-- Pushes in place of one version, and forgets the uses of some rules; returns 0 where another push came first.
-- KEYS: the namespace, the names of all. ARGV: seconds to keep, the name, the version over which, the new one,
-- what was pushed, then pairs of an epoch and a rule.
local known = redis.call('HMGET', KEYS[1], 'version', 'life')
if (known[1] or '0') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'pushed', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[1])
for i = 7, #ARGV do
  redis.call('HDEL', KEYS[1] .. ':' .. (known[2] or '') .. ':' .. ARGV[6] .. ':uses', ARGV[i])
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] + time[2] / 1000000, ARGV[2])
return 1
