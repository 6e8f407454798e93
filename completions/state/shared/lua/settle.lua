-- Notes what an answer has cost, and with a slot gives that back: once, however often it is told.
-- KEYS: the namespace. ARGV: the epoch, seconds to keep; the quota's digest and the tokens to count;
-- the account's digest, its slot, and the tokens bucket's number, limit, period, and what it loses (below 0: gets back).
local base = KEYS[1] .. ':' .. (redis.call('HGET', KEYS[1], 'life') or '') .. ':' .. ARGV[1]
local ttl, quota, tokens, digest, slot = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
if slot ~= '' and redis.call('SREM', base .. ':slots:' .. digest, slot) == 0 then return 0 end
if quota ~= '' and tokens > 0 and redis.call('EXISTS', base .. ':quota:' .. quota) == 1 then
  redis.call('HINCRBY', base .. ':quota:' .. quota, 'tokens', tokens)
  redis.call('EXPIRE', base .. ':quota:' .. quota, ttl)
end
local number, limit, period, amount = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local account = base .. ':account:' .. digest
local state = amount ~= 0 and redis.call('HMGET', account, 'level' .. number, 'at' .. number) or {}
if state[1] then
  local time = redis.call('TIME')
  local now = time[1] + time[2] / 1000000
  local since = math.max(now - tonumber(state[2]), 0)  -- the clock may be set back
  local level = math.min(limit, tonumber(state[1]) + since * (limit / period))
  level = math.min(limit, level - amount)
  redis.call('HSET', account, 'level' .. number, string.format('%.17g', level), 'at' .. number, string.format('%.17g', now))
  redis.call('EXPIRE', account, ttl)
end
return 1
