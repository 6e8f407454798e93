"""What the views of the Agents API have in common: the check of the beta, lists, and the ids that rules name."""

import functools
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.http import ExchangeResponse
from completions.views.stored import AnyView, ResourceRequest, stored
from completions.wire.openai.hosted_agents.checks import check_beta
from completions.wire.openai.hosted_agents.records import is_wanted

ResourceView = Callable[..., Coroutine[Any, Any, dict[str, Any] | ExchangeResponse]]
Shown = Callable[[Document], dict[str, Any]]
"""Returns a kept record as the API shows it."""


def resource(view: ResourceView) -> AnyView:
    """Make a view of a function that returns a document; a script that checks requests asks for the beta."""

    @functools.wraps(view)
    async def checked(request: ResourceRequest, **route: str) -> dict[str, Any] | ExchangeResponse:
        if request.validate:
            check_beta(request.http_request.headers.get("OpenAI-Beta"))
        return await view(request, **route)

    return stored(checked)


async def keep_new(request: ResourceRequest, kind: str, record: Document, body: Mapping[str, Any]) -> Document:
    """Keep a new record, under the id that a rule for its kind names; raise the rule's error."""
    named = {**record, "id": await scripted_id(request, body, kind) or record["id"]}
    await request.records.put(kind, named["id"], named)
    return named


async def page_of(
    request: ResourceRequest, kind: str, shown: Shown, chosen: Callable[[Document], bool] = lambda record: True
) -> dict[str, Any]:
    """Return the page of records that a list asks for, the newest first unless the query has another order."""
    records = [each for each in await request.all(kind) if chosen(each)]
    if any("metadata" in each for each in records):
        records = [each for each in records if is_wanted(each, request.query)]
    return request.page([shown(each) for each in records], "desc")
