"""Where the code of an answer runs, and the files that it makes there.

It runs in the container that the request names, else in that of the last call in the conversation (OpenAI's guide
"Code Interpreter"), else in a new one. A file is cited where the text has its address, a picture is shown as well
(recorded in September 2025).
"""

import base64
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from completions.conversation import Choice, MadeFile, Prompt
from completions.wire.base import Document, StoredDocument
from completions.wire.fields import by_name, dicts, mapping, text
from completions.wire.openai import containers
from completions.wire.openai.containers import CONTAINER, FILE, FOLDER, USED
from completions.wire.openai.responses import hosted

CALL, TOOL = "code_interpreter_call", "code_interpreter"


def _asked(prompt: Prompt) -> Any:
    """Return the container that the request asks for: an id, or what one is made of; None without the tool."""
    return hosted.tool_for(TOOL, prompt).get("container")


def is_offered(prompt: Prompt) -> bool:
    """Tell whether the model may run code."""
    return _asked(prompt) is not None


def named(prompt: Prompt) -> str:
    """Return the id of the container that the request names; empty where it names none."""
    return text(_asked(prompt))


def check_named(name: str, container: Document | None, now: float) -> None:
    """Raise the API's error where the container that a request names is not there, or has expired."""
    if container is None:
        raise containers.not_found(name)
    containers.used(container, now)


def run(items: Sequence[dict[str, Any]], choice: Choice, prompt: Prompt, serial: str) -> None:
    """Note in an answer's items in which container its code ran, and the files that it made there."""
    ran = [item for item in items if item["type"] == CALL]
    if not ran:
        return
    container = _container(prompt, serial)
    for item in ran:
        item["container_id"] = container
    for item, files in zip(ran, _made(choice, prompt), strict=False):
        if item["outputs"] is not None:
            item["outputs"] += [_shown(file) for file in files if file.is_picture]
        for file in files:
            _cite(file, container, serial, items)


def _container(prompt: Prompt, serial: str) -> str:
    items = [*dicts(prompt.recalled.get("items")), *dicts(prompt.body.get("input"))]
    earlier = [text(item.get("container_id")) for item in items if item.get("type") == CALL]
    return named(prompt) or (earlier[-1] if earlier else "") or containers.container_id(serial)


def _made(choice: Choice, prompt: Prompt) -> list[tuple[MadeFile, ...]]:
    """Return the files of each call that runs code."""
    return [call.files for call in choice.tool_calls if hosted.kind_of(call, prompt) == TOOL]


def _file_id(file: MadeFile, serial: str) -> str:
    return containers.file_id(f"{serial}/{file.name}")


def _shown(file: MadeFile) -> dict[str, str]:
    """Return the output of code that shows a picture, as a data URL."""
    return {"type": "image", "url": f"data:{file.media_type};base64,{base64.b64encode(file.data).decode()}"}


def _cite(file: MadeFile, container: str, serial: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Cite a file in the text that has its address, or at the start of the last text; nowhere if nothing is said."""
    address = f"sandbox:{FOLDER}{file.name}"
    parts = [part for item in items for part in dicts(item.get("content")) if part.get("type") == "output_text"]
    if not parts:
        return
    part = next((part for part in parts if address in part["text"]), parts[-1])
    start = max(part["text"].find(address), 0)
    end = start + len(address) if address in part["text"] else start
    cited = {"type": "container_file_citation", "container_id": container, "file_id": _file_id(file, serial)}
    part["annotations"].append(by_name({**cited, "filename": file.name, "start_index": start, "end_index": end}))


def to_store(
    output: Sequence[Mapping[str, Any]], choice: Choice, prompt: Prompt, serial: str, now: float
) -> list[StoredDocument]:
    """Return the container in which an answer's code ran, used now, and its files; none where no code ran."""
    ran = [text(item["container_id"]) for item in output if item["type"] == CALL]
    if not ran:
        return []
    made = containers.new_container(mapping(_asked(prompt)), now, ran[0])
    files = [file for files in islice(_made(choice, prompt), len(ran)) for file in files]
    return [
        StoredDocument(CONTAINER, ran[0], made, grows=USED),
        *(_stored(file, ran[0], _file_id(file, serial), now) for file in files),
    ]


def _stored(file: MadeFile, container: str, name: str, now: float) -> StoredDocument:
    document = containers.made_file(container, name, file.name, len(file.data), now)
    return StoredDocument(FILE, name, document, data=file.data)
