"""TODO completions/receive"""
