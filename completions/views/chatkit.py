"""The views of OpenAI's ChatKit; a rule that names `format: chatkit_session` can refuse a session, or name its id.

Threads are made by ChatKit's widget in a browser, which has no server here: there are none.
"""

import functools
import time
from collections.abc import Callable, Coroutine
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.stored import AnyView, ResourceRequest, stored
from completions.wire.openai import chatkit
from completions.wire.openai.chatkit import SESSION, THREAD

ResourceView = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


def _resource(view: ResourceView) -> AnyView:
    """Make a view of a function that returns a document; a script that checks requests asks for the beta."""

    @functools.wraps(view)
    async def checked(request: ResourceRequest, **route: str) -> dict[str, Any]:
        if request.validate:
            chatkit.check_beta(request.http_request.headers.get("OpenAI-Beta"))
        return await view(request, **route)

    return stored(checked)


@_resource
async def create_chatkit_session(request: ResourceRequest) -> dict[str, Any]:
    """Keep a session, with a secret for a browser."""
    body, now = request.body, time.time()
    chatkit.check_session(body)
    session = chatkit.new_session(body, now)
    facts = {"metadata": {"user": body["user"], "workflow": body["workflow"]["id"]}}
    session["id"] = await scripted_id(request, facts, SESSION) or session["id"]
    await request.records.put(SESSION, session["id"], session)
    return chatkit.shown(session, now)


@_resource
async def cancel_chatkit_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel a session."""
    return chatkit.shown(await request.change(SESSION, name, chatkit.cancelled), time.time())


@_resource
async def list_chatkit_threads(request: ResourceRequest) -> dict[str, Any]:
    """List the threads: none."""
    return request.page([], "desc")


@_resource
async def missing_chatkit_thread(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Refuse what names a thread, for there is none."""
    return dict(await request.get(THREAD, name))
