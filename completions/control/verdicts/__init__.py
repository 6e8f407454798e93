"""A verdict on a client: what its requests show of how it takes errors, limits and streams, with the evidence."""
