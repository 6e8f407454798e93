"""Environments in which agents run, and the files that their sources put there.

Shapes: `google.genai.environments` (3.6), and an environment that genai-rs recorded on 2026-08-08: counts are texts,
times have an offset, and the directory of a file counts as a file. Only sources of the type `inline` have files here;
sources of other types are fetched by nobody.
"""

import base64
import mimetypes
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from completions.wire.base import Document
from completions.wire.fields import dicts, text
from completions.wire.gemini.interactions.checks import obj, one_of, record, string
from completions.wire.gemini.managed.checks import NETWORK, SOURCES, refuse
from completions.wire.gemini.managed.records import kept, new_id
from completions.wire.gemini.times import timestamp

_FIELDS = ("sources", "network", "mode", "custom_config")
_CHECK = record(
    {
        "sources": SOURCES,
        "network": NETWORK,
        "mode": one_of("on_demand", "self_hosted"),
        "custom_config": obj,
        **dict.fromkeys(("from_environment", "system_instruction"), string),
    }
)


def check(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid environment; the words for exclusions and for encodings are ours."""
    wrong = _CHECK(dict(body), "")
    if wrong is None and body.get("from_environment") and body.get("sources"):
        wrong = "'sources' must be empty where there is a 'from_environment'."
    if wrong is None and body.get("mode") != "self_hosted":
        only = next((name for name in ("custom_config", "system_instruction") if body.get(name)), None)
        wrong = only and f"'{only}' is supported only where 'mode' is 'self_hosted'."
    if wrong is None and any(_content(source) is None for source in dicts(body.get("sources"))):
        wrong = "'content' must be Base64 where 'encoding' is 'base64'."
    refuse(wrong)


def _content(source: Mapping[str, Any]) -> bytes | None:
    """Return the content of a source of the type `inline`; None where it is not in its encoding."""
    content = text(source.get("content"))
    if source.get("encoding") != "base64":
        return content.encode(errors="replace")
    try:
        return base64.b64decode(content)
    except ValueError:  # also of characters beyond ASCII
        return None


def source_of(body: Mapping[str, Any]) -> str:
    """Return the id of the environment that a new one copies, or an empty text."""
    return text(body.get("from_environment")).removeprefix("environments/")


def new_environment(body: Mapping[str, Any], copied: Document, now: float) -> dict[str, Any]:
    """Return an environment; `copied` is the one that it starts from, or empty."""
    return {"id": new_id(), **kept(copied, *_FIELDS), **kept(body, *_FIELDS), "created": now}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def shown(environment: Document) -> dict[str, Any]:
    """Return an environment as the API shows it."""
    entries = list(_entries(environment))
    return {
        "id": environment["id"],
        **kept(environment, "sources"),
        "created": _time(environment["created"]),
        "updated": _time(environment["created"]),
        "status": "active",
        "file_count": str(len(entries)),
        "size_bytes": str(sum(size or 0 for _, size in entries)),
        **kept(environment, "network", "mode", "custom_config"),
    }


def with_key(environment: Document) -> dict[str, Any]:
    """Return a new environment, with the key that only its making tells where it is hosted by the caller."""
    own = environment.get("mode") == "self_hosted"
    return shown(environment) | ({"environment_key": f"envkey_{secrets.token_hex(24)}"} if own else {})


def content_of(environment: Document, path: str) -> bytes | None:
    """Return the content of a file, or None if there is none at the path."""
    for source in dicts(environment.get("sources")):
        if source.get("type") == "inline" and text(source.get("target")).strip("/") == path.strip("/"):
            return _content(source)
    return None


def _entries(environment: Document) -> Iterator[tuple[str, int | None]]:
    """Yield the path of each file with its size, and of each directory with None, in the order of the paths."""
    files = {
        text(source.get("target")).strip("/")
        for source in dicts(environment.get("sources"))
        if source.get("type") == "inline"
    } - {""}
    folders = {path[:end] for path in files for end, letter in enumerate(path) if letter == "/"}
    for path in sorted(files | folders):
        yield path, None if path in folders else len(content_of(environment, path) or b"")


def files_at(environment: Document, path: str, *, recursive: bool) -> list[dict[str, Any]]:
    """Return the entries of a directory, and of those in it, or the single one of a file."""
    place = path.strip("/.")
    found = dict(_entries(environment))
    if found.get(place) is not None:
        return [_entry(environment, place, found[place])]
    start = f"{place}/" if place else ""
    return [
        _entry(environment, each, size)
        for each, size in found.items()
        if (each.startswith(start) if recursive else each.rpartition("/")[0] == place)
    ]


def _entry(environment: Document, path: str, size: int | None) -> dict[str, Any]:
    made = timestamp(environment["created"])
    about = {"name": path.rpartition("/")[2], "path": path, "created": made, "modified": made}
    if size is None:
        return {**about, "type": "directory"}
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return {**about, "type": "file", "mime_type": kind, "size_bytes": str(size)}
