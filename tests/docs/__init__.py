"""Tests of the manual: README.md and docs/."""
