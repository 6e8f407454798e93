"""Counting: text split by true tokens, what a prompt costs, and what is known of models."""
