"""What the Gemini API keeps for its agents: agents, environments, triggers, credentials; and its custom voices."""
