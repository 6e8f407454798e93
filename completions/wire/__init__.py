"""Steps 2 and 4, HOW it looks: a package for each provider, and what they share."""
