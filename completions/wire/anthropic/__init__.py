"""TODO completions/wire/anthropic"""
