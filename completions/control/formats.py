"""Which wire format has an address: the table of addresses itself is asked, so a new format is known at once."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.urls import Resolver404, resolve

from completions.conversation import Said, Traffic
from completions.views.generate import generate
from completions.wire.base import WireFormat

URLS = "completions.urls"  # by name, for it imports the control API


@functools.lru_cache(maxsize=512)
def format_at(path: str) -> tuple[WireFormat, Mapping[str, str]] | None:
    """Return the format that generates at an address, and the address's parts; None where there is none.

    What a project has put before our addresses may stand in it.
    """
    for end in _ends(path):
        try:
            found = resolve(end, urlconf=URLS)
        except Resolver404:
            continue
        wire, view = found.kwargs.get("wire"), getattr(found.func, "views", {}).get("POST", found.func)
        if isinstance(wire, WireFormat) and view is generate:
            parts = {name: part for name, part in found.kwargs.items() if isinstance(part, str)}
            return wire, {name: part for name, part in parts.items() if name != "namespace"}
    return None


def read(traffic: Traffic, dialect: str = "") -> Said:
    """Return what was asked and said in an exchange; nothing where its address has no format that generates.

    `dialect` is who speaks where the script chooses that.
    """
    found = format_at(traffic.path) if traffic.method == "POST" else None
    if found is None:
        return Said(cut=traffic.request_cut)
    wire, route = found
    return wire.dialects.get(dialect, wire).read(replace(traffic, route={**traffic.route, **route}))


def _ends(path: str) -> Iterator[str]:
    parts = path.lstrip("/").split("/")
    yield from ("/" + "/".join(parts[index:]) for index in range(min(len(parts), 8)))
