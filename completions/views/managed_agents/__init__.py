"""The views of Anthropic's Managed Agents, and their addresses."""
