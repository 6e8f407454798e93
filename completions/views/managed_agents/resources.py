"""What the views of Managed Agents have in common: the check of the beta, lists, and archiving."""

import functools
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from completions.state.records import Document
from completions.views.http import ExchangeResponse
from completions.views.stored import AnyView, ResourceRequest, stored
from completions.wire.anthropic.managed.checks import BETA, check_beta
from completions.wire.anthropic.managed.listing import is_listed, list_page

ResourceView = Callable[..., Coroutine[Any, Any, dict[str, Any] | ExchangeResponse]]
Shown = Callable[[Document], dict[str, Any]]
"""Returns a kept record as the API shows it."""


def resource(view: ResourceView) -> AnyView:
    """Make a view of a function that returns a document; a script that checks requests asks for the beta."""
    return with_betas(BETA)(view)


def with_betas(*accepted: str) -> Callable[[ResourceView], AnyView]:
    """Make views that ask for one of several betas."""

    def make(view: ResourceView) -> AnyView:
        @functools.wraps(view)
        async def checked(request: ResourceRequest, **route: str) -> dict[str, Any] | ExchangeResponse:
            if request.validate:
                check_beta(request.http_request.headers.get("anthropic-beta"), accepted)
            return await view(request, **route)

        return stored(checked)

    return make


async def newest_first(
    request: ResourceRequest, kind: str, shown: Shown, chosen: Callable[[Document], bool] = lambda record: True
) -> dict[str, Any]:
    """Return the page of records that a list asks for, the newest first unless the query has another order."""
    query = request.query
    records = [record for record in await request.all(kind) if is_listed(record, query) and chosen(record)]
    return list_page([shown(record) for record in (records if query.get("order") == "asc" else records[::-1])], query)


async def archive(request: ResourceRequest, kind: str, name: str) -> Document:
    """Archive a record and return it; one that is archived already stays as it is."""
    now = time.time()

    def archived(before: Document) -> Mapping[str, Any]:
        return before if before["archived"] is not None else {**before, "archived": now, "updated": now}

    return await request.change(kind, name, archived)
