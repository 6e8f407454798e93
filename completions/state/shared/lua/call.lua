-- Tells all workers that live something, and returns how many heard it.
-- KEYS: the workers. ARGV: what channels begin with, what is told.
local time = redis.call('TIME')
local told, heard = {}, 0
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], time[1] + time[2] / 1000000, '+inf')) do
  local process = string.match(worker, '^[^./]*')
  if not told[process] then
    told[process] = true
    heard = heard + redis.call('PUBLISH', ARGV[1] .. process, ARGV[2])
  end
end
return heard
