-- Takes what one request claims of a namespace: all of it, or nothing. One call is one request's whole round trip.
-- KEYS: the namespace, the names of all namespaces, the workers that live.
-- Returns {index, uses, throw, seen}, with the charge's state after it; or {-1} where the script has moved,
-- {-2, requests, tokens} where the quota is used up, {-3, state} where a limit is reached.
-- The charge's state: the time, the slots taken, then each bucket's level and time, all as before the take.

local next_argument = 0
local function argument()
  next_argument = next_argument + 1
  return ARGV[next_argument]
end
local function number() return tonumber(argument()) end
local function exactly(value) return string.format('%.17g', value) end

local version, epoch, ttl, name = argument(), argument(), number(), argument()
local known = redis.call('HMGET', KEYS[1], 'version', 'life')
if (known[1] or '0') ~= version then return {-1} end

local life = known[2] or ''
local base = KEYS[1] .. ':' .. life .. ':' .. epoch
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000

-- The charge: look at everything first.
local charged, reply = argument() == '1', {}
local quota_key, account_key, slots_key, member, buckets, quota = '', '', '', '', {}, ''
if charged then
  local digest, quota_requests, quota_tokens, concurrent, worker, worker_ttl
  quota, quota_requests, quota_tokens = argument(), number(), number()
  digest, concurrent, worker, member, worker_ttl = argument(), number(), argument(), argument(), number()
  quota_key, account_key, slots_key = base .. ':quota:' .. quota, base .. ':account:' .. digest, base .. ':slots:' .. digest
  if quota ~= '' then
    local spent = redis.call('HMGET', quota_key, 'requests', 'tokens')
    local requests, tokens = tonumber(spent[1] or 0), tonumber(spent[2] or 0)
    if (quota_requests >= 0 and requests >= quota_requests) or (quota_tokens >= 0 and tokens >= quota_tokens) then
      return {-2, requests, tokens}
    end
  end
  local running, fits = 0, true
  if concurrent >= 0 then
    running = redis.call('SCARD', slots_key)
    if running >= concurrent then  -- the slots of workers that are gone come back
      for _, slot in ipairs(redis.call('SMEMBERS', slots_key)) do
        local alive = redis.call('ZSCORE', KEYS[3], string.match(slot, '^[^/]*'))
        if not alive or tonumber(alive) < now then redis.call('SREM', slots_key, slot) end
      end
      running = redis.call('SCARD', slots_key)
    end
    fits = running < concurrent
  end
  reply = {exactly(now), running}
  local count = number()
  local kept = count > 0 and redis.call('HGETALL', account_key) or {}
  local state = {}
  for i = 1, #kept, 2 do state[kept[i]] = tonumber(kept[i + 1]) end
  for i = 1, count do
    local limit, period, cost = number(), number(), number()
    local rate = limit / period
    local level, at = state['level' .. i] or limit, math.min(state['at' .. i] or now, now)  -- the clock may be set back
    reply[#reply + 1], reply[#reply + 2] = exactly(level), exactly(at)
    local left = math.min(limit, level + (now - at) * rate)
    fits = fits and cost <= limit and (cost - left) / rate <= 0.000001
    buckets[i] = math.min(limit, left - cost)
  end
  if not fits then
    table.insert(reply, 1, -3)
    return reply
  end
  if concurrent >= 0 then
    redis.call('SADD', slots_key, member)
    redis.call('EXPIRE', slots_key, ttl)
    redis.call('ZADD', KEYS[3], now + worker_ttl, worker)
  end
  for i, level in ipairs(buckets) do
    redis.call('HSET', account_key, 'level' .. i, exactly(level), 'at' .. i, exactly(now))
  end
  if count > 0 then redis.call('EXPIRE', account_key, ttl) end
  if quota ~= '' then
    redis.call('HINCRBY', quota_key, 'requests', 1)
    redis.call('EXPIRE', quota_key, ttl)
  end
end

-- The rule: the first that has not retired.
local dice, seen, most_seen, wants = argument(), argument(), number(), number()
local index, uses, held = wants, 0, false
for i = 0, wants - 1 do
  local rule, times, counted, throws = argument(), number(), argument(), argument()
  local before = counted == '1' and tonumber(redis.call('HGET', base .. ':uses', rule) or 0) or 0
  if times < 0 or before < times then
    index, uses, dice = i, before, throws
    if counted == '1' then
      held = true
      redis.call('HINCRBY', base .. ':uses', rule, 1)
      redis.call('EXPIRE', base .. ':uses', ttl)
    end
    break
  end
end

local throw, again = 0, 0
if dice == '1' then
  throw = redis.call('INCR', base .. ':throws') - 1
  redis.call('EXPIRE', base .. ':throws', ttl)
end
if seen ~= '' then
  local order = redis.call('HINCRBY', base .. ':seen', '', 1)  -- no request's digest is empty
  again = redis.call('HINCRBY', base .. ':seen', seen, 1) - 1
  redis.call('ZADD', base .. ':order', order, seen)
  if redis.call('ZCARD', base .. ':order') > most_seen then
    redis.call('HDEL', base .. ':seen', redis.call('ZPOPMIN', base .. ':order')[1])
  end
  redis.call('EXPIRE', base .. ':seen', ttl)
  redis.call('EXPIRE', base .. ':order', ttl)
end

-- A namespace that holds nothing is not among the names.
if known[1] or charged or held or dice == '1' or seen ~= '' then redis.call('ZADD', KEYS[2], now, name) end
if time[2] % 1000 == 0 then redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ttl) end  -- now and then
if known[1] or known[2] then redis.call('EXPIRE', KEYS[1], ttl) end
local answer = {index, uses, throw, again}
for _, value in ipairs(reply) do answer[#answer + 1] = value end
return answer
