"""TODO completions/wire/ollama"""
