"""Around resolve: replace the ids of uploaded files by their content, so that they count like files that are sent."""

import mimetypes
import time
from collections.abc import Callable
from dataclasses import replace

from completions.conf import conf
from completions.conversation import Part, Prompt
from completions.state import blobs
from completions.state.records import Document, Records, is_expired
from completions.wire.base import Place

Find = Callable[[str], Place | None]
"""Returns where the file is stored that a part's source may name: `WireFormat.upload_place`."""

MAX_NAME = 200
"""Characters of a part's source above which it is data or an address, and not the name of a file."""


async def with_uploads(records: Records, find: Find, prompt: Prompt) -> Prompt:
    """Return a prompt whose parts have the content of the files that they name.

    A file that was not uploaded, or that is larger than a request may be, is left unchanged.
    """
    messages = [
        replace(message, parts=tuple([await _with_content(records, find, part) for part in message.parts]))
        for message in prompt.messages
    ]
    return replace(prompt, messages=tuple(messages))


async def _with_content(records: Records, find: Find, part: Part) -> Part:
    place = find(part.source) if len(part.source) <= MAX_NAME else None
    file = await records.get(*place) if place else None
    if place is None or file is None or file["bytes"] > conf.MAX_BODY_BYTES or is_expired(file, time.time()):
        return part
    data = await blobs.in_base64(records, place)
    media_type = part.media_type or _media_type(file)
    kind = part.kind if part.kind == "image" or not media_type.startswith("audio/") else "audio"
    return part if data is None else replace(part, kind=kind, source=data, media_type=media_type)


def _media_type(file: Document) -> str:
    media_type = file.get("mime_type") or file.get("media_type")
    return media_type or mimetypes.guess_type(file.get("filename", ""))[0] or ""
