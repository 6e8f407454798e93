"""The control API, by which tests and tools control a running mock; `table.py` lists its operations."""
