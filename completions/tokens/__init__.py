"""TODO completions/tokens"""
