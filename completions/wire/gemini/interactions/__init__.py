"""Gemini's interactions: `POST …/interactions`, which Google recommends since 2026, and their storage."""
