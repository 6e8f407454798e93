"""The files of recorded answers: they are scripts, in a form that people can read and change."""

import base64
import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from completions.exceptions import MockError, ScriptError
from completions.outcome import Recorded
from completions.script.language import ANSWERS
from completions.script.loader import parse
from completions.script.reply.as_written import Written
from completions.script.request.document import Document, last_text
from completions.script.rules import Rule
from completions.script.text.reading import MAX_FILE_BYTES, read_text, text_of
from completions.script.text.yaml_text import UNFOLDED, yaml_text

SUFFIXES = (".yaml", ".yml")
PROGRAM = "mocksite 0.1.0"
"""The program's name in the files that it writes."""

MAX_NAME_LENGTH = 48
"""The most characters of a request in a file's name."""


RECORDED_AT = re.compile(r"^  at: '?([^'\n]+)'?$", re.MULTILINE)

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""The format of times in the files, in UTC, which sort as texts like the times."""


class NotWritten(MockError):
    """An answer could not be written to a file."""


class Contents(NamedTuple):
    """The content of a file: its rules, and the time at which it says that it was recorded."""

    rules: list[Rule]
    at: str


def read_file(file: Path) -> Contents:
    """Read a file; raise `ScriptError` where it is no script."""
    name = str(file)
    text = text_of(file, name)
    match = RECORDED_AT.search(text)
    return Contents(list(parse(read_text(text, name)).rules), match[1] if match else "")


def now() -> str:
    """Return the current time."""
    return time.strftime(TIME_FORMAT, time.gmtime())


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes that record into it, while the `with` lasts."""
    try:
        import fcntl
    except ImportError:  # on Windows, where one process records at a time
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    directory = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def file_name(document: Document, exact: str) -> str:
    """Return the name of a request's file: its model, the beginning of its text, and its digest."""
    request = last_text(document) if "messages" in document else document.get("path", "")
    words = re.sub(r"[^a-z0-9]+", "-", f"{document.get('model') or document.get('format') or ''} {request}".lower())
    return f"{words.strip('-')[:MAX_NAME_LENGTH].strip('-') or 'request'}-{exact[:8]}.yaml"


def write(file: Path, request: Document, answer: Written, upstream: str, *, overwrite: bool) -> None:
    """Append an answer to those of the same request in a file, or replace them; other content stays.

    The file is written atomically; raise `NotWritten` where that is impossible.
    """
    document = _document(file)
    rule = next((rule for rule in document["rules"] if _exact(rule) == request["exact"]), None)
    if rule is None:
        rule = {"name": file.stem, "match": {"request": request}}
        document["rules"].append(rule)
    elif "sent" in request:
        rule["match"]["request"].setdefault("sent", request["sent"])
    answers = [*([] if overwrite else _answers(rule)), answer]
    for key in ANSWERS:
        rule.pop(key, None)
    if len(answers) > 1:
        rule["replies"] = answers
    else:
        rule |= answer if "error" in answer else {"reply": answer}
    document["recorded"] = {"at": now(), "upstream": upstream, "by": PROGRAM}
    ordered = {key: document[key] for key in ("version", "recorded", *document)}
    _save(file, yaml_text(ordered, UNFOLDED).encode())


def _document(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {"version": 1, "rules": []}
    try:
        return cast(dict[str, Any], read_text(text_of(file, str(file)), str(file)).value)  # it was a valid script
    except ScriptError as exc:
        raise NotWritten(exc.summary) from exc


def _exact(rule: Any) -> object:
    request = (rule.get("match") or {}).get("request")
    return request.get("exact") if isinstance(request, dict) else None


def _answers(rule: Mapping[str, Any]) -> list[Any]:
    if "replies" in rule:
        return list(rule["replies"])
    return [{"error": rule["error"]}] if "error" in rule else [rule["reply"]] if "reply" in rule else []


def _save(file: Path, data: bytes) -> None:
    if len(data) > MAX_FILE_BYTES:
        raise NotWritten(f"{file} would be larger than {MAX_FILE_BYTES} bytes, and could not be read")
    draft = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(file)
    except OSError as exc:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise NotWritten(f"{file} cannot be written: {exc.strerror}") from exc


def response(recorded: Recorded) -> dict[str, Any]:
    """Return an answer in the form that scripts have."""
    response: dict[str, Any] = {"path": recorded.path}
    response |= {"format": recorded.format} if recorded.format else {}
    response |= {"status": recorded.status, "headers": dict(recorded.headers)}
    if recorded.stream:
        response["stream"] = True
    if len(recorded.pieces) == 1 and not recorded.times[0]:
        response |= _body_of(recorded.pieces[0])
    else:
        response["pieces"] = _pieces(recorded)
    return {"response": response}


def _body_of(body: bytes) -> dict[str, str]:
    text = _text(body)
    return {"base64": base64.b64encode(body).decode()} if text is None else {"body": text}


def _pieces(recorded: Recorded) -> list[dict[float, Any]]:
    """Return the pieces by their times; those of the same time, or that are cut within a character, are joined."""
    joined: list[tuple[float, bytes]] = []
    for ms, piece in zip(recorded.times, recorded.pieces, strict=True):
        at = round(ms, 1)
        if joined and (joined[-1][0] == at or _cut_within_character(joined[-1][1])):
            before = joined.pop()
            at, piece = max(at, before[0]), before[1] + piece
        joined.append((at, piece))
    shown = []
    for at, data in joined:
        text = _text(data)
        shown.append({at: {"base64": base64.b64encode(data).decode()} if text is None else text})
    return shown


def _cut_within_character(data: bytes) -> bool:
    """Whether bytes end inside a character that the next bytes continue."""
    try:
        data.decode()
    except UnicodeDecodeError as exc:
        return exc.reason == "unexpected end of data"
    return False


def _text(data: bytes) -> str | None:
    """Return the text of bytes; None where YAML could not restore them."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if "\x00" not in text else None
