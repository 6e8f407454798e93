"""Step 3: `recording`, what a namespace records and plays: as it is pushed, and as the namespace stores it."""

import functools
import json
from dataclasses import dataclass
from typing import Any

from completions.outcome import Upstream
from completions.script.cassette_keys import CASSETTE_MODES, RECORDING
from completions.script.reply.upstream import pass_on
from completions.script.request.matcher import ignored_by
from completions.script.text.node import Node
from completions.script.text.reading import read_text

NAME = "recording"

NONE, ONCE, NEW, ALL, PASS = CASSETTE_MODES

RECORDS = (ONCE, NEW, ALL)
"""The modes in which something may be recorded."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is recorded and played. `folder` is below the server's; None means the server's own setting."""

    folder: str = ""
    mode: str = NEW
    upstream: Upstream | None = None
    ignored: tuple[str, ...] | None = None


def read_recording(node: Node) -> Recording:
    """Read a recording; whether its folder may be used is not checked here."""
    fields = node.keyed(RECORDING)
    if "folder" in fields and fields["folder"].value == ".":
        del fields["folder"]
    return Recording(
        folder=fields["folder"].as_(str) if "folder" in fields else "",
        mode=fields["mode"].one_of(CASSETTE_MODES) if "mode" in fields else NEW,
        upstream=pass_on(fields["upstream"]).upstream if "upstream" in fields else None,
        ignored=ignored_by(fields["ignore"]) if "ignore" in fields else None,
    )


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording as a namespace stores it: with its whole path, and a name for the run that it began."""

    recording: Recording
    path: str
    run: str


def stored_text(document: Any, path: str, run: str) -> str:
    """Return a recording as the text that a namespace stores."""
    return json.dumps({"recording": document, "path": path, "run": run}, ensure_ascii=False)


@functools.lru_cache(maxsize=256)
def read_stored(text: str) -> StoredRecording | None:
    """Read the text that a namespace stores; None if nothing is recorded and played."""
    facts = json.loads(text)
    if facts is None:
        return None
    return StoredRecording(read_recording(read_text(json.dumps(facts["recording"]), NAME)), facts["path"], facts["run"])
