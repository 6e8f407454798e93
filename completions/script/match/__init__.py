"""Step 3, `match:`: conditions, how each is compared with a prompt, and which rules a prompt can match."""
