"""Valid requests of every surface, each of whose fields is replaced by what does not belong there.

Whatever it is, the answer is one, or a refusal in JSON, and the request can be read back.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from completions.conversation import Traffic
from completions.receive.handler import Handler
from completions.state.namespaces import DEFAULT, remove
from completions.wire import registry
from tests.asgi import call
from tests.same_bytes.requests import Request, requests

Steps = tuple[str | int, ...]

RAW = "<raw>"
WRONG: dict[str, Any] = {
    "an object": {"a": 1},
    "no object": {},
    "an array": [],
    "an array of objects": [{}],
    "mixed": ["a", 1, {}, None, []],
    "an object for a type": {"type": {}},
    "an array for a type": {"type": ["text"]},
    "null": None,
    "true": True,
    "minus one": -1,
    "empty": "",
    "nul": "a\0b",
    "a long integer": f"{RAW}{'1' * 40}",
    "minus zero": f"{RAW}-0.0",
    "a lone surrogate": f'{RAW}"\\ud800"',
    "twice": f'{RAW}{{"type":"text","type":7}}',
    "no number": f"{RAW}NaN",
}
"""What is put in a field's place, by what it is; JSON that `json` would not write is raw."""

CLAUDE = {"anthropic-version": "2023-06-01"}
CALLS = [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]
OUTPUTS = [{"type": "function_call_output", "call_id": "c", "output": "x"}]
FOUND = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "tool_reference", "tool_name": "f"}]}
USED = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
LATER = {"name": "f", "input_schema": {"type": "object"}, "defer_loading": True}
MORE: dict[str, dict[str, Any]] = {
    **{
        f"/{place}responses": {"model": "m", "input": items, "tools": [{"type": "function", "name": "f"}]}
        for place, items in (("deepseek/", CALLS + OUTPUTS), ("xai/v1/", OUTPUTS), ("vllm/v1/", CALLS))
    },
    "/v1beta/models/imagen-4.0-generate-001:predict": {
        "instances": [{"prompt": "a"}],
        "parameters": {"sampleCount": 1, "aspectRatio": "1:1", "sampleImageSize": "1K"},
    },
    "/v1/messages": {
        "model": "claude-opus-4-5",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [FOUND]}, {"role": "assistant", "content": [USED]}],
        "tools": [LATER],
    },
}
"""Requests with fields that those of the recorded set lack, by their addresses."""


def steps_of(value: Any, before: Steps = ()) -> Iterator[Steps]:
    """Yield the way to each value within a document, and to the document; of a list the first item alone."""
    yield before
    if isinstance(value, dict):
        for key, child in value.items():
            yield from steps_of(child, (*before, key))
    elif isinstance(value, list) and value:
        yield from steps_of(value[0], (*before, 0))


def replaced(document: Any, steps: Steps, wrong: Any) -> bytes:
    """Return a document as bytes, with another value at the end of a way."""
    changed = copy.deepcopy([document])
    place: Any = changed
    for step in (way := (0, *steps))[:-1]:
        place = place[step]
    place[way[-1]] = RAW if isinstance(wrong, str) and wrong.startswith(RAW) else wrong
    return json.dumps(changed[0]).replace(json.dumps(RAW), str(wrong).removeprefix(RAW)).encode()


def fields() -> Iterator[tuple[Request, Any, Steps]]:
    """Yield each field of each address once, with a request that has it."""
    seen = set()
    more = (Request(path, path, json.dumps(body).encode(), headers=CLAUDE) for path, body in MORE.items())
    for request in (*requests(), *more):
        try:
            document = json.loads(request.body)
        except ValueError:  # one of those that are refused
            continue
        for steps in steps_of(document):
            if (known := (request.path, steps)) not in seen:
                seen.add(known)
                yield request, document, steps


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_field_replaced__gets_an_answer_or_a_clear_4xx(wrong: Any) -> None:
    with override_settings(MOCK_SCRIPT="auto", MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        await remove(DEFAULT)
        app = Handler()
        for request, document, steps in fields():
            body = replaced(document, steps, wrong)
            answer = await call(app, "POST", request.path, body, headers=request.headers, query=request.query)
            told = (request.path, steps, body[:300], answer.status, answer.body[:300])
            assert answer.ended and 200 <= answer.status < 500, told
            assert answer.status == 200 or isinstance(json.loads(answer.body), dict | list), told
            registry.read(Traffic("POST", request.path, body, (answer.body,), request.headers))
        await remove(DEFAULT)
