-- Lets all pass that wait at a gate, tells their workers, and returns how many they are; where none waits, the next one
-- passes, or -1 where too many gates are open already. Without a name: at every gate, and none stays open.
-- KEYS: the namespace, the workers that live. ARGV: the gate, seconds to keep, what channels begin with, how many gates
-- may be open.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local told, count = {}, 0
local function release(name)
  local gate = KEYS[1] .. ':gate:' .. name
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
  redis.call('SREM', KEYS[1] .. ':gates', name)
end
if ARGV[1] == '' then
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[1] .. ':gates')) do release(name) end
  redis.call('DEL', KEYS[1] .. ':open')
else
  release(ARGV[1])
  if count == 0 then
    local open = KEYS[1] .. ':open'
    if redis.call('SCARD', open) >= tonumber(ARGV[4]) and redis.call('SISMEMBER', open, ARGV[1]) == 0 then
      return -1
    end
    redis.call('SADD', KEYS[1] .. ':open', ARGV[1])
    redis.call('EXPIRE', KEYS[1] .. ':open', ARGV[2])
  end
end
for process, waiters in pairs(told) do
  redis.call('PUBLISH', ARGV[3] .. process, table.concat(waiters, ' '))
end
return count
