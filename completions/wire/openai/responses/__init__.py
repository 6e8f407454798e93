"""TODO completions/wire/openai/responses"""
