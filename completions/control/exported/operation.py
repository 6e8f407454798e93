"""The operation that exports exchanges as a test of pytest."""

import asyncio
from dataclasses import replace

from completions.control.exchanges import filter_of
from completions.control.exported.python_file import pytest_file
from completions.control.exported.run import ReadExchange, read_run
from completions.control.operation import Call
from completions.exceptions import RequestError
from completions.journal import queries
from completions.views.http import ExchangeResponse, RawResponse
from completions.wire.registry import read

MAX_EXPORTED = 500
"""The most exchanges of a run that is exported."""

PYTHON = "text/x-python"


async def get_pytest(call: Call) -> ExchangeResponse:
    """Export exchanges as a test of pytest, which asks them again: its rules answer as they were answered."""
    filter = filter_of(call)
    exchanges = await queries.listing_in_full(replace(filter, method=filter.method or "POST"), MAX_EXPORTED + 1)
    if not exchanges:
        raise RequestError(
            "There is no run to export: there were no requests, or these parameters select none.",
            status=409,
            code="run_empty",
        )
    if len(exchanges) > MAX_EXPORTED:
        raise RequestError(
            f"More than {MAX_EXPORTED} exchanges are too many to export; select some, for example with `since`.",
            status=409,
            code="run_too_long",
        )
    dialect = await call.dialect()

    def encode_file() -> bytes:
        run = [ReadExchange(exchange, read(traffic, dialect)) for exchange, traffic in reversed(exchanges)]
        return pytest_file(call.namespace, read_run(run)).encode()

    return RawResponse(await asyncio.to_thread(encode_file), 200, f"{PYTHON}; charset=utf-8")
