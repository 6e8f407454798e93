"""What the journal must not keep: secret headers, and the values in JSON bodies that JOURNAL_REDACT names."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson

from completions.conf import conf
from completions.conversation import SECRET_HEADERS, is_secret
from completions.journal.quotes import REDACTED, texts_of

SECRET_PARAMETERS = frozenset(("key", "sig", "signature", "x-amz-signature", "x-goog-signature"))
"""Parameters of an address that are keys or made of them, beside those that have a secret header's name."""

PLACES = re.compile("(page|next|continuation)[-_]?token")
"""Parameters that say where a list goes on, whatever they are called."""

ADDRESSES = frozenset(("location", "content-location", "x-goog-upload-url", "x-goog-upload-control-url"))
"""Headers of an answer whose value is an address."""

STEP = re.compile(r"(\.\.?)([^.\[\]*]+|\*)|\[(\*|\d+|'[^']*'|\"[^\"]*\")\]")
HEADER = re.compile(r"[A-Za-z0-9!#%&'*+.^_`|~-]+")

WORTH = 8
"""Characters of a header's secret below which it is none, and likely to be in any text."""

SIGNED = re.compile(r"\bSignedHeaders=[^,\s]*")
"""The names of headers in AWS's signatures, which are no secret."""

EACH = None
"""The step to every member of an array or object."""

Step = tuple[bool, str | int | None]
"""Whether it descends any number of levels, and the key, the index, or EACH."""


def parse_path(text: str) -> tuple[Step, ...]:
    """Read `$.messages[*].content`, `$..email`, `$.metadata['a b']`: JSONPath, as far as it only says where.

    JMESPath, in which scripts ask, makes new values; only a path can say which of the old ones to replace.
    """
    steps: list[Step] = []
    at = 1
    while at < len(text):
        found = STEP.match(text, at)
        if found is None:
            raise ValueError(f"'{text}' cannot be read: the error is at '{text[at:]}'.")
        steps.append(_step(*found.groups()))
        at = found.end()
    if not steps:
        raise ValueError(f"'{text}' has no name.")
    return tuple(steps)


def _step(dots: str | None, name: str | None, bracket: str | None) -> Step:
    if name is not None:
        return dots == "..", EACH if name == "*" else name
    assert bracket is not None
    return False, EACH if bracket == "*" else int(bracket) if bracket.isdigit() else bracket[1:-1]


class Removed(NamedTuple):
    """What was removed from a body: whether anything was, its texts, and whether there may have been more."""

    found: bool
    texts: tuple[str, ...] = ()
    unknown: bool = False


NOTHING = Removed(False)
DONE = b"[DONE]"


class Redaction:
    """What to redact: `names` are headers, or paths in JSON bodies, which begin with `$`. ValueError: it is neither."""

    def __init__(self, names: Sequence[str]) -> None:
        self.headers = {name.lower() for name in names if not name.startswith("$")}
        self.paths = tuple(parse_path(name) for name in names if name.startswith("$"))
        for name in self.headers:
            if not HEADER.fullmatch(name):
                raise ValueError(f"'{name}' is not the name of a header; a path in a body begins with `$`.")

    @property
    def is_set(self) -> bool:
        """Whether anything is redacted besides the defaults."""
        return bool(self.headers or self.paths)

    def hides(self, header: str) -> bool:
        """Tell whether a header is secret, by its lower-case name."""
        return header in self.headers or is_secret(header)

    def clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers by lower-case name, without secrets."""
        hidden, seldom = is_secret, self.headers
        lower = {name.lower(): value for name, value in headers.items()}
        return {name: REDACTED if hidden(name) or name in seldom else value for name, value in lower.items()}

    def clean_lines(self, lines: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Return a response's headers, of which each has its name as it was given and its value, likewise."""
        hidden, seldom = is_secret, self.headers
        clean = {name: REDACTED if hidden(name) or name in seldom else value for name, (_, value) in lines.items()}
        for name in ADDRESSES & clean.keys():
            clean[name] = self.clean_address(clean[name])
        return clean

    def clean_address(self, address: str) -> str:
        """Return an address whose query is without secrets."""
        path, mark, query = address.partition("?")
        return path + mark + self.clean_query(query)

    def clean_query(self, query: str) -> str:
        """Return a query string without secrets."""
        return "&".join(map(self._clean_parameter, query.split("&"))) if query else ""

    def _clean_parameter(self, text: str) -> str:
        name = unquote_plus(text.partition("=")[0])
        return f"{name}={REDACTED}" if self._hides_parameter(name.lower()) else text

    def _hides_parameter(self, name: str) -> bool:
        if name in self.headers:
            return True
        return not PLACES.search(name) and (name in SECRET_PARAMETERS or is_secret(name))

    def secrets_in_query(self, query: str) -> set[str]:
        """Return the secrets of a query, as they stand and as they read, that are long enough to be told from words."""
        values = (text.partition("=")[2] for text in query.split("&") if self._clean_parameter(text) != text)
        return {form for value in values if len(value) >= WORTH for form in (value, unquote_plus(value))}

    def clean_body(self, body: bytes) -> tuple[bytes, Removed]:
        """Return a body without secrets, and what was removed.

        JSON that cannot be parsed, or not written again, is secret as a whole.
        """
        if not self.paths or not body.lstrip().startswith((b"{", b"[")) or body.strip() == DONE:
            return body, NOTHING
        try:
            document = orjson.loads(body)
            removed = self.clean(document)
            return (orjson.dumps(document), removed) if removed.found else (body, removed)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
            return REDACTED.encode(), Removed(True, unknown=True)

    def clean(self, document: Any) -> Removed:
        """Replace the secrets in a JSON document, and return them."""
        removed: list[Any] = []
        for path in self.paths:
            _replace(document, path, removed)
        return Removed(bool(removed), tuple(text for value in removed for text in texts_of(value)))


def secrets_in(name: str, value: str) -> Iterator[str]:
    """Yield what is secret in a secret header's value: its words, but of named values and schemes not the names."""
    is_named = name in SECRET_HEADERS
    if name.endswith("authorization"):
        scheme, _, rest = SIGNED.sub("", value).partition(" ")
        value = rest or scheme
    for word in re.split(r"[\s;,]+", value):
        found = word.partition("=")[2].strip('="') if is_named else ""
        if len(found := found or word.rstrip("=")) >= WORTH:
            yield found


def _replace(node: Any, path: tuple[Step, ...], removed: list[Any]) -> None:
    """Replace what a path leads to from a node, and add it to what was removed."""
    (deep, key), rest = path[0], path[1:]
    for own in _keys(node, key):
        if rest:
            _replace(node[own], rest, removed)
        elif node[own] != REDACTED:
            removed.append(node[own])
            node[own] = REDACTED
    if deep:
        for own in _keys(node, EACH):
            _replace(node[own], path, removed)


def _keys(node: Any, key: str | int | None) -> Sequence[Any]:
    """Return the keys or indices of a node's members that a step means."""
    if isinstance(node, dict):
        return list(node) if key is EACH else [key] if isinstance(key, str) and key in node else []
    if isinstance(node, list):
        return range(len(node)) if key is EACH else [key] if isinstance(key, int) and key < len(node) else []
    return []


def redaction() -> Redaction:
    """Return what is redacted by the setting; raise ValueError where one of its names is wrong."""
    return _redaction(tuple(conf.JOURNAL_REDACT))


_redaction = functools.lru_cache(maxsize=8)(Redaction)
