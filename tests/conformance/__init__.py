"""OpenAI's own SDK tests, run against a live server: `python -m tests.conformance`."""
