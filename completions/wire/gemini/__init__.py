"""TODO completions/wire/gemini"""
