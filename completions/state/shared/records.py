"""Documents that all workers keep together."""

import json
from typing import Any

from completions.state.records import MAX_RECORDS, D, Document, Edit
from completions.state.shared.link import Link, Value
from completions.state.shared.scripts import KEPT, RECORDS


class RedisRecords:
    """One namespace's documents; `StateUnavailable` where Redis is away."""

    def __init__(self, space: str, link: Link) -> None:
        self._space, self._link = space, link

    async def put(self, kind: str, name: str, document: Document) -> None:
        """Keep a document, in place of an older one of that id."""
        await self._run("put", kind, name, _written(document), MAX_RECORDS)

    async def get(self, kind: str, name: str) -> Document | None:
        """Return a document; None where there is none."""
        found = await self._run("get", kind, name)
        return None if found is None else _read(found)

    async def change(self, kind: str, name: str, edit: Edit[D]) -> D:
        """Put what `edit` makes of a document in its place, whoever else changes it meanwhile, and return that."""
        while True:
            before = await self._run("get", kind, name)
            changed = edit(None if before is None else _read(before))
            if changed is None or await self._run("put", kind, name, _written(changed), MAX_RECORDS, before or ""):
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

    async def _run(self, what: str, kind: str, *told: Value) -> Any:
        return await self._link.run(RECORDS, (self._space,), what, KEPT, kind, *told)


def _written(document: Document) -> str:
    return json.dumps(dict(document))


def _read(text: bytes) -> Document:
    document: Document = json.loads(text)
    return document
