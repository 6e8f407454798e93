"""Managed Agents, through the anthropic SDK against a live server."""
