"""Tests of `completions/delivery/relay`."""
