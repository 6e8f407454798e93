-- Returns how many wait at each gate where somebody does, as pairs. KEYS: the namespace, the workers that live.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local found, lives = {}, {}
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1] .. ':gates')) do
  local count = 0
  for _, waiter in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1] .. ':gate:' .. name, now, '+inf')) do
    local worker = string.match(waiter, '^[^/]*')
    if lives[worker] == nil then lives[worker] = tonumber(redis.call('ZSCORE', KEYS[2], worker) or 0) >= now end
    if lives[worker] then count = count + 1 end
  end
  if count > 0 then
    table.insert(found, name)
    table.insert(found, count)
  end
end
return found
