"""Tests of OpenAI's Agents API."""
