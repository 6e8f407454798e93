"""Responses: ours have all that Django's own have."""

from collections.abc import AsyncGenerator
from typing import Any

from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from completions.event import Frames
from completions.journal.exchange import Exchange
from completions.journal.record import StreamRecord
from completions.views.http import EventStream, FastJsonResponse
from completions.wire.framing import SSE

DOCUMENT = {"object": "chat.completion", "choices": []}


def facts(response: HttpResponseBase, like: HttpResponseBase) -> dict[str, Any]:
    """Return what a response has of what another is made of; of objects equal only to themselves, how they look."""
    return {name: repr(getattr(response, name)) for name in vars(like) if name != "_container"}


def test_json_response__is_made_of_what_django_s_is() -> None:
    ours = FastJsonResponse(DOCUMENT, status=404)
    theirs = JsonResponse(DOCUMENT, status=404, json_dumps_params={"separators": (",", ":")})
    theirs.headers["Content-Length"] = str(len(theirs.content))
    assert facts(ours, theirs) == facts(theirs, theirs)
    assert ours.content == theirs.content
    assert ours.serialize() == theirs.serialize()


async def test_stream__is_made_of_what_django_s_is() -> None:
    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"data: 1\n\n"

    progress = StreamRecord(Exchange("POST", "/"), Frames([b"data: 1\n\n"]), [True], 1, log=False)
    ours = EventStream(pieces(), progress, SSE)
    theirs = StreamingHttpResponse(pieces(), status=200, content_type="text/event-stream")
    theirs.headers["Cache-Control"], theirs.headers["X-Accel-Buffering"] = "no-cache", "no"
    assert {**facts(ours, theirs), "_iterator": ""} == {**facts(theirs, theirs), "_iterator": ""}
    assert b"".join([part async for part in ours]) == b"data: 1\n\n"
    progress.end()


def test_json_response__can_be_changed_by_middleware() -> None:
    response = FastJsonResponse(DOCUMENT)
    response.set_cookie("seen", "yes")
    response.content = b"other"
    assert (response.content, response.cookies["seen"].value, response.charset) == (b"other", "yes", "utf-8")


def test_json_response__with_another_body_is_not_sent_under_the_old_length() -> None:
    response = FastJsonResponse(DOCUMENT)
    assert response.is_small
    response.content = b"other"
    assert not response.is_small
