"""OpenAI's Agents API (beta): agents, environments, sessions with their turns, vaults and automations.

Recordings: those of 2026-09-30 in cequence-io/openai-scala-client, of sessions and their streams. Shapes: the types of
the openai SDK 3.57. Codes of errors: OpenAI's guide "Errors and recovery" of the Agents API.
"""
