"""Step 6, WHAT happened: one `Exchange` a request."""
