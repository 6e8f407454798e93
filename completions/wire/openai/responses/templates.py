"""Prompt templates: how they expand a request that names one, and how a response shows them.

A template gives the defaults of a request; its messages take the place of the instructions. Shapes as recorded of the
API in November 2025 (`ResponsePrompt`); the 404 as its users quote it in 2026. The refusal of unknown variables is
known from its users too; the wording about missing ones follows it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import dicts, mapping, text, text_or_none, without_nulls

PROMPT = "prompt"
"""The kind of a template among the referenced documents."""

PLACEHOLDER = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")

IMAGE_URL = "message.input_image.image_url"
"""The value of `include` with which a response shows the URLs of images."""


def template_id(body: Mapping[str, object]) -> str | None:
    """Return the id of the template that a request names."""
    return text_or_none(mapping(body.get("prompt")).get("id"))


def not_found(name: str, version: str = "") -> RequestError:
    """Return the API's error for a template that does not exist."""
    which = f"Prompt with id '{name}'" + (f" and version '{version}'" if version else "")
    return RequestError(f"{which} not found.", status=404)


def expanded(body: Mapping[str, Any], template: Document, *, validate: bool) -> dict[str, Any]:
    """Return a request expanded by its template; with `validate`, raise if variables are missing or unknown."""
    reference, versions = mapping(body["prompt"]), template["versions"]
    number = text(reference.get("version")) or str(len(versions))
    if number not in map(str, range(1, len(versions) + 1)):
        raise not_found(text(reference.get("id")), number)
    version, variables = versions[int(number) - 1], mapping(reference.get("variables"))
    if validate:
        _check(version["messages"], variables)
    instructions = [_rendered(message, variables) for message in version["messages"]]
    fields = without_nulls(body)
    return {"instructions": instructions, **version["request"], **fields, "prompt": {**reference, "version": number}}


def _check(messages: Iterable[Mapping[str, str]], variables: Mapping[str, Any]) -> None:
    named = dict.fromkeys(name for message in messages for name in PLACEHOLDER.findall(message["content"]))
    for problem, names in (
        ("Missing", [name for name in named if name not in variables]),
        ("Unknown", [name for name in variables if name not in named]),
    ):
        if names:
            raise RequestError(f"{problem} prompt variables: {', '.join(names)[:500]}", param="prompt.variables")


def _rendered(message: Mapping[str, str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message in parts: its text with the variables filled in, and images and files in their places."""
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
    """Return the template of a request as a response shows it, with the URLs of images if `images` is set."""
    reference = mapping(body["prompt"])
    values = reference.get("variables")
    variables = {name: _shown(_part(value), images=images) for name, value in mapping(values).items()}
    return {"id": reference.get("id"), "variables": variables if values else None, "version": reference.get("version")}


def shown_instructions(body: Mapping[str, Any], *, images: bool) -> str | list[dict[str, Any]] | None:
    """Return the instructions as a response shows them: a text, or a template's messages."""
    instructions = body.get("instructions")
    if not isinstance(instructions, list):
        return text_or_none(instructions)
    return [_shown_message(one, images=images) for one in dicts(instructions)]


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
            source = {key: part[key] for key in ("filename", "file_url") if part.get(key)}
            return {"type": "input_file", "file_id": part.get("file_id"), **source}
    return dict(part)
