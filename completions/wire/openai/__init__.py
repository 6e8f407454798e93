"""OpenAI's API: what its formats share, and those that are one file."""
