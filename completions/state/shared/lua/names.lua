-- Returns the names of the namespaces that were used lately. KEYS: the names of all. ARGV: seconds that they are kept.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1] - ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)
