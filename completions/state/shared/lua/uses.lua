-- Returns how often each counted rule has answered, as pairs. KEYS: the namespace. ARGV: the epoch.
local life = redis.call('HGET', KEYS[1], 'life') or ''
return redis.call('HGETALL', KEYS[1] .. ':' .. life .. ':' .. ARGV[1] .. ':uses')
