"""The files that a question names, as the tools of agents want them: from the root, where they ask for that.

Coding agents say in which folder they work, and models put it before what the user has named.
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
"""How they say it: `Working directory: /home/ada`, `<cwd>/home/ada</cwd>`."""


def with_paths(schema: Schema, said: str, prompt: Prompt) -> Schema:
    """Return the schema of arguments with the files that were said as examples, from the root where it says so."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        return schema
    wanted = {name: each for name, each in properties.items() if isinstance(each, Mapping) and _is_absolute(each)}
    named = {name: next(literal(name, "", said), "") for name in wanted}
    near = {name: each.removeprefix("./") for name, each in named.items() if each and each[0] not in "/~"}
    if not near or not (folder := _folder(prompt)):
        return schema
    told = {name: {**wanted[name], "examples": [f"{folder}/{each}"]} for name, each in near.items()}
    return {**schema, "properties": {**properties, **told}}


def _is_absolute(schema: Mapping[str, object]) -> bool:
    return re.search(r"(?i)\b(?:absolute|full) (?:file )?path", str(schema.get("description", ""))) is not None


def _folder(prompt: Prompt) -> str:
    """Return the folder in which an agent says that it works; none is the empty text."""
    texts = (message.text[:MAX_READ] for message in prompt.messages if message.role != "assistant")
    return next((found["path"].rstrip("/.") for text in texts if (found := FOLDER.search(text))), "")
