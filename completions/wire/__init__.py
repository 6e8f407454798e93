"""Steps 2 and 4, HOW it looks: one file a wire format, and what they share."""
