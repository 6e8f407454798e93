"""What must not reach a file: keys, cookies and accounts, by their place and their look, and what JOURNAL_REDACT names.

What is found in a request or in its answer is taken out of both. A text in a stream may be cut anywhere, inside a
piece, an event or a character, so the texts of all its events are read as one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_plus

import orjson

from completions.conf import conf
from completions.conversation import Prompt, is_secret
from completions.exceptions import MockError
from completions.journal.quotes import Quotes, texts_of
from completions.journal.redaction import Redaction, frame_parts, redaction
from completions.outcome import Recorded
from completions.script.asked.document import Document
from completions.script.asked.same import REDACTED, SECRET

KEPT = re.compile(
    r"content-type|location|retry-after(-ms)?|x-should-retry|openai-(version|processing-ms|model)|request-cost"
    r"|x-ratelimit-.*|anthropic-ratelimit-.*|ratelimit-.*"
)
"""The headers of an answer that matter to a client; no other is recorded."""

WORTH = 8
"""Characters of a header's secret below which it is none, and likely to be in any text."""

EVENT_END = re.compile(rb"\r?\n\r?\n")


class SecretLeft(MockError):
    """An answer out of which a secret cannot be taken."""


def hidden_values(prompt: Prompt) -> list[str]:
    """Return what JOURNAL_REDACT names in a request's body."""
    hide = redaction(tuple(conf.JOURNAL_REDACT))
    if not hide.paths:
        return []
    body = orjson.loads(orjson.dumps(dict(prompt.body), default=str))
    return [text for text in hide.clean(body).texts if text.strip()]


def without(document: Any, values: Iterable[str]) -> Any:
    """Return a document in whose texts the values, and what looks like a secret, are replaced."""
    known = sorted({value for value in values if value}, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, known), SECRET.pattern]))

    def cleaned(value: Any) -> Any:
        match value:
            case str():
                return pattern.sub(REDACTED, value)
            case Mapping():
                return {key: cleaned(child) for key, child in value.items()}
            case list() | tuple():
                return list(map(cleaned, value))
        return value

    return cleaned(document)


def clean(
    document: Document, recorded: Recorded, sent: Iterable[Mapping[str, str]], query: str, hidden: Iterable[str]
) -> tuple[Document, Recorded]:
    """Return a request's document and its answer without the secrets in them, in the headers that were sent and in
    the query; raise `SecretLeft` where one cannot be taken out.
    """
    hide = redaction(tuple(conf.JOURNAL_REDACT))
    texts = {*hidden, *_in_query(query, hide), *(text for headers in sent for text in _in_headers(headers, hide))}
    answer = recorded.body
    texts |= {found[0] for found in SECRET.finditer(" ".join(texts_of(document)))}
    texts |= {found[0] for text in _said(answer) for found in SECRET.finditer(text)}
    kept = tuple((name, without(value, texts)) for name, value in recorded.headers if KEPT.fullmatch(name))
    recorded = replace(_cleaned(recorded, hide, sorted(texts, key=len, reverse=True)), headers=kept)
    _check(recorded.body, texts)
    return without(document, texts), recorded


def clean_written(
    document: Document, answer: Document, prompt: Prompt, hidden: Iterable[str]
) -> tuple[Document, Document]:
    """Return a request's document and its answer as a script has it without the secrets that were sent."""
    hide = redaction(tuple(conf.JOURNAL_REDACT))
    texts = {*hidden_values(prompt), *_in_headers(prompt.headers, hide)}
    texts |= {text for text in hidden if len(text) >= WORTH}
    return without(document, texts), without(answer, texts)


def _in_headers(headers: Mapping[str, str], hide: Redaction) -> Iterator[str]:
    for name, value in headers.items():
        if is_secret(name) or hide.hides(name):
            yield from (part for part in re.split(r"[\s;,=]+", value) if len(part) >= WORTH)


def _in_query(query: str, hide: Redaction) -> Iterator[str]:
    for part in query.split("&"):
        if hide.clean_query(part) != part and len(value := part.partition("=")[2]) >= WORTH:
            yield from {value, unquote_plus(value)}


def _cleaned(recorded: Recorded, hide: Redaction, texts: list[str]) -> Recorded:
    """Return the answer without the texts, cut as it came, as far as what is changed allows."""
    events = _events(recorded.body) if recorded.stream else [recorded.body]
    parts = [frame_parts(event) if recorded.stream else [event] for event in events]
    quotes = Quotes(texts)
    flat = [hide.clean_body(part)[0] for each in parts for part in each]
    done = iter(quotes.clean_bodies(flat))
    cleaned = [b"".join(next(done) for _ in each) for each in parts]
    if b"".join(cleaned) == recorded.body:
        return recorded
    return replace(recorded, pieces=tuple(cleaned), times=_times(recorded, events))


def _times(recorded: Recorded, events: list[bytes]) -> tuple[float, ...]:
    """Return when each event was whole."""
    times, at, end, piece = [], 0, 0, -1
    for event in events:
        at += len(event)
        while end < at:
            piece += 1
            end += len(recorded.pieces[piece])
        times.append(recorded.times[piece])
    return tuple(times)


def _events(body: bytes) -> list[bytes]:
    """Split a stream behind its events: at empty lines, or where it has none, at lines."""
    ends = [found.end() for found in EVENT_END.finditer(body)] or [at + 1 for at, byte in enumerate(body) if byte == 10]
    cuts = [0, *ends, len(body)]
    return [body[start:end] for start, end in pairwise(cuts) if start < end]


def _said(body: bytes) -> Iterator[str]:
    """Yield an answer's text as it stands, and the texts at each place of its events as one, where none is cut."""
    yield body.decode("utf-8", "replace")
    joined: dict[str, list[str]] = {}
    for event in _events(body):
        for part in frame_parts(event):
            if part[:1] in (b"{", b"["):
                try:
                    _gather(orjson.loads(part), "", joined)
                except orjson.JSONDecodeError:
                    continue
    yield from ("".join(texts) for texts in joined.values())


def _gather(value: Any, place: str, joined: dict[str, list[str]]) -> None:
    match value:
        case str():
            joined.setdefault(place, []).append(value)
        case dict():
            for key, child in value.items():
                _gather(child, f"{place}/{key}", joined)
        case list():
            for child in value:
                _gather(child, place, joined)


def _check(body: bytes, texts: Iterable[str]) -> None:
    """Raise where a secret is still there, cut or not."""
    for said in _said(body):
        if any(text in said for text in texts):
            raise SecretLeft("the answer holds a secret that could not be taken out of it")
