"""Step 3: from a prompt to its outcome: whether it is admitted, which rule answers, and what the answer costs."""
