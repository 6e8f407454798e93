"""Removal of quotes from answers: parts of the values that were removed from the request, however a stream cuts them.

An answer may quote a value whole or in part, and a stream sends it in pieces, each in a document of its own. So the
texts at one place of a stream's documents are read as one text, and each run of characters that also occurs in a value
is replaced, if it is too long for a coincidence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

REDACTED = "[redacted]"
"""The replacement of a secret."""

MIN_QUOTE = 16
"""The fewest characters of a part of a value that counts as a quote."""

MIN_TEXT = 4
"""The fewest characters of a value that counts within words too; a shorter one, such as `7`, is in most numbers."""

Container = dict[str, Any] | list[Any]
TextPlace = tuple[str, Container, Any]
"""A text's place, without the numbers of list items, and its container and key, to replace it."""


class Quotes:
    """Finds and removes quotes of some values in texts."""

    def __init__(self, values: Iterable[str]) -> None:
        whole = sorted({value for value in values if value}, key=len, reverse=True)
        self._whole = re.compile("|".join(map(_pattern, whole))) if whole else None
        self._runs = {value[at : at + MIN_QUOTE] for value in whole for at in range(len(value) - MIN_QUOTE + 1)}

    def clean(self, texts: Sequence[str]) -> list[str]:
        """Return pieces of one text without quotes; the piece in which a quote begins gets the replacement."""
        whole = "".join(texts)
        spans = self._spans(whole)
        if not spans:
            return list(texts)
        cleaned, start = [], 0
        for text in texts:
            cleaned.append(_remove_spans(text, start, spans))
            start += len(text)
        return cleaned

    def clean_body(self, body: bytes) -> bytes:
        """Return a whole body without quotes: in the texts of its JSON, or in its plain text."""
        (cleaned,) = self.clean_bodies([body])
        return cleaned

    def clean_bodies(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Return bodies without quotes; the texts at one place continue from one body to the next."""
        documents = [_parse(body) for body in bodies]
        places: dict[str, list[tuple[int, Container, Any]]] = {}
        for index, document in enumerate(documents):
            for place, container, key in _text_places({"": document}, ""):
                places.setdefault(place, []).append((index, container, key))
        changed: set[int] = set()
        for text_places in places.values():
            before = [container[key] for _, container, key in text_places]
            for (index, container, key), text in zip(text_places, self.clean(before), strict=True):
                if text != container[key]:
                    container[key] = text
                    changed.add(index)
        return [
            orjson.dumps(documents[index]) if index in changed else self._clean_text(body, documents[index])
            for index, body in enumerate(bodies)
        ]

    def _clean_text(self, body: bytes, document: Any) -> bytes:
        if document is not None:
            return body
        text = body.decode("utf-8", "surrogateescape")
        (cleaned,) = self.clean([text])
        return body if cleaned == text else cleaned.encode("utf-8", "surrogateescape")

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of quotes in the text, in order, with touching ones joined."""
        spans_found = [match.span() for match in self._whole.finditer(text)] if self._whole else []
        if self._runs:
            spans_found += [
                (at, at + MIN_QUOTE)
                for at in range(len(text) - MIN_QUOTE + 1)
                if text[at : at + MIN_QUOTE] in self._runs
            ]
        spans: list[tuple[int, int]] = []
        for start, end in sorted(spans_found):
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
        return spans


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts and the numbers of a value, as an answer may quote them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from texts_of(child)


def _pattern(value: str) -> str:
    escaped = re.escape(value)
    return escaped if len(value) >= MIN_TEXT else rf"(?<!\w){escaped}(?!\w)"


def _remove_spans(text: str, start: int, spans: Sequence[tuple[int, int]]) -> str:
    """Return a piece, which begins at `start` of the whole text, without the spans of the whole text."""
    parts, at = [], 0
    for first, last in spans:
        left, right = max(first - start, at), min(last - start, len(text))
        if left < right:
            parts.append(text[at:left] + (REDACTED if first >= start else ""))
            at = right
    return "".join((*parts, text[at:]))


def _parse(body: bytes) -> Any:
    """Return a body's document; None where it is no JSON object or array."""
    if not body.lstrip().startswith((b"{", b"[")):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _text_places(container: Any, place: str) -> Iterator[TextPlace]:
    """Yield the places of the texts in an object or an array, without its keys."""
    items = container.items() if isinstance(container, dict) else enumerate(container)
    for key, value in items:
        below = f"{place}/{key}" if isinstance(container, dict) else place
        if isinstance(value, str):
            yield below, container, key
        elif isinstance(value, (dict, list)):
            yield from _text_places(value, below)
