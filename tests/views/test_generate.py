"""The way of a request through our files, which a newcomer has to read."""

import sys
from pathlib import Path
from types import FrameType

import orjson
import pytest
from pytest_django import Settings

import completions
import mocksite
from completions.receive.handler import Handler
from tests.asgi import Answer, call

OURS = tuple(str(Path(package.__path__[0])) for package in (completions, mocksite))
HELLO = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Hello there"}]}


async def files_entered(app: Handler, body: bytes) -> tuple[Answer, set[str]]:
    """Answer a chat request, and return the answer and our files of which something was called for it."""
    entered: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            entered.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        answer = await call(app, "POST", "/v1/chat/completions", body)
    finally:
        sys.setprofile(None)
    return answer, entered


@pytest.mark.parametrize(("script", "body", "most"), [("mock", {}, 20), ("echo", HELLO, 34)])
async def test_request__goes_through_few_files(script: str, body: object, most: int, settings: Settings) -> None:
    settings.MOCK_SCRIPT = script
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    app, data = Handler(), orjson.dumps(body)
    for _ in range(2):  # what is read once, and remembered
        await call(app, "POST", "/v1/chat/completions", data)
    answer, entered = await files_entered(app, data)
    assert answer.status == 200
    assert sys.modules[Handler.__module__].__file__ in entered
    assert len(entered) <= most, sorted(entered)
