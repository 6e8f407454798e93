-- Lets all pass that wait at a gate, tells their workers, and returns how many they are; where none waits, the next
-- one passes. KEYS: the namespace, the workers that live. ARGV: the gate, seconds to keep, what channels begin with.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local gate = KEYS[1] .. ':gate:' .. ARGV[1]
local told, count = {}, 0
for _, waiter in ipairs(redis.call('ZRANGEBYSCORE', gate, now, '+inf')) do
  local worker, process = string.match(waiter, '^(([^./]*)[^/]*)')
  local alive = redis.call('ZSCORE', KEYS[2], worker)
  if alive and tonumber(alive) >= now then
    count = count + 1
    told[process] = told[process] or {}
    table.insert(told[process], waiter)
  end
end
redis.call('DEL', gate)
redis.call('SREM', KEYS[1] .. ':gates', ARGV[1])
for process, waiters in pairs(told) do
  redis.call('PUBLISH', ARGV[3] .. process, table.concat(waiters, ' '))
end
if count == 0 then
  redis.call('SADD', KEYS[1] .. ':open', ARGV[1])
  redis.call('EXPIRE', KEYS[1] .. ':open', ARGV[2])
end
return count
