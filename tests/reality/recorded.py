"""Recorded exchanges with real APIs: read, asked again of the application in process, and compared with its answers."""

import base64
import contextlib
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import override_settings

from completions.receive.handler import Handler
from tests.asgi import Answer, call
from tests.server import ROOT

FILE = ROOT.parent / "shared" / "corpus" / "recorded.jsonl.gz"
SCRIPT = Path(__file__).parent / "script.yaml"

CHANGING_ID = re.compile(r'"id": ?"((?:resp|conv)_[\w-]+)"')
"""The ids of answers that a later request of the same recording names."""

NO_ADDRESS = re.compile(r"Invalid URL|^Not Found$|^Resource not found$")
"""What the mock says of an address that it does not have."""

NOT_THE_REQUEST = (401, 403, 429)
"""Refusals that were about the account, not about what was asked."""


@dataclass(frozen=True)
class Recording:
    """One exchange: what was asked, and what the real API answered."""

    source: str
    vendor: str
    method: str
    path: str
    headers: Mapping[str, str]
    request: str
    status: int
    response: str

    @property
    def group(self) -> str:
        """The recording that this exchange is a part of."""
        return self.source.rpartition(":")[0]


@dataclass
class Replay:
    """An exchange with the mock's answer to the same request."""

    recording: Recording
    status: int
    body: str

    @property
    def has_address(self) -> bool:
        """Whether the mock has the address at all."""
        return self.status != 405 and not (self.status == 404 and NO_ADDRESS.search(self.refusal))

    @property
    def refusal(self) -> str:
        """What the mock said where it refused."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return self.body
        error = said.get("error", said) if isinstance(said, dict) else said
        return str(error.get("message", error) if isinstance(error, dict) else error)


def recordings(vendor: str = "") -> list[Recording]:
    """Read the recordings; uploads of files are left out, for their bytes were not recorded."""
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    every = [_recording(row) for row in rows]
    told = [each for each in every if "multipart" not in (each.headers.get("content-type") or "")]
    return [each for each in told if vendor in ("", each.vendor)]


def _recording(row: Mapping[str, Any]) -> Recording:
    """Return a line of the file; what was not recorded of a body is empty."""
    fields = {name: row[name] for name in Recording.__dataclass_fields__}
    return Recording(**{**fields, "request": row["request"] or "", "response": _plain(row["response"] or "")})


def _plain(body: str) -> str:
    """Return a body; what is not ASCII was recorded as base64 by some."""
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError:
        return body


def key(vendor: str) -> dict[str, str]:
    """Return a key as the vendor's clients send it."""
    if vendor == "anthropic":
        return {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    return {"x-goog-api-key": "k"} if vendor in ("gemini", "vertex") else {"authorization": "Bearer k", "api-key": "k"}


async def replay(rows: Iterable[Recording]) -> list[Replay]:
    """Ask for everything again, in order; a later request names the ids of our answers instead of the recorded ones."""
    app, done = Handler(), []
    ids: dict[str, dict[str, str]] = defaultdict(dict)
    with override_settings(MOCK_SCRIPT=str(SCRIPT), JOURNAL=False, LOG_CHUNKS=False):
        for row in rows:
            answer = await ask(app, row, ids[row.group])
            body = answer.body.decode("utf-8", "replace")
            ids[row.group].update(zip(CHANGING_ID.findall(row.response), CHANGING_ID.findall(body), strict=False))
            done.append(Replay(row, answer.status, body))
    return done


BETAS = "context-management-2025-06-27,mcp-client-2025-04-04,structured-outputs-2025-11-13,compact-2026-01-12"
"""What the requests of Anthropic's betas asked for; the recordings leave the header out."""


async def ask(app: Handler, row: Recording, ids: Mapping[str, str]) -> Answer:
    """Send one request."""
    path, body = row.path, row.request
    for recorded, ours in ids.items():
        path, body = path.replace(recorded, ours), body.replace(recorded, ours)
    path, _, query = path.partition("?")
    headers = {**key(row.vendor), **{name: value for name, value in row.headers.items() if value}}
    if "beta=true" in query:
        headers.setdefault("anthropic-beta", BETAS)
    return await call(app, row.method, path, body.encode(), headers=headers, query=query.encode())


# What is compared


def is_stream(text: str) -> bool:
    """Tell whether an answer is a stream of server-sent events."""
    return text.lstrip().startswith(("data:", "event:", ":"))


def events(text: str) -> Iterator[Any]:
    """Yield the data of the events of a stream, as JSON where it is."""
    for line in text.splitlines():
        if line.startswith("data:"):
            data = line[5:].strip()
            try:
                yield json.loads(data)
            except ValueError:
                yield data


def kind(event: Any) -> str:
    """Name what sort of event this is: its type and part, or which fields of its choice or candidate are there."""
    if not isinstance(event, dict):
        return str(event)
    if "type" in event:
        parts = (event.get(name) for name in ("content_block", "delta", "item"))
        part = next((part for part in parts if isinstance(part, dict) and part), {})
        return f"{event['type']}:{part['type']}" if "type" in part else str(event["type"])
    usage = "/usage" if event.get("usage") else ""
    for name in ("choices", "candidates"):
        if event.get(name):
            return f"{name}({_fields(event[name][0])}){usage}"
    return f"nothing{usage}"


def _fields(choice: Mapping[str, Any]) -> str:
    content = choice.get("content")
    if "finishReason" in choice or isinstance(content, dict):
        parts = content.get("parts") or [] if isinstance(content, dict) else []
        said = ["+".join(sorted(part)) for part in parts]
    else:
        said = sorted(name for name, value in (choice.get("delta") or {}).items() if value not in (None, []))
    ended = choice.get("finish_reason") or choice.get("finishReason")
    return ",".join(said) + ("/finish" if ended else "")


def order(text: str) -> list[str]:
    """Return the kinds of a stream's events; those that come several times in a row once, and no pings."""
    kinds: list[str] = []
    for name in map(kind, events(text)):
        if name != "ping" and kinds[-1:] != [name]:
            kinds.append(name)
    return kinds


CONTENTS = {
    "call": ("tool_calls", "tool_use", "functionCall", "function_call", "custom_tool_call"),
    "thought": ("reasoning", "thinking", "thought"),
    "text": ("content", "text_delta", "output_text", "(text"),
}


def contents(kinds: list[str]) -> frozenset[str]:
    """Return what a stream is made of: a model chooses that itself, so only streams of the same are compared."""
    told = " ".join(kinds)
    return frozenset(name for name, marks in CONTENTS.items() if any(mark in told for mark in marks))


BESIDE = ("cache_creation_input_tokens", "cache_read_input_tokens")
"""What Anthropic counts beside `input_tokens`, not in it."""


def prompt_tokens(text: str) -> int | None:
    """Return the tokens of the prompt as an answer counts them, at the end where it is a stream."""
    try:
        documents = list(events(text)) if is_stream(text) else [json.loads(text)]
    except ValueError:
        return None
    found = None
    for document in documents:
        for holder in _holders(document):
            usage = holder.get("usage") or holder.get("usageMetadata")
            if isinstance(usage, dict):
                usage = usage.get("tokens", usage)  # Cohere's has what is billed beside it
                names = ("prompt_tokens", "input_tokens", "promptTokenCount")
                told = next((usage[name] for name in names if isinstance(usage.get(name), int)), None)
                found = found if told is None else told + sum(usage.get(name) or 0 for name in BESIDE)
    return found


def _holders(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
        yield from (document[name] for name in ("response", "message", "delta") if isinstance(document.get(name), dict))


ASKED = re.compile(r"\.(args|arguments|input|metadata|parameters|properties|schema|\$defs)$")
"""What has the keys of the request, or of what the model made up."""


def keys(text: str) -> dict[str, set[str]]:
    """Return the keys of each kind of object in a whole answer, by the way to it; objects of a type are told apart."""
    found: dict[str, set[str]] = defaultdict(set)
    with contextlib.suppress(ValueError):
        _collect_keys(json.loads(text), "", found)
    return found


def _collect_keys(value: Any, way: str, found: dict[str, set[str]]) -> None:
    if isinstance(value, list):
        for item in value:
            kind = item.get("type") if isinstance(item, dict) else None
            _collect_keys(item, f"{way}[{kind or ''}]", found)
    elif isinstance(value, dict) and not ASKED.search(way):
        found[way] |= value.keys()
        for key, item in value.items():
            _collect_keys(item, f"{way}.{key}", found)


# What comes of it


def tally(
    done: Iterable[Replay], artefacts: Mapping[str, str], not_asked: Mapping[str, str]
) -> dict[str, Counter[str]]:
    """Count by vendor: what was to be done, `answered of`, and what was done, `answered`; so `refused`, `opens`, …

    Left out are refusals of ours that are `artefacts`, and those of theirs whose reason was `not_asked`.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in done:
        count, real = counts[each.recording.vendor], each.recording.status
        count["address of"] += 1
        count["address"] += each.has_address
        if not each.has_address:
            continue
        if real < 300 and each.status >= 300 and is_artefact(each, artefacts):
            count["artefacts"] += 1
        elif real < 300:
            count["answered of"] += 1
            count["answered"] += each.status < 300
            if each.status < 300:
                compare(each, count)
        elif 400 <= real < 500 and real not in NOT_THE_REQUEST and not _lacks_its_reason(each.recording, not_asked):
            count["refused of"] += 1
            count["refused"] += each.status == real
    return counts


def _lacks_its_reason(recording: Recording, reasons: Mapping[str, str]) -> bool:
    return any(re.search(pattern, recording.request + recording.response) for pattern in reasons)


def is_artefact(each: Replay, artefacts: Mapping[str, str]) -> bool:
    """Tell whether a refusal is due to what a recording leaves out, by the reasons that are known."""
    return any(re.search(pattern, each.refusal) for pattern in artefacts)


def compare(each: Replay, count: Counter[str]) -> None:
    """Compare two answers: how their streams open and end, which keys they have, and the prompt's tokens."""
    theirs, ours = each.recording.response, each.body
    if is_stream(theirs) and is_stream(ours):
        first, second = order(theirs), order(ours)
        if contents(first) == contents(second):
            count["opens of"] += 1
            count["opens"] += first[:2] == second[:2]
            count["ends of"] += 1
            count["ends"] += first[-2:] == second[-2:]
    elif not is_stream(theirs) and not is_stream(ours):
        real_keys, our_keys = keys(theirs), keys(ours)
        for way in real_keys.keys() & our_keys.keys():
            count["keys of"] += len(real_keys[way])
            count["keys"] += len(real_keys[way] & our_keys[way])
    real, mine = prompt_tokens(theirs), prompt_tokens(ours)
    if real and mine is not None:
        count["tokens of"] += 1
        count["tokens"] += abs(real - mine) <= 0.05 * real
