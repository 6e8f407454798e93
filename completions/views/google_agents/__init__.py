"""The views of what the Gemini API keeps for its agents, and of its custom voices; imported by the first request."""
