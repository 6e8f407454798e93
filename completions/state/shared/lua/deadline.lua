-- Stands before each script, so that a Redis that answers again does nothing of what has been refused meanwhile.
-- The last argument is the time on Redis' clock until which the caller waits; 0: it does not wait.
local deadline = tonumber(table.remove(ARGV))
if deadline > 0 then
  local clock = redis.call('TIME')
  if clock[1] + clock[2] / 1000000 > deadline then
    return redis.error_reply('LATE ' .. clock[1] .. ' ' .. clock[2])
  end
end
