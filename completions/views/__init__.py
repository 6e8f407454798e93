"""What applications talk to: the generating formats, what was stored, and the models."""
