"""What namespaces hold between requests: scripts with what was pushed, counters, limits, gates; in memory or shared."""
