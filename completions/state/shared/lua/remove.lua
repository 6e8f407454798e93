-- Begins another life of a namespace, in which nothing was pushed or counted; what the last one counted expires.
-- KEYS: the namespace, the names of all. ARGV: seconds to keep, the name, the new life. Returns whether there was one.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'life', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('ZREM', KEYS[2], ARGV[2])
