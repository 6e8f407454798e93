"""What the journal must not keep: secret headers always, and the values in JSON bodies that JOURNAL_REDACT names."""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

REDACTED = "[redacted]"
"""What stands in place of a secret."""

SECRET_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie", "set-cookie")
)

STEP = re.compile(r"(\.\.?)([^.\[\]*]+|\*)|\[(\*|\d+|'[^']*'|\"[^\"]*\")\]")
HEADER = re.compile(r"[A-Za-z0-9!#%&'*+.^_`|~-]+")

EACH = None
"""The step to every member of an array or an object."""

Step = tuple[bool, str | int | None]
"""Whether it leads any number of levels deep, and the key, the index, or EACH."""


def parse_path(text: str) -> tuple[Step, ...]:
    """Read `$.messages[*].content`, `$..email`, `$.metadata['a b']`: JSONPath, as far as it only says where.

    JMESPath, in which scripts ask, makes new values; only a path can say which of the old ones to replace.
    """
    steps: list[Step] = []
    at = 1
    while at < len(text):
        found = STEP.match(text, at)
        if found is None:
            raise ValueError(f"'{text}' cannot be read from '{text[at:]}' on.")
        steps.append(_step(*found.groups()))
        at = found.end()
    if not steps:
        raise ValueError(f"'{text}' names nothing.")
    return tuple(steps)


def _step(dots: str | None, name: str | None, bracket: str | None) -> Step:
    if name is not None:
        return dots == "..", EACH if name == "*" else name
    assert bracket is not None
    return False, EACH if bracket == "*" else int(bracket) if bracket.isdigit() else bracket[1:-1]


class Redaction:
    """What to redact: `names` are headers, or paths in JSON bodies, which begin with `$`. ValueError: it is neither."""

    def __init__(self, names: Sequence[str]) -> None:
        self.headers = SECRET_HEADERS | {name.lower() for name in names if not name.startswith("$")}
        self.paths = tuple(parse_path(name) for name in names if name.startswith("$"))
        for name in self.headers:
            if not HEADER.fullmatch(name):
                raise ValueError(f"'{name}' is no header's name, and a path in a body begins with `$`.")

    def clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers by lower-case name, without secrets."""
        secret = self.headers
        lower = {name.lower(): value for name, value in headers.items()}
        return lower | dict.fromkeys(lower.keys() & secret, REDACTED)

    def clean_body(self, body: bytes) -> tuple[bytes, bool]:
        """Return a body without secrets, and whether there were any. JSON that cannot be read is a secret itself."""
        if not self.paths or not body.lstrip().startswith((b"{", b"[")):
            return body, False
        try:
            document = orjson.loads(body)
            cleaned = self.clean(document)
        except (orjson.JSONDecodeError, RecursionError):
            return REDACTED.encode(), True
        return (orjson.dumps(document), True) if cleaned else (body, False)

    def clean_frame(self, frame: bytes) -> tuple[bytes, bool]:
        """Return an event of a stream without secrets in the JSON of its `data:` lines, and whether there were any."""
        if not self.paths:
            return frame, False
        parts = re.split(rb"((?:^|(?<=[\r\n]))data: ?|[\r\n]+)", frame)
        cleaned = [self.clean_body(part) for part in parts]
        return b"".join(part for part, _ in cleaned), any(found for _, found in cleaned)

    def clean(self, document: Any) -> bool:
        """Replace the secrets in a JSON document; tell whether there were any."""
        found = [_replace(document, path) for path in self.paths]
        return any(found)


def _replace(node: Any, path: tuple[Step, ...]) -> bool:
    """Replace what a path leads to from a node; tell whether it led anywhere."""
    (deep, key), rest = path[0], path[1:]
    found = False
    for own in _keys(node, key):
        if rest:
            found = _replace(node[own], rest) or found
        else:
            node[own], found = REDACTED, True
    if deep:
        for own in _keys(node, EACH):
            found = _replace(node[own], path) or found
    return found


def _keys(node: Any, key: str | int | None) -> Sequence[Any]:
    """Return the keys or indices of a node's members that a step means."""
    if isinstance(node, dict):
        return list(node) if key is EACH else [key] if isinstance(key, str) and key in node else []
    if isinstance(node, list):
        return range(len(node)) if key is EACH else [key] if isinstance(key, int) and key < len(node) else []
    return []


@functools.lru_cache(maxsize=8)
def redaction(names: tuple[str, ...]) -> Redaction:
    """Return what these names redact; raise ValueError where one is wrong."""
    return Redaction(names)
