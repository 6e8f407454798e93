"""How many calls of functions a request makes, C's among them: `python -m tests.benchmark.calls` prints it by case.

Unlike time, that is the same on every machine, and on a busy one. Responses leave as under uvicorn.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mocksite.logging import GatheringHandler
from tests.benchmark.ratios import CASES, HUNDRED, MOCK, TEN
from tests.benchmark.servers import ENVIRONMENT
from tests.benchmark.wire import HEADERS, PATH, body

ROUNDS = 36
"""The least of so many counts; of the longest requests a third. A busy machine adds some calls now and then."""

AGENT = "an agent's question to auto"
"""Some 40 KB, most of which was sent before: ten tools, twenty calls with their results, and a long question."""

TOGETHER = 10
"""Requests whose log lines are made at once."""


class Transport(asyncio.Transport):
    """Takes what uvicorn writes."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def write(self, data: Any) -> None:
        """Take it."""
        assert self.size or bytes(data).startswith(b"HTTP/1.1 200 "), data
        self.size += len(data)


def cycle(scope: Any) -> RequestResponseCycle:
    """Return what uvicorn gives the application for one request of a connection that stays open."""
    logger, transport = logging.getLogger("uvicorn.error"), Transport()
    return RequestResponseCycle(
        scope=scope,
        transport=transport,
        flow=FlowControl(transport),
        logger=logger,
        access_logger=logger,
        access_log=False,
        default_headers=[],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )


async def count(app: Any, request: bytes) -> int:
    """Return how many calls a request makes, from its scope to its last byte, and to its lines in the log.

    The log's clock stands still, and its lines wait for the end: what begins a line is made once a millisecond, and
    lines are written every 20, which is more often on a slow machine.
    """
    calls, now = 0, time.time()

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sent = [_sent(request) for _ in range(TOGETHER)]
    with patch.object(time, "time", lambda: now), patch.object(GatheringHandler, "GATHER", 60):
        sys.setprofile(note)
        try:
            for scope, by_uvicorn in sent:
                await app(scope, by_uvicorn.receive, by_uvicorn.send)
            logging.getLogger().handlers[0].flush()
        finally:
            sys.setprofile(None)
    assert all(by_uvicorn.response_complete for _, by_uvicorn in sent)
    return calls // TOGETHER


def _sent(request: bytes) -> tuple[dict[str, Any], RequestResponseCycle]:
    """Return the scope of a request that has come whole, and what uvicorn has of it."""
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": PATH, "query_string": b""}
    scope["headers"] = [*headers, (b"host", b"127.0.0.1")]
    by_uvicorn = cycle(scope)
    by_uvicorn.body += request
    by_uvicorn.more_body = False
    by_uvicorn.message_event.set()
    return scope, by_uvicorn


def agents_question() -> bytes:
    """Return the body of `AGENT`."""
    schema = {"type": "object", "properties": {"path": {"type": "string"}, "line": {"type": "integer"}}}
    function = {"description": "Reads a file, and says what is in it. " * 5, "parameters": schema}
    tools = [{"type": "function", "function": {"name": f"read_{at}", **function}} for at in range(10)]
    messages: list[dict[str, Any]] = [{"role": "user", "content": "What do these files say of the sea?"}]
    for at in range(20):
        call = {"name": f"read_{at % 10}", "arguments": json.dumps({"path": f"{at}.txt"})}
        calls = [{"id": f"call_{at:024}", "type": "function", "function": call}]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        said = f"The sea is blue, and the sky above it has {at} clouds. " * 20
        messages.append({"role": "tool", "tool_call_id": f"call_{at:024}", "content": said})
    messages.append({"role": "user", "content": "And what of this one? " + "Is the sea not as blue as the sky? " * 300})
    return body(messages=messages, tools=tools)


async def measure(folder: Path) -> dict[str, int]:
    """Return the calls of each case's request, once all is remembered that can be."""
    from django.test import override_settings

    from completions.receive.handler import Handler

    found = {}
    for case in (case for case in CASES if case.name in (MOCK, TEN, HUNDRED)):
        script = folder / f"{case.name}.yaml"
        script.write_text(case.script or "")
        with override_settings(MOCK_SCRIPT="mock" if case.script is None else str(script)):
            app, request = Handler(), body(stream=True) if case.stream else body()
            found[case.name] = min([await count(app, request) for _ in range(ROUNDS)])
    with override_settings(MOCK_SCRIPT="auto"):
        app, request = Handler(), agents_question()
        found[AGENT] = min([await count(app, request) for _ in range(ROUNDS // 3)])
    return found


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({**ENVIRONMENT, "DATABASE_URL": f"sqlite:///{folder}/journal.sqlite3"})
        import django

        django.setup()
        from completions.journal.writer import writer

        print(json.dumps(asyncio.run(measure(Path(folder)))))
        writer.close()  # it would write while its folder goes


if __name__ == "__main__":
    main()
