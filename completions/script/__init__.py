"""Step 3, WHAT to answer: YAML scripts, their rules, and the built-in ones.

`text/` reads YAML and JSON into nodes that know their lines, `match/` reads conditions and compares, `reply/` reads and
gives answers and errors, and `auto/` makes answers up. `loader.py` makes a `Script` of it all (`rules.py`), in the
words of `language.py`.
"""
