-- Tries what counting needs, on a key that is gone again afterwards.
-- KEYS: the key. ARGV: a channel that nobody listens to.
redis.call('HSET', KEYS[1], 'tried', 1)
redis.call('EXPIRE', KEYS[1], 60)
redis.call('HINCRBY', KEYS[1], 'tried', 1)
redis.call('HMGET', KEYS[1], 'tried')
redis.call('DEL', KEYS[1])
redis.call('INCR', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('SADD', KEYS[1], 'tried')
redis.call('SREM', KEYS[1], 'tried')
redis.call('ZADD', KEYS[1], 1, 'tried')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '+inf')
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[1], '')
return 1
