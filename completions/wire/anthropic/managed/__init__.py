"""Anthropic's Managed Agents: agents, environments, sessions and their events, vaults, memory stores.

Shapes: `anthropic.types.beta` of the anthropic SDK 2.14. Behaviour: Anthropic's guides "Managed Agents" (November
2026), answers that users quote, and the words that a public clone of the API has found in comparisons with it (October
2026); where none of them says it, the docstring tells that the words are ours.
"""
