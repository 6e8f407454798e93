"""JSON Schemas, for step 3: what they say, what is valid, and the parts of `script/auto/instances.py`."""
