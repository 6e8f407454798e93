"""How long a test waits for what has to come."""

PATIENCE = 600.0
"""Seconds: so many that a hang alone can use them up, and never a machine that has much else to do."""
