-- Keeps the documents of a namespace, by kind and id, in the order in which they came.
-- KEYS: the namespace. ARGV: what to do, seconds to keep, the kind, then: put: id, document, the most of a kind, and
-- perhaps the document that must still stand there, or nothing in it for none; get and delete: id; all; clear: nothing.
local life = redis.call('HGET', KEYS[1], 'life') or ''
local base = KEYS[1] .. ':' .. life .. ':records'
local told, order, kinds = base .. ':told:' .. ARGV[3], base .. ':order:' .. ARGV[3], base .. ':kinds'
if ARGV[1] == 'put' then
  if ARGV[7] and (redis.call('HGET', told, ARGV[4]) or '') ~= ARGV[7] then return 0 end
  if not redis.call('ZSCORE', order, ARGV[4]) then
    redis.call('ZADD', order, redis.call('INCR', base .. ':count'), ARGV[4])
  end
  redis.call('HSET', told, ARGV[4], ARGV[5])
  redis.call('SADD', kinds, ARGV[3])
  for _ = 1, redis.call('ZCARD', order) - tonumber(ARGV[6]) do
    redis.call('HDEL', told, redis.call('ZPOPMIN', order)[1])
  end
  for _, key in ipairs({told, order, kinds, base .. ':count'}) do redis.call('EXPIRE', key, ARGV[2]) end
  return 1
elseif ARGV[1] == 'get' then
  return redis.call('HGET', told, ARGV[4])
elseif ARGV[1] == 'delete' then
  redis.call('ZREM', order, ARGV[4])
  return redis.call('HDEL', told, ARGV[4])
elseif ARGV[1] == 'all' then
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', order, 0, -1)) do
    local document = redis.call('HGET', told, id)
    if document then found[#found + 1] = document end  -- else Redis evicted them, and kept their order
  end
  return found
end
for _, kind in ipairs(redis.call('SMEMBERS', kinds)) do
  redis.call('DEL', base .. ':told:' .. kind, base .. ':order:' .. kind)
end
return redis.call('DEL', kinds)
