"""The files of recorded answers: read as the scripts that they are, and written for people to read and to change."""

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

ENDINGS = (".yaml", ".yml")
PROGRAM = "mocksite 0.1.0"
"""What the files say of who wrote them."""

NAMED = 48
"""Characters of a request that make a file's name."""


AT = re.compile(r"^  at: '?([^'\n]+)'?$", re.MULTILINE)

TIME = "%Y-%m-%dT%H:%M:%SZ"
"""How the files tell the time, in UTC, so that texts compare as the times do."""


class NotWritten(MockError):
    """Why an answer is in no file."""


class Contents(NamedTuple):
    """What a file has: its rules, and when it was recorded, as it says itself."""

    rules: list[Rule]
    at: str


def read_file(file: Path) -> Contents:
    """Read a file; raise `ScriptError` where it is no script."""
    name = str(file)
    text = text_of(file, name)
    found = AT.search(text)
    return Contents(list(parse(read_text(text, name)).rules), found[1] if found else "")


def now() -> str:
    """Return the time."""
    return time.strftime(TIME, time.gmtime())


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes, which may record into the same folder, from writing while the `with` lasts."""
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
    """Return the name of the file for a request: its model, the beginning of what is asked, and what tells it apart."""
    asked = last_text(document) if "messages" in document else document.get("path", "")
    words = re.sub(r"[^a-z0-9]+", "-", f"{document.get('model') or document.get('format') or ''} {asked}".lower())
    return f"{words.strip('-')[:NAMED].strip('-') or 'request'}-{exact[:8]}.yaml"


def write(file: Path, asked: Document, answer: Written, upstream: str, *, anew: bool) -> None:
    """Write an answer behind those to the same request in a file, or in their place; what else is there stays.

    It is written whole or not at all; raise `NotWritten` where it cannot be.
    """
    document = _document(file)
    rule = next((rule for rule in document["rules"] if _exact(rule) == asked["exact"]), None)
    if rule is None:
        rule = {"name": file.stem, "match": {"request": asked}}
        document["rules"].append(rule)
    elif "sent" in asked:
        rule["match"]["request"].setdefault("sent", asked["sent"])
    answers = [*([] if anew else _answers(rule)), answer]
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
        return cast(dict[str, Any], read_text(text_of(file, str(file)), str(file)).value)  # a script once
    except ScriptError as exc:
        raise NotWritten(exc.summary) from exc


def _exact(rule: Any) -> object:
    asked = (rule.get("match") or {}).get("request")
    return asked.get("exact") if isinstance(asked, dict) else None


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
    """Return an answer as a script has it."""
    found: dict[str, Any] = {"path": recorded.path}
    found |= {"format": recorded.format} if recorded.format else {}
    found |= {"status": recorded.status, "headers": dict(recorded.headers)}
    if recorded.stream:
        found["stream"] = True
    if len(recorded.pieces) == 1 and not recorded.times[0]:
        found |= _whole(recorded.pieces[0])
    else:
        found["pieces"] = _pieces(recorded)
    return {"response": found}


def _whole(body: bytes) -> dict[str, str]:
    text = _text(body)
    return {"base64": base64.b64encode(body).decode()} if text is None else {"body": text}


def _pieces(recorded: Recorded) -> list[dict[float, Any]]:
    """Return the pieces behind their times; those that came at once, or are cut within a character, are one."""
    found: list[tuple[float, bytes]] = []
    for ms, piece in zip(recorded.times, recorded.pieces, strict=True):
        at = round(ms, 1)
        if found and (found[-1][0] == at or _cut_within_character(found[-1][1])):
            before = found.pop()
            at, piece = max(at, before[0]), before[1] + piece
        found.append((at, piece))
    shown = []
    for at, data in found:
        text = _text(data)
        shown.append({at: {"base64": base64.b64encode(data).decode()} if text is None else text})
    return shown


def _cut_within_character(data: bytes) -> bool:
    """Whether bytes end inside a character that goes on in what follows."""
    try:
        data.decode()
    except UnicodeDecodeError as exc:
        return exc.reason == "unexpected end of data"
    return False


def _text(data: bytes) -> str | None:
    """Return the text that bytes are; None where YAML could not give them back."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if "\x00" not in text else None
