"""What an API stores of its answers: chat completions, responses, conversations."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

MAX_RECORDS = 1000
"""The most documents of a kind in a namespace; beyond that, the oldest is deleted."""

Document = Mapping[str, Any]
D = TypeVar("D", Document, Document | None)

Edit = Callable[[Document | None], D]
"""Returns the new document for the stored one, or for None; it may be called more than once.

Where it returns None, nothing changes.
"""


def is_over(document: Document, now: float) -> bool:
    """Whether a document's time is over: it is there until it `expires`, in seconds, if it ever does."""
    end: float | None = document.get("expires", document.get("expires_at"))
    return end is not None and end <= now


class Records(Protocol):
    """A namespace's documents, by kind and id."""

    async def put(self, kind: str, name: str, document: Document) -> None:
        """Store a document, replacing an older one with that id."""

    async def get(self, kind: str, name: str) -> Document | None:
        """Return a document, or None."""

    async def change(self, kind: str, name: str, edit: Edit[D]) -> D:
        """Replace a document with what `edit` returns for it, atomically, and return that."""

    async def delete(self, kind: str, name: str) -> bool:
        """Delete a document; return whether there was one."""

    async def all(self, kind: str) -> list[Document]:
        """Return the documents of a kind, in the order in which they were first stored."""

    async def clear(self) -> None:
        """Delete all documents."""


class LocalRecords:
    """Documents in this process."""

    def __init__(self) -> None:
        self._kept: defaultdict[str, OrderedDict[str, Document]] = defaultdict(OrderedDict)

    @property
    def are_kept(self) -> bool:
        """Whether there are any."""
        return any(self._kept.values())

    async def put(self, kind: str, name: str, document: Document) -> None:
        """Keep a document, in place of an older one of that id."""
        kept = self._kept[kind]
        kept[name] = document
        if len(kept) > MAX_RECORDS:
            kept.popitem(last=False)

    async def get(self, kind: str, name: str) -> Document | None:
        """Return a document; None where there is none."""
        return self._kept[kind].get(name)

    async def change(self, kind: str, name: str, edit: Edit[D]) -> D:
        """Put what `edit` makes of a document in its place, and return that."""
        changed = edit(self._kept[kind].get(name))
        if changed is not None:
            await self.put(kind, name, changed)
        return changed

    async def delete(self, kind: str, name: str) -> bool:
        """Remove a document; return whether there was one."""
        return self._kept[kind].pop(name, None) is not None

    async def all(self, kind: str) -> list[Document]:
        """Return the documents of a kind, in the order in which they were first kept."""
        return list(self._kept[kind].values())

    async def clear(self) -> None:
        """Remove all documents."""
        self._kept.clear()
