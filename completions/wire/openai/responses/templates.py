"""Prompt templates: what a request that names one comes to, and how a response shows it.

A template gives the defaults of a request; its messages take the place of the instructions. Shapes as recorded of the
API in November 2025 (`ResponsePrompt`); the 404 as its users quote it in 2026. That variables which a template has not
are refused is known from its users too; the wording about missing ones follows it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import dicts, mapping, text, text_or_none, without_nulls

PROMPT = "prompt"
"""The kind of a template among the documents that a request refers to."""

PLACEHOLDER = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")

IMAGE_URL = "message.input_image.image_url"
"""What `include` names where a response is to show the addresses of images."""


def template_id(body: Mapping[str, object]) -> str | None:
    """Return the id of the template that a request names."""
    return text_or_none(mapping(body.get("prompt")).get("id"))


def not_found(name: str, version: str = "") -> RequestError:
    """Return the API's error for a template that is not there."""
    which = f"Prompt with id '{name}'" + (f" and version '{version}'" if version else "")
    return RequestError(f"{which} not found.", status=404)


def expanded(body: Mapping[str, Any], template: Document, *, validate: bool) -> dict[str, Any]:
    """Return a request with what its template says; with `validate`, raise if variables are missing or unknown."""
    asked, versions = mapping(body["prompt"]), template["versions"]
    number = text(asked.get("version")) or str(len(versions))
    if number not in map(str, range(1, len(versions) + 1)):
        raise not_found(text(asked.get("id")), number)
    version, variables = versions[int(number) - 1], mapping(asked.get("variables"))
    if validate:
        _check(version["messages"], variables)
    said = [_rendered(message, variables) for message in version["messages"]]
    own = without_nulls(body)
    return {"instructions": said, **version["request"], **own, "prompt": {**asked, "version": number}}


def _check(messages: Iterable[Mapping[str, str]], variables: Mapping[str, Any]) -> None:
    named = dict.fromkeys(name for message in messages for name in PLACEHOLDER.findall(message["content"]))
    for what, names in (
        ("Missing", [name for name in named if name not in variables]),
        ("Unknown", [name for name in variables if name not in named]),
    ):
        if names:
            raise RequestError(f"{what} prompt variables: {', '.join(names)[:500]}", param="prompt.variables")


def _rendered(message: Mapping[str, str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message in parts: its text with the variables in it, and images and files where they stand."""
    parts: list[dict[str, Any]] = []
    pieces = PLACEHOLDER.split(message["content"])
    for at, piece in enumerate(pieces):
        part = _part(variables.get(piece, f"{{{{{piece}}}}}")) if at % 2 else _part(piece)
        if part["type"] != "input_text":
            parts.append(part)
        elif parts and parts[-1]["type"] == "input_text":
            parts[-1] = {**parts[-1], "text": parts[-1]["text"] + text(part.get("text"))}
        elif part.get("text"):
            parts.append(part)
    return {"type": "message", "content": parts, "role": message["role"]}


def _part(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) and "type" in value else {"type": "input_text", "text": text(value)}


def shown_prompt(body: Mapping[str, Any], *, images: bool) -> dict[str, Any]:
    """Return the template that a request names as a response shows it; `images` is whether it shows their addresses."""
    asked = mapping(body["prompt"])
    given = asked.get("variables")
    variables = {name: _shown(_part(value), images=images) for name, value in mapping(given).items()}
    return {"id": asked.get("id"), "variables": variables if given else None, "version": asked.get("version")}


def shown_instructions(body: Mapping[str, Any], *, images: bool) -> str | list[dict[str, Any]] | None:
    """Return the instructions as a response shows them: a text, or a template's messages."""
    given = body.get("instructions")
    if not isinstance(given, list):
        return text_or_none(given)
    return [_shown_message(one, images=images) for one in dicts(given)]


def _shown_message(message: Mapping[str, Any], *, images: bool) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, list):
        return dict(message)
    return {**message, "content": [_shown(part, images=images) for part in dicts(content)]}


def _shown(part: Mapping[str, Any], *, images: bool) -> dict[str, Any]:
    """Return a part as a response shows it: a file without its bytes."""
    match part.get("type"):
        case "input_image":
            url = part.get("image_url") if images else None
            detail = part.get("detail") or "auto"
            return {"type": "input_image", "detail": detail, "file_id": part.get("file_id"), "image_url": url}
        case "input_file":
            told = {key: part[key] for key in ("filename", "file_url") if part.get(key)}
            return {"type": "input_file", "file_id": part.get("file_id"), **told}
    return dict(part)
