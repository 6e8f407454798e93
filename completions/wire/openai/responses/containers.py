"""The containers in which the API runs the code and the shell commands of an answer, and the files that these make.

They run in the request's container, else in that of the last call in the conversation (OpenAI's guide "Code
Interpreter"), else in a new one. A file is cited where the text has its URL, a picture is shown as well (recorded in
September 2025).
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from completions.conversation import Choice, Prompt
from completions.wire.base import Document, StoredDocument
from completions.wire.fields import by_name, dicts, mapping, text
from completions.wire.media_type import is_picture, type_of
from completions.wire.openai import containers
from completions.wire.openai.containers import CONTAINER, FILE, FOLDER, USED, made_file
from completions.wire.openai.responses import hosted
from completions.wire.openai.responses.hosted import IN_CONTAINER

CODE_CALL, SHELL_CALL, SHELL_OUTPUT = "code_interpreter_call", "shell_call", "shell_call_output"


def _requested(prompt: Prompt) -> Any:
    """Return the requested container: an id, or the settings of a new one; None if no tool runs in one."""
    tools = [tool for tool in dicts(prompt.body.get("tools")) if hosted.canonical(tool) in IN_CONTAINER]
    return next((tool.get("container", tool.get("environment")) for tool in tools), None)


def uses_container(prompt: Prompt) -> bool:
    """Tell whether the model may run code or commands in a container."""
    return _requested(prompt) is not None


def requested_id(prompt: Prompt) -> str:
    """Return the id of the requested container; empty if the request names none."""
    requested = _requested(prompt)
    return text(requested) or text(mapping(requested).get("container_id"))


def check_requested(name: str, container: Document | None, now: float) -> None:
    """Raise the API's error if the requested container does not exist, or has expired."""
    if container is None:
        raise containers.not_found(name)
    containers.touched(container, now)


def run_in_container(
    items: Sequence[dict[str, Any]], choice: Choice, prompt: Prompt, serial: str
) -> Iterator[dict[str, Any]]:
    """Yield an answer's items; those that were run get their container, their output and their files."""
    if not any(map(_has_run, items)):
        yield from items
        return
    container, files_made = _container(prompt, serial), iter(_files_made(choice, prompt))
    for item in items:
        if not _has_run(item):
            yield item
            continue
        files = next(files_made, ())
        for name, _ in files:
            _cite(name, _file_id(name, serial), container, items)
        if item["type"] == CODE_CALL:
            shown = [_shown_picture(*file) for file in files if is_picture(file[0])]
            outputs = item["outputs"] if item["outputs"] is None else [*item["outputs"], *shown]
            yield {**item, "container_id": container, "outputs": outputs}
        else:
            output = item.pop("output")
            yield {**item, "environment": {"type": "container_reference", "container_id": container}}
            yield {"type": SHELL_OUTPUT, "status": "completed", "max_output_length": None, "output": output}


def _has_run(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is code or commands that the API has run."""
    return item["type"] == CODE_CALL or (item["type"] == SHELL_CALL and "output" in item)


def _container(prompt: Prompt, serial: str) -> str:
    """Return the id of the container in which an answer's code runs."""
    items = [*dicts(prompt.recalled.get("items")), *dicts(prompt.body.get("input"))]
    earlier = [name for item in items if (name := _container_of(item))]
    return requested_id(prompt) or (earlier[-1] if earlier else containers.container_id(serial))


def _container_of(item: Mapping[str, Any]) -> str:
    return text(item.get("container_id")) or text(mapping(item.get("environment")).get("container_id"))


def _files_made(choice: Choice, prompt: Prompt) -> list[tuple[tuple[str, bytes], ...]]:
    """Return the files of each call that runs in a container."""
    return [call.files for call in choice.tool_calls if hosted.kind_of(call, prompt) in IN_CONTAINER]


def _file_id(filename: str, serial: str) -> str:
    return containers.file_id(f"{serial}/{filename}")


def _shown_picture(filename: str, data: bytes) -> dict[str, str]:
    """Return the output of code that shows a picture, as a data URL."""
    return {"type": "image", "url": f"data:{type_of(filename)};base64,{base64.b64encode(data).decode()}"}


def _cite(filename: str, name: str, container: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Cite a file in the text with its URL, or at the start of the last text; nowhere if there is no text."""
    address = f"sandbox:{FOLDER}{filename}"
    parts = [part for item in items for part in dicts(item.get("content")) if part.get("type") == "output_text"]
    if not parts:
        return
    part = next((part for part in parts if address in part["text"]), parts[-1])
    start = max(part["text"].find(address), 0)
    end = start + len(address) if address in part["text"] else start
    citation = {"type": "container_file_citation", "container_id": container, "file_id": name, "filename": filename}
    part["annotations"].append(by_name({**citation, "start_index": start, "end_index": end}))


def to_store(
    output: Sequence[Mapping[str, Any]], choice: Choice, prompt: Prompt, serial: str, now: float
) -> list[StoredDocument]:
    """Return the container in which an answer's code ran, last used now, and its files; none if no code ran."""
    container_ids = [name for item in output if (name := _container_of(item))]
    if not container_ids:
        return []
    requested = mapping(_requested(prompt))
    files = [file for files in islice(_files_made(choice, prompt), len(container_ids)) for file in files]
    return [
        StoredDocument(
            CONTAINER, container_ids[0], containers.new_container(requested, now, container_ids[0]), grows=USED
        ),
        *(
            StoredDocument(
                FILE,
                file_id := _file_id(name, serial),
                made_file(container_ids[0], file_id, name, data, now),
                data=data,
            )
            for name, data in files
        ),
    ]
