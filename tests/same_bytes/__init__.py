"""A recorded set of requests on every surface, and the bytes of their answers, so that a change of them is seen.

`python -m tests.same_bytes` writes `answers.jsonl` anew; read its diff before it is committed.
"""
