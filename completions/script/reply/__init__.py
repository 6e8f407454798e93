"""Step 3, `reply:` and `error:`: what a rule answers with, read and in memory."""
