"""Tests of `completions/state/cassettes`."""
