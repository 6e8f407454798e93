"""Requests as documents: the recorded ones, and their comparison with those that arrive."""
