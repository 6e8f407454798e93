"""Step 3, WHAT to answer: YAML scripts, their rules, and the built-in ones."""
