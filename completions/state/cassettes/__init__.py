"""Recorded answers, kept in files: a folder of scripts, each of which has a request and what was answered to it."""
