-- Returns those of some waiters at a gate that are still noted. KEYS: the namespace. ARGV: the gate, the waiters.
local found = {}
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1] .. ':gate:' .. ARGV[1], ARGV[i]) then table.insert(found, ARGV[i]) end
end
return found
