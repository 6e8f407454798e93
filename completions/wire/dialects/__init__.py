"""TODO completions/wire/dialects"""
