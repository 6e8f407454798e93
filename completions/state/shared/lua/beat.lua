-- Says that a worker lives. Returns whether it was believed to, and the era: it changes where Redis lost its memory.
-- A worker that was thought to be dead, or comes from another era, goes on under its next name.
-- KEYS: the workers that live, the era. ARGV: the worker's name and its next, seconds that it is believed, its channel,
-- the era that it knows (empty: none yet), the era to begin where there is none, seconds to keep.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('SET', KEYS[2], ARGV[6], 'NX')
redis.call('EXPIRE', KEYS[2], ARGV[7])
local era = redis.call('GET', KEYS[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local alive = ARGV[5] == '' or (ARGV[5] == era and redis.call('ZSCORE', KEYS[1], ARGV[1]))
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[alive and 1 or 2])
redis.call('PUBLISH', ARGV[4], '')
return {alive and 1 or 0, era}
