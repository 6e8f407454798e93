"""Step 1: from the bytes of a connection to a request, and from a response back to bytes, without a thread hop."""
