"""What the mock answers to the requests, as lines of JSON that can be compared and read."""

import json
import re
from pathlib import Path
from typing import Any

from django.test import override_settings

from completions import ids
from completions.receive.handler import Handler
from completions.state.namespaces import DEFAULT, remove
from tests.asgi import call
from tests.same_bytes.requests import Request, requests

HERE = Path(__file__).parent
FILE = HERE / "answers.jsonl"

CHANGING = (
    "x-request-id",
    "apim-request-id",
    "request-id",
    "mistral-correlation-id",
    "x-amzn-requestid",
    "x-debug-trace-id",
    "openai-processing-ms",
    "server-timing",
)
"""Headers that are of the one request; so are the ids and durations that an answer has from no seed."""


DURATIONS = re.compile(r'("(?:[a-z_]*duration|(?:queue|prompt|completion|total)_time)"):[0-9.e-]+')


async def answers() -> list[dict[str, Any]]:
    """Return what is answered to all requests, in a namespace that is new."""
    with override_settings(MOCK_SCRIPT=str(HERE / "script.yaml")):
        await remove(DEFAULT)
        return [await answer(request) for request in requests()]


def write(answers: list[dict[str, Any]]) -> None:
    """Write the answers to the file, a line each."""
    FILE.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in answers), encoding="utf-8")


def read() -> list[dict[str, Any]]:
    """Return the answers in the file."""
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").split("\n") if line]


async def answer(request: Request) -> dict[str, Any]:
    """Return what is answered to a request by the set's script: status, headers, body."""
    came = await call(Handler(), "POST", request.path, request.body, headers=request.headers, query=request.query)
    headers = {name: value for name, value in came.headers.items() if name not in CHANGING and "-reset" not in name}
    body = came.body.decode("utf-8", "backslashreplace")
    request_id = came.headers.get("x-request-id", "?")
    for told in (request_id, ids.uuid_of(request_id)):  # Cohere's is made of it
        body = body.replace(told, "REQUEST_ID")
    body = DURATIONS.sub(r"\1:0", body)
    return {"name": request.name, "status": came.status, "headers": headers, "body": body}
