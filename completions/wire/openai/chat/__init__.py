"""TODO completions/wire/openai/chat"""
