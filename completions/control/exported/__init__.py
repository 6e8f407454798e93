"""Export of a run as a test for pytest: the rules that answered, the requests, and assertions on them."""
