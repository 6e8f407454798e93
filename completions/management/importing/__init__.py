"""Recordings and fixtures of other programs, read for `importcassette`."""
