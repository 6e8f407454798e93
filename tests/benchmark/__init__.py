"""The benchmark: `python -m tests.benchmark` (under 90 s), or with `--quick` (under 25 s).

It starts a bare uvicorn application, a bare Django view on the lean handler and on Django's own, and the mock; drives
them in turn, again and again, with one load generator; and prints medians, ratios and targets. The ratios count: they
hold from machine to machine, the figures do not. Missed targets leave the exit code at 0, for people judge them.

It runs on Linux alone, because it reads the servers' CPU time and memory from the kernel.
"""
