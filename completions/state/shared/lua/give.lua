-- Gives back one use of a rule. KEYS: the namespace. ARGV: the epoch, the rule.
local life = redis.call('HGET', KEYS[1], 'life') or ''
local key = KEYS[1] .. ':' .. life .. ':' .. ARGV[1] .. ':uses'
if redis.call('HEXISTS', key, ARGV[2]) == 1 and redis.call('HINCRBY', key, ARGV[2], -1) < 1 then
  redis.call('HDEL', key, ARGV[2])
end
return 0
