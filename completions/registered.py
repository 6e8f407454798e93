"""What wire formats tell of themselves to the rooms that know none; `wire/registry.py` fills it in."""

dialects: list[str] = []
"""By which names a script chooses who speaks OpenAI's formats."""
