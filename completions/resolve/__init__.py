"""Step 3: from a request to its outcome: what it asks, whether it is admitted, which rule answers, what it costs."""
