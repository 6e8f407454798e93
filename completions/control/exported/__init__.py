"""A run as a test of pytest: the rules that answered, what was asked, and what is asserted of it."""
