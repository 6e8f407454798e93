"""Secrets that must not reach a file: keys, cookies and accounts, by place and pattern, and fields in JOURNAL_REDACT.

Those that are found in a request or in its answer are removed from both. A text in a stream may be cut anywhere, inside
a piece, an event or a character, so the texts of all its events are read as one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, is_secret
from completions.exceptions import MockError
from completions.journal.quotes import Quotes, texts_of
from completions.journal.redaction import MIN_SECRET, PAGE_TOKENS, Redaction, redaction, secrets_in
from completions.journal.streams import clean_stream, events_of, split_event
from completions.outcome import Recorded
from completions.script.request.digest import REDACTED, SECRET
from completions.script.request.document import Document

RECORDED_HEADERS = re.compile(
    r"content-(type|disposition)|location|retry-after(-ms)?|x-should-retry|openai-(version|processing-ms|model)"
    r"|request-cost|x-ratelimit-.*|anthropic-ratelimit-.*|ratelimit-.*|x-amzn-(errortype|bedrock-.*)"
)
"""The headers of an answer that matter to a client; no others are recorded."""


class SecretLeft(MockError):
    """An answer from which a secret cannot be removed."""


def hidden_values(prompt: Prompt) -> list[str]:
    """Return the secrets in a request's body: fields in JOURNAL_REDACT, and values with a secret's name or pattern."""
    return hidden_in(prompt.body)


def hidden_in(body: Any) -> list[str]:
    """Return the secrets in a document, likewise."""
    hide = redaction()
    secrets = [*_secret_fields(body), *(match[0] for text in texts_of(body) for match in SECRET.finditer(text))]
    if hide.paths:
        copied = orjson.loads(orjson.dumps(body, default=_plain))
        secrets += (text for text in hide.clean(copied).texts if text.strip())
    return secrets


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _secret_fields(value: Any) -> Iterator[str]:
    """Yield the texts in fields with the names of secrets, such as `authorization` and `headers` of tools' servers."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            name = str(key).lower()
            if isinstance(child, str):
                yield from secrets_in(name, child) if is_secret(name) and not PAGE_TOKENS.search(name) else ()
            else:
                yield from _secret_fields(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _secret_fields(child)


def without(document: Any, values: Iterable[str]) -> Any:
    """Return a document with the values, and texts that look like secrets, replaced."""
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
    """Return a request's document and its answer without their secrets, and those of the headers and the query.

    Raise `SecretLeft` where one cannot be removed.
    """
    hide = redaction()
    texts = {
        *hidden,
        *hide.secrets_in_query(query),
        *(text for headers in sent for text in _secrets_in_headers(headers, hide)),
    }
    answer = recorded.body
    texts |= {match[0] for match in SECRET.finditer(" ".join(texts_of(document)))}
    texts |= {match[0] for text in _texts_of_answer(answer) for match in SECRET.finditer(text)}
    header_lines = {name: (name, value) for name, value in recorded.headers if RECORDED_HEADERS.fullmatch(name)}
    headers = tuple((name, without(value, texts)) for name, value in hide.clean_lines(header_lines).items())
    recorded = _clean_answer(recorded, hide, sorted(texts, key=len, reverse=True))
    recorded = replace(recorded, path=without(recorded.path, texts), headers=headers)
    _check(recorded.body, texts)
    return without(document, texts), recorded


def clean_written(
    document: Document, answer: Document, prompt: Prompt, hidden: Iterable[str]
) -> tuple[Document, Document]:
    """Return a request's document and its answer, in a script's form, without the secrets that were sent."""
    hide = redaction()
    texts = {*hidden_values(prompt), *_secrets_in_headers(prompt.headers, hide)}
    texts |= {text for text in hidden if len(text) >= MIN_SECRET}
    return without(document, texts), without(answer, texts)


def _secrets_in_headers(headers: Mapping[str, str], hide: Redaction) -> Iterator[str]:
    for name, value in headers.items():
        if is_secret(name) or hide.hides(name):
            yield from secrets_in(name, value)


def _clean_answer(recorded: Recorded, hide: Redaction, texts: list[str]) -> Recorded:
    """Return the answer without the texts, in the same pieces, as far as the changes allow."""
    quotes = Quotes(texts)
    if recorded.stream:
        pieces, times = clean_stream(recorded.pieces, hide, quotes), recorded.times
    else:
        pieces, times = [quotes.clean_body(hide.clean_body(recorded.body)[0])], recorded.times[-1:]
    if b"".join(pieces) == recorded.body:
        return recorded
    timed = [(piece, ms) for piece, ms in zip(pieces, times, strict=True) if piece]
    return replace(recorded, pieces=tuple(piece for piece, _ in timed), times=tuple(ms for _, ms in timed))


def _texts_of_answer(body: bytes) -> Iterator[str]:
    """Yield an answer's text, and the joined texts at each place of its events, in which no text is cut."""
    yield body.decode("utf-8", "replace")
    joined: dict[str, list[str]] = {}
    for event in events_of(body):
        for part in split_event(event).parts:
            if part[:1] in (b"{", b"["):
                try:
                    _collect_texts(orjson.loads(part), "", joined)
                except orjson.JSONDecodeError:
                    continue
    yield from ("".join(texts) for texts in joined.values())


def _collect_texts(value: Any, place: str, joined: dict[str, list[str]]) -> None:
    match value:
        case str():
            joined.setdefault(place, []).append(value)
        case dict():
            for key, child in value.items():
                _collect_texts(child, f"{place}/{key}", joined)
        case list():
            for child in value:
                _collect_texts(child, place, joined)


def _check(body: bytes, texts: Iterable[str]) -> None:
    """Raise `SecretLeft` where a secret is still there, cut or not."""
    for answer_text in _texts_of_answer(body):
        if any(text in answer_text for text in texts):
            raise SecretLeft("the answer contains a secret that could not be removed")
