"""The state of namespaces between requests: scripts, pushed rules, counters, limits, gates; in memory or shared."""
