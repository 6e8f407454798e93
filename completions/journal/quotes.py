"""What an answer quotes of the values that were removed from its request: it is removed too, however a stream cuts it.

An answer may quote a value whole or in part, and a stream sends it in pieces, each in a document of its own. So the
texts at one place of a stream's documents are read as one text, and each run of characters that a value has too is
replaced, if it is long enough to be no accident.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

REDACTED = "[redacted]"
"""What stands in place of a secret."""

RUN = 16
"""Characters that a part of a value has at least to count as quoted."""

WORD = 4
"""Characters below which a whole value counts only as a word of its own: `7` is in most numbers."""

Holder = dict[str, Any] | list[Any]
Leaf = tuple[str, Holder, Any]
"""A text's place, without the numbers of list items, and where to write another: the object and the key."""


class Quotes:
    """Finds what texts quote of some values."""

    def __init__(self, values: Iterable[str]) -> None:
        whole = sorted({value for value in values if value}, key=len, reverse=True)
        self._whole = re.compile("|".join(map(_whole, whole))) if whole else None
        self._runs = {value[at : at + RUN] for value in whole for at in range(len(value) - RUN + 1)}

    def clean(self, texts: Sequence[str]) -> list[str]:
        """Return pieces of one text without what is quoted there; the piece where it begins says that it is gone."""
        whole = "".join(texts)
        spans = self._spans(whole)
        if not spans:
            return list(texts)
        cleaned, start = [], 0
        for text in texts:
            cleaned.append(_without(text, start, spans))
            start += len(text)
        return cleaned

    def clean_body(self, body: bytes) -> bytes:
        """Return a whole body without what is quoted there: in the texts of its JSON, or in the text that it is."""
        (cleaned,) = self.clean_bodies([body])
        return cleaned

    def clean_bodies(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Return bodies without what is quoted, where the texts at one place continue from one to the next."""
        documents = [_read(body) for body in bodies]
        places: dict[str, list[tuple[int, Holder, Any]]] = {}
        for index, document in enumerate(documents):
            for place, holder, key in _leaves({"": document}, ""):
                places.setdefault(place, []).append((index, holder, key))
        changed: set[int] = set()
        for leaves in places.values():
            before = [holder[key] for _, holder, key in leaves]
            for (index, holder, key), text in zip(leaves, self.clean(before), strict=True):
                if text != holder[key]:
                    holder[key] = text
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
        """Return where the text quotes a value, in order, and no two that touch."""
        found = [match.span() for match in self._whole.finditer(text)] if self._whole else []
        if self._runs:
            found += [(at, at + RUN) for at in range(len(text) - RUN + 1) if text[at : at + RUN] in self._runs]
        spans: list[tuple[int, int]] = []
        for start, end in sorted(found):
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


def _whole(value: str) -> str:
    escaped = re.escape(value)
    return escaped if len(value) >= WORD else rf"(?<!\w){escaped}(?!\w)"


def _without(text: str, start: int, spans: Sequence[tuple[int, int]]) -> str:
    """Return a piece, which begins at `start` of the whole text, without the spans of that."""
    parts, at = [], 0
    for first, last in spans:
        left, right = max(first - start, at), min(last - start, len(text))
        if left < right:
            parts.append(text[at:left] + (REDACTED if first >= start else ""))
            at = right
    return "".join((*parts, text[at:]))


def _read(body: bytes) -> Any:
    """Return the document that a body is; None where it is no JSON object or array."""
    if not body.lstrip().startswith((b"{", b"[")):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _leaves(holder: Any, place: str) -> Iterator[Leaf]:
    """Yield the texts of an object or an array, but not the keys."""
    items = holder.items() if isinstance(holder, dict) else enumerate(holder)
    for key, value in items:
        below = f"{place}/{key}" if isinstance(holder, dict) else place
        if isinstance(value, str):
            yield below, holder, key
        elif isinstance(value, (dict, list)):
            yield from _leaves(value, below)
