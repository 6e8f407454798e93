"""Which wire format has an address: the table of addresses itself is asked, so a new format is known at once."""

from collections.abc import Iterator, Mapping

from django.urls import Resolver404, resolve

from completions.wire.base import WireFormat

URLS = "completions.urls"  # by name, for it imports the control API


def format_at(path: str) -> tuple[WireFormat, Mapping[str, str]] | None:
    """Return the format that generates at an address, and the address's parts; None where there is none.

    What a project has put before our addresses may stand in it.
    """
    for end in _ends(path):
        try:
            found = resolve(end, urlconf=URLS).kwargs
        except Resolver404:
            continue
        wire = found.get("wire")
        if isinstance(wire, WireFormat) and "others" not in found:
            return wire, {name: part for name, part in found.items() if isinstance(part, str) and name != "namespace"}
    return None


def _ends(path: str) -> Iterator[str]:
    parts = path.lstrip("/").split("/")
    yield from ("/" + "/".join(parts[index:]) for index in range(min(len(parts), 8)))
