"""Redaction of secrets in the journal: secret headers, and the values in JSON bodies that JOURNAL_REDACT names."""

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
"""Parameters of an address that are keys or signatures, in addition to those with a secret header's name."""

PAGE_TOKENS = re.compile("(page|next|continuation)[-_]?token")
"""Parameters with which a list continues, which are no secrets despite their names."""

ADDRESS_HEADERS = frozenset(("location", "content-location", "x-goog-upload-url", "x-goog-upload-control-url"))
"""Headers of an answer whose values are addresses."""

STEP = re.compile(r"(\.\.?)([^.\[\]*]+|\*)|\[(\*|\d+|'[^']*'|\"[^\"]*\")\]")
HEADER = re.compile(r"[A-Za-z0-9!#%&'*+.^_`|~-]+")

MIN_SECRET = 8
"""The fewest characters of a secret in a header; shorter values may occur in any text."""

SIGNED_HEADERS = re.compile(r"\bSignedHeaders=[^,\s]*")
"""The names of headers in AWS's signatures, which are no secrets."""

EVERY_MEMBER = None
"""The step to every member of an array or object."""

Step = tuple[bool, str | int | None]
"""Whether it descends any number of levels, and the key, the index, or EACH."""


def parse_path(text: str) -> tuple[Step, ...]:
    """Parse a path such as `$.messages[*].content`, `$..email`, `$.metadata['a b']`: the paths of JSONPath.

    JMESPath, which scripts use, makes new values; replacing existing ones needs their path.
    """
    steps: list[Step] = []
    at = 1
    while at < len(text):
        match = STEP.match(text, at)
        if match is None:
            raise ValueError(f"'{text}' cannot be read: the error is at '{text[at:]}'.")
        steps.append(_step(*match.groups()))
        at = match.end()
    if not steps:
        raise ValueError(f"'{text}' has no name.")
    return tuple(steps)


def _step(dots: str | None, name: str | None, bracket: str | None) -> Step:
    if name is not None:
        return dots == "..", EVERY_MEMBER if name == "*" else name
    assert bracket is not None
    return False, EVERY_MEMBER if bracket == "*" else int(bracket) if bracket.isdigit() else bracket[1:-1]


class RemovedSecrets(NamedTuple):
    """The secrets that were removed from a body: whether there were any, their texts, and whether more are unknown."""

    found: bool
    texts: tuple[str, ...] = ()
    unknown: bool = False


NOTHING_REMOVED = RemovedSecrets(False)
DONE = b"[DONE]"


class Redaction:
    """The settings of redaction: `names` are headers, or paths in JSON bodies, which begin with `$`."""

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
        """Return whether a header is secret, by its lower-case name."""
        return header in self.headers or is_secret(header)

    def clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers by lower-case name, without secrets."""
        hidden, configured = is_secret, self.headers
        lower = {name.lower(): value for name, value in headers.items()}
        return {name: REDACTED if hidden(name) or name in configured else value for name, value in lower.items()}

    def clean_lines(self, lines: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Return a response's headers without secrets; each of `lines` is the original name and the value."""
        hidden, configured = is_secret, self.headers
        clean = {name: REDACTED if hidden(name) or name in configured else value for name, (_, value) in lines.items()}
        for name in ADDRESS_HEADERS & clean.keys():
            clean[name] = self.clean_address(clean[name])
        return clean

    def clean_address(self, address: str) -> str:
        """Return an address without secrets in its query."""
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
        return not PAGE_TOKENS.search(name) and (name in SECRET_PARAMETERS or is_secret(name))

    def secrets_in_query(self, query: str) -> set[str]:
        """Return the secrets of a query, encoded and decoded, that are long enough to differ from words."""
        values = (text.partition("=")[2] for text in query.split("&") if self._clean_parameter(text) != text)
        return {form for value in values if len(value) >= MIN_SECRET for form in (value, unquote_plus(value))}

    def clean_body(self, body: bytes) -> tuple[bytes, RemovedSecrets]:
        """Return a body without secrets, and the removed secrets.

        JSON that cannot be parsed, or not be written again, is redacted as a whole.
        """
        if not self.paths or not body.lstrip().startswith((b"{", b"[")) or body.strip() == DONE:
            return body, NOTHING_REMOVED
        try:
            document = orjson.loads(body)
            removed = self.clean(document)
            return (orjson.dumps(document), removed) if removed.found else (body, removed)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
            return REDACTED.encode(), RemovedSecrets(True, unknown=True)

    def clean(self, document: Any) -> RemovedSecrets:
        """Replace the secrets in a JSON document, and return them."""
        removed: list[Any] = []
        for path in self.paths:
            _replace(document, path, removed)
        return RemovedSecrets(bool(removed), tuple(text for value in removed for text in texts_of(value)))


def secrets_in(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in a secret header's value: its words, without the names of values and schemes."""
    is_named = name in SECRET_HEADERS
    if name.endswith("authorization"):
        scheme, _, rest = SIGNED_HEADERS.sub("", value).partition(" ")
        value = rest or scheme
    for word in re.split(r"[\s;,]+", value):
        match = word.partition("=")[2].strip('="') if is_named else ""
        if len(match := match or word.rstrip("=")) >= MIN_SECRET:
            yield match


def _replace(node: Any, path: tuple[Step, ...], removed: list[Any]) -> None:
    """Replace the values at a path below a node, and append them to `removed`."""
    (descends, key), rest = path[0], path[1:]
    for member in _keys(node, key):
        if rest:
            _replace(node[member], rest, removed)
        elif node[member] != REDACTED:
            removed.append(node[member])
            node[member] = REDACTED
    if descends:
        for member in _keys(node, EVERY_MEMBER):
            _replace(node[member], path, removed)


def _keys(node: Any, key: str | int | None) -> Sequence[Any]:
    """Return the keys or indices of a node's members that a step selects."""
    if isinstance(node, dict):
        return list(node) if key is EVERY_MEMBER else [key] if isinstance(key, str) and key in node else []
    if isinstance(node, list):
        return range(len(node)) if key is EVERY_MEMBER else [key] if isinstance(key, int) and key < len(node) else []
    return []


def redaction() -> Redaction:
    """Return the redaction by the setting; raise ValueError where one of its names is wrong."""
    return _redaction(tuple(conf.JOURNAL_REDACT))


_redaction = functools.lru_cache(maxsize=8)(Redaction)
