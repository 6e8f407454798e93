"""TODO completions/views"""
