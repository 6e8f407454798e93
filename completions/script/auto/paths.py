"""Absolute paths of the files in a question, for tools of agents that ask for them.

Coding agents name their working folder, and models put it before the user's relative paths.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt
from completions.script.auto.literal import literal
from completions.script.schemas.document import Schema

MAX_READ = 60_000
"""Characters of each message that are searched."""

FOLDER = re.compile(
    r"(?i)\b(?:working(?: in the)? directory|current directory|cwd|workspace(?: root| directory| folder| path)?)\b"
    r"[^\n/\w<]{1,12}(?:is )?[`'\"]?(?P<path>/[\w.+@/-]{1,300})"
)
"""The forms of it: `Working directory: /home/ada`, `<cwd>/home/ada</cwd>`."""


def with_paths(schema: Schema, text: str, prompt: Prompt) -> Schema:
    """Return the schema of arguments with the absolute paths of a text's files as examples, where it asks for such."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        return schema
    absolute = {name: each for name, each in properties.items() if isinstance(each, Mapping) and _is_absolute(each)}
    files = {name: next(literal(name, "", text), "") for name in absolute}
    relative = {name: each.removeprefix("./") for name, each in files.items() if each and each[0] not in "/~"}
    if not relative or not (folder := _folder(prompt)):
        return schema
    filled = {name: {**absolute[name], "examples": [f"{folder}/{each}"]} for name, each in relative.items()}
    return {**schema, "properties": {**properties, **filled}}


def _is_absolute(schema: Mapping[str, object]) -> bool:
    return re.search(r"(?i)\b(?:absolute|full) (?:file )?path", str(schema.get("description", ""))) is not None


def _folder(prompt: Prompt) -> str:
    """Return the working folder that an agent names; the empty text if there is none."""
    texts = (message.text[:MAX_READ] for message in prompt.messages if message.role != "assistant")
    return next((found["path"].rstrip("/.") for text in texts if (found := FOLDER.search(text))), "")
