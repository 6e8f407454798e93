"""Mistral's agents and conversations: `/v1/agents`, `/v1/agents/completions` and `/v1/conversations`."""
