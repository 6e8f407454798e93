"""TODO completions/resolve"""
