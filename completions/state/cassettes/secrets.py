"""What must not reach a file: keys, cookies and accounts, by their place and their look, and what JOURNAL_REDACT names.

What is found in a request or in its answer is taken out of both. A text in a stream may be cut anywhere, inside a
piece, an event or a character, so the texts of all its events are read as one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, is_secret
from completions.exceptions import MockError
from completions.journal.quotes import Quotes, texts_of
from completions.journal.redaction import PLACES, WORTH, Redaction, redaction, secrets_in
from completions.journal.streams import clean_stream, events_of, split_event
from completions.outcome import Recorded
from completions.script.request.digest import REDACTED, SECRET
from completions.script.request.document import Document

KEPT = re.compile(
    r"content-(type|disposition)|location|retry-after(-ms)?|x-should-retry|openai-(version|processing-ms|model)"
    r"|request-cost|x-ratelimit-.*|anthropic-ratelimit-.*|ratelimit-.*|x-amzn-(errortype|bedrock-.*)"
)
"""The headers of an answer that matter to a client; no other is recorded."""


class SecretLeft(MockError):
    """An answer out of which a secret cannot be taken."""


def hidden_values(prompt: Prompt) -> list[str]:
    """Return what is secret in a request's body: what JOURNAL_REDACT names, and what has a secret's name or look."""
    return hidden_in(prompt.body)


def hidden_in(body: Any) -> list[str]:
    """Return likewise what is secret in a document."""
    hide = redaction()
    found = [*_named(body), *(match[0] for text in texts_of(body) for match in SECRET.finditer(text))]
    if hide.paths:
        copied = orjson.loads(orjson.dumps(body, default=_plain))
        found += (text for text in hide.clean(copied).texts if text.strip())
    return found


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _named(value: Any) -> Iterator[str]:
    """Yield the texts whose keys are those of secrets, as `authorization` and `headers` are of tools' servers."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            name = str(key).lower()
            if isinstance(child, str):
                yield from secrets_in(name, child) if is_secret(name) and not PLACES.search(name) else ()
            else:
                yield from _named(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _named(child)


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
    hide = redaction()
    texts = {*hidden, *hide.secrets_in_query(query), *(text for headers in sent for text in _in_headers(headers, hide))}
    answer = recorded.body
    texts |= {found[0] for found in SECRET.finditer(" ".join(texts_of(document)))}
    texts |= {found[0] for text in _said(answer) for found in SECRET.finditer(text)}
    lines = {name: (name, value) for name, value in recorded.headers if KEPT.fullmatch(name)}
    kept = tuple((name, without(value, texts)) for name, value in hide.clean_lines(lines).items())
    recorded = _cleaned(recorded, hide, sorted(texts, key=len, reverse=True))
    recorded = replace(recorded, path=without(recorded.path, texts), headers=kept)
    _check(recorded.body, texts)
    return without(document, texts), recorded


def clean_written(
    document: Document, answer: Document, prompt: Prompt, hidden: Iterable[str]
) -> tuple[Document, Document]:
    """Return a request's document and its answer as a script has it without the secrets that were sent."""
    hide = redaction()
    texts = {*hidden_values(prompt), *_in_headers(prompt.headers, hide)}
    texts |= {text for text in hidden if len(text) >= WORTH}
    return without(document, texts), without(answer, texts)


def _in_headers(headers: Mapping[str, str], hide: Redaction) -> Iterator[str]:
    for name, value in headers.items():
        if is_secret(name) or hide.hides(name):
            yield from secrets_in(name, value)


def _cleaned(recorded: Recorded, hide: Redaction, texts: list[str]) -> Recorded:
    """Return the answer without the texts, cut as it came, as far as what is changed allows."""
    quotes = Quotes(texts)
    if recorded.stream:
        pieces, times = clean_stream(recorded.pieces, hide, quotes), recorded.times
    else:
        pieces, times = [quotes.clean_body(hide.clean_body(recorded.body)[0])], recorded.times[-1:]
    if b"".join(pieces) == recorded.body:
        return recorded
    kept = [(piece, ms) for piece, ms in zip(pieces, times, strict=True) if piece]
    return replace(recorded, pieces=tuple(piece for piece, _ in kept), times=tuple(ms for _, ms in kept))


def _said(body: bytes) -> Iterator[str]:
    """Yield an answer's text as it stands, and the texts at each place of its events as one, where none is cut."""
    yield body.decode("utf-8", "replace")
    joined: dict[str, list[str]] = {}
    for event in events_of(body):
        for part in split_event(event).parts:
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
            raise SecretLeft("the answer contains a secret that could not be removed")
