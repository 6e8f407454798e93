"""Counting: text split by true tokens, the tokens of a prompt, and tables of models."""
