-- Comes to a gate: returns 1 where it was released before, else 0, and the waiter is noted.
-- KEYS: the namespace, the workers that live. ARGV: the gate, the waiter, its seconds, its worker, seconds that a
-- worker is believed.
if redis.call('SREM', KEYS[1] .. ':open', ARGV[1]) == 1 then return 1 end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local gate = KEYS[1] .. ':gate:' .. ARGV[1]
redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[4])
redis.call('ZADD', gate, now + ARGV[3], ARGV[2])
redis.call('SADD', KEYS[1] .. ':gates', ARGV[1])
local ttl = math.ceil(ARGV[3]) + 60
for _, key in ipairs({gate, KEYS[1] .. ':gates'}) do
  if redis.call('TTL', key) < ttl then redis.call('EXPIRE', key, ttl) end
end
return 0
