"""The control API: a test's hands on a running mock, under `/_mock/`; `table.py` lists what it can do."""
