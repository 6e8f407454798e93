"""The documents that an API stores: chat completions, responses, conversations, files and others."""

import time
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


def is_expired(document: Document, now: float) -> bool:
    """Whether a document has expired: `expires` or `expires_at`, in seconds, is the end of its life, if it has one."""
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


async def documents_of(records: Records, kind: str) -> list[Document]:
    """Return the documents of a kind that have not expired, the oldest first."""
    now = time.time()
    return [each for each in await records.all(kind) if not is_expired(each, now)]


class LocalRecords:
    """Documents in this process."""

    def __init__(self) -> None:
        self._documents: defaultdict[str, OrderedDict[str, Document]] = defaultdict(OrderedDict)

    @property
    def has_documents(self) -> bool:
        """Whether there are any."""
        return any(self._documents.values())

    async def put(self, kind: str, name: str, document: Document) -> None:
        """Store a document, replacing an older one with that id."""
        documents = self._documents[kind]
        documents[name] = document
        if len(documents) > MAX_RECORDS:
            documents.popitem(last=False)

    async def get(self, kind: str, name: str) -> Document | None:
        """Return a document; None where there is none."""
        return self._documents[kind].get(name)

    async def change(self, kind: str, name: str, edit: Edit[D]) -> D:
        """Replace a document with what `edit` returns for it, and return that."""
        changed = edit(self._documents[kind].get(name))
        if changed is not None:
            await self.put(kind, name, changed)
        return changed

    async def delete(self, kind: str, name: str) -> bool:
        """Remove a document; return whether there was one."""
        return self._documents[kind].pop(name, None) is not None

    async def all(self, kind: str) -> list[Document]:
        """Return the documents of a kind, in the order in which they were first kept."""
        return list(self._documents[kind].values())

    async def clear(self) -> None:
        """Remove all documents."""
        self._documents.clear()
