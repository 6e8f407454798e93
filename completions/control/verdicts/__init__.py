"""A verdict on a client: how its requests handle errors, limits and streams, with the evidence."""
