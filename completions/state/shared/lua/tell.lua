-- Tells one worker something. ARGV: its channel, what is told.
return redis.call('PUBLISH', ARGV[1], ARGV[2])
