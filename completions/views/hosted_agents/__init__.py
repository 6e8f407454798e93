"""The views of OpenAI's Agents API, and their addresses."""
