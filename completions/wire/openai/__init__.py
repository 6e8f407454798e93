"""TODO completions/wire/openai"""
