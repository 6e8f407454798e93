"""Stored documents that all workers share, in Redis."""

import json
from typing import Any

from completions.state.records import MAX_RECORDS, D, Document, Edit
from completions.state.shared.link import Link, Value
from completions.state.shared.scripts import MAX_IDLE_SECONDS, RECORDS


class RedisRecords:
    """One namespace's documents; raises `StateUnavailable` while Redis is unreachable."""

    def __init__(self, space: str, link: Link) -> None:
        self._space, self._link = space, link

    async def put(self, kind: str, name: str, document: Document) -> None:
        """Store a document, replacing an older one with that id."""
        await self._run("put", kind, name, _dump(document), MAX_RECORDS)

    async def get(self, kind: str, name: str) -> Document | None:
        """Return a document; None where there is none."""
        text = await self._run("get", kind, name)
        return None if text is None else _read(text)

    async def change(self, kind: str, name: str, edit: Edit[D]) -> D:
        """Replace a document with what `edit` returns for it, atomically, and return that."""
        while True:
            before = await self._run("get", kind, name)
            changed = edit(None if before is None else _read(before))
            if changed is None or await self._run("put", kind, name, _dump(changed), MAX_RECORDS, before or ""):
                return changed

    async def delete(self, kind: str, name: str) -> bool:
        """Remove a document; return whether there was one."""
        return bool(await self._run("delete", kind, name))

    async def all(self, kind: str) -> list[Document]:
        """Return the documents of a kind, in the order in which they were first kept."""
        return list(map(_read, await self._run("all", kind)))

    async def clear(self) -> None:
        """Remove all documents."""
        await self._run("clear", "")

    async def _run(self, operation: str, kind: str, *arguments: Value) -> Any:
        return await self._link.run(RECORDS, (self._space,), operation, MAX_IDLE_SECONDS, kind, *arguments)


def _dump(document: Document) -> str:
    return json.dumps(dict(document))


def _read(text: bytes) -> Document:
    document: Document = json.loads(text)
    return document
