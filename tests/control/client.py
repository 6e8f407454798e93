"""Calls of the control API, and questions to the mock, in process."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from completions.receive.handler import Handler
from tests.asgi import Answer, call

CHAT = "v1/chat/completions"


async def control(
    method: str, address: str, body: str = "", *, space: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Call the control API in process; `space` is the namespace, by address."""
    path, _, query = address.partition("?")
    prefix = f"/ns/{space}/_mock/" if space else "/_mock/"
    return await call(Handler(), method, prefix + path, body.encode(), headers=headers, query=query.encode())


async def told(method: str, address: str, body: str = "", *, space: str = "") -> Any:
    """Return what the control API answers, which must be good."""
    answer = await control(method, address, body, space=space)
    assert answer.status in (200, 201), answer.body
    return json.loads(answer.body)


async def arrived(gate: str, count: int) -> None:
    """Wait until so many answers wait at a gate."""
    while (await told("GET", "gates"))["gates"] != {gate: count}:  # noqa: ASYNC110  # nothing else tells
        await asyncio.sleep(0)


def question(text: str, **more: object) -> bytes:
    """Return the body of a chat completion."""
    return json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}).encode()


async def ask(text: str, space: str = "default", **more: object) -> Answer:
    """Ask the mock in a namespace."""
    return await call(Handler(), "POST", f"/ns/{space}/{CHAT}", question(text, **more))


async def said(text: str, space: str = "default") -> str:
    """Return what the mock says, or an error's code."""
    document = json.loads((await ask(text, space)).body)
    return str(document["error"]["code"] if "error" in document else document["choices"][0]["message"]["content"])
