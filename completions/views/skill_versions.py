"""What Anthropic's and OpenAI's skills have in common: uploads that are read in a thread, and numbered versions."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.stored import ResourceRequest, keep_file
from completions.wire.multipart import Upload
from completions.wire.skill_bundle import Bundle, Limits, read_bundle


async def read_in_thread(uploads: Sequence[Upload], limits: Limits) -> Bundle:
    """Return the skill in the files of a form; raise the API's error where there is none."""
    return await asyncio.to_thread(read_bundle, uploads, limits)


async def keep_version(
    request: ResourceRequest, kind: str, version: Mapping[str, Any], bundle: Bundle, full: Callable[[int], RequestError]
) -> dict[str, Any]:
    """Keep a version of a skill and its files, and return it with the id that the script has for it, if any."""
    facts = {"name": bundle.name, "skill_id": version["skill_id"]}
    kept = {**version, "id": await scripted_id(request, facts, kind, *facts) or version["id"]}
    await keep_file(request.records, kind, kept, bundle.archive, full)
    return kept


async def versions_of(request: ResourceRequest, kind: str, skill: str) -> list[Document]:
    """Return the versions of a skill, the oldest first."""
    found = [version for version in await request.all(kind) if version["skill_id"] == skill]
    return sorted(found, key=lambda version: int(version["version"]))
