"""What the routes of all APIs are made of: whose words errors are in, and the view at an address that several have."""

from django.urls import URLPattern, URLResolver

from completions.views.dispatch import AnyView, by_api
from completions.wire.gemini.addresses import INTERACTIONS, LATER
from completions.wire.registry import ADDRESSES

Addresses = list[URLPattern | URLResolver]

CLAUDE = {"wire": next(address.wire for address in ADDRESSES if address.route == "v1/messages")}
GOOGLE = {"wire": next(address.wire for address in ADDRESSES if address.route == f"{LATER}(?:/.*)?")}
"""Whose words errors are in at the addresses of what Anthropic and Google keep."""

SNAKE_CASE = {"wire": INTERACTIONS}


def files_of(openai: AnyView, anthropic: AnyView, google: AnyView | None = None) -> AnyView:
    """Return the view of files, skills or vaults at an address that several APIs have."""
    others = {CLAUDE["wire"]: anthropic} | ({} if google is None else {GOOGLE["wire"]: google})
    return by_api(openai, others)
