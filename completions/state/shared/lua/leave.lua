-- Leaves a gate; returns 0 where the waiter was let pass already. KEYS: the namespace. ARGV: the gate, the waiter.
local gate = KEYS[1] .. ':gate:' .. ARGV[1]
local left = redis.call('ZREM', gate, ARGV[2])
if redis.call('EXISTS', gate) == 0 then redis.call('SREM', KEYS[1] .. ':gates', ARGV[1]) end
return left
