"""The mock against the world: exchanges that were recorded with the real APIs, and agents from their registries."""
