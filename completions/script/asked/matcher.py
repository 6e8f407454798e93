"""Step 3: `request:`, the condition that a request asks what a recorded one asked."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from completions import budget
from completions.conversation import NAMES, Prompt
from completions.script.asked.document import Document, document, last_said
from completions.script.asked.ignored import IGNORED, ignored_problem
from completions.script.asked.same import digest, ids_of
from completions.script.match.matchers import COMPARED, All, Matcher, Words, shown
from completions.script.text.node import Node

KEYS = (
    *("format", "model", "messages", "tools", "tool_choice", "response_format", "n", "stop", "reasoning_effort"),
    *("sampling", "body", "exact", "ignore", "method", "path", "api", "query", "sent"),
)


WORTH = 6
"""Characters of an id below which it may stand anywhere by accident."""


@dataclass(frozen=True, slots=True)
class SameRequest(Matcher):
    """A recorded request: what it asked, and its digest.

    `is_told` is whether it says itself what is ignored. `sent` is how it was sent, which is not compared.
    """

    asked: Document
    digest: str
    ignored: tuple[str, ...] = IGNORED
    is_told: bool = False
    sent: Document = field(default_factory=dict)

    def matches(self, prompt: Prompt) -> bool:
        """Compare the digests."""
        return digest_of(prompt, self.ignored, surface=self.is_own) == self.digest

    @property
    def is_own(self) -> bool:
        """Whether only requests to the same API can ask the same: what is not generated has a body of its own."""
        return "body" in self.asked

    def names(self, field: str) -> bool:
        """Name the format, so that what is not generated is looked for too."""
        return field == "format" and self.is_own

    def claim(self) -> str:
        """Return the beginning of what was asked."""
        return f"request is as recorded: {shown(last_said(self.asked))}"

    def seen(self, prompt: Prompt) -> str:
        """Return the first difference."""
        return next(differences(self.asked, document(prompt), self.ignored), "no relevant difference")

    def distance(self, prompt: Prompt, words: Words) -> float:
        """Return the share of the parts that differ."""
        if self.matches(prompt):
            return 0.0
        other = document(prompt)
        keys = (self.asked.keys() | other.keys()) - {"format", "exact"}
        differ = sum(_one(self.asked, key, self.ignored) != _one(other, key, self.ignored) for key in keys)
        near = likeness(self.asked, other)
        return min(1.0, 0.1 + 0.9 * (differ / max(len(keys), 1)) * (1 - 0.5 * near))


def _one(asked: Document, key: str, ignored: Collection[str]) -> str:
    return digest({key: asked.get(key)}, ignored, surface=True)


def likeness(one: Document, other: Document) -> float:
    """Return the share of the words in the last texts of two requests that both have."""
    mine, theirs = (set(str(last_said(asked))[:COMPARED].split()) for asked in (one, other))
    return len(mine & theirs) / max(len(mine | theirs), 1)


def differences(recorded: Any, asked: Any, ignored: Collection[str] = IGNORED, path: str = "") -> Iterator[str]:
    """Yield where a request asks something else than the recorded one."""
    if digest({"value": recorded}, ignored) == digest({"value": asked}, ignored):
        return
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in dict.fromkeys([*recorded, *asked]):
            if key not in ("exact", *(("format",) if not path else ())):
                yield from differences(recorded.get(key), asked.get(key), ignored, f"{path}.{key}".lstrip("."))
    elif isinstance(recorded, list) and isinstance(asked, list):
        for at in range(max(len(recorded), len(asked))):
            mine, theirs = (each[at] if at < len(each) else None for each in (recorded, asked))
            yield from differences(mine, theirs, ignored, f"{path}[{at}]")
    else:
        yield f"{path} was {shown(recorded)} and is {shown(asked)}"


Digests = dict[tuple[tuple[str, ...], bool], str]


class _Last:
    """The last prompt that was looked at, and its digests: of many rules each asks for the same."""

    seen: tuple[Prompt | None, Digests] = (None, {})


def digest_of(prompt: Prompt, ignored: tuple[str, ...] = IGNORED, *, surface: bool = False) -> str:
    """Return the digest of a prompt."""
    last, digests = _Last.seen
    key = (ignored, surface)
    if last is not prompt or key not in digests:
        known = digests if last is prompt else {}
        digests = {**known, key: digest(document(prompt), ignored, surface=surface)}
        _Last.seen = prompt, digests
    return digests[key]


def same_request(node: Node) -> SameRequest:
    """Read `request:`."""
    fields = node.fields(optional=KEYS)
    ignored = ignored_by(fields["ignore"]) if "ignore" in fields else IGNORED
    asked = {key: child.value for key, child in fields.items() if key not in ("ignore", "sent")}
    sent = _sent(fields["sent"]) if "sent" in fields else {}
    if "format" in fields:
        fields["format"].one_of(NAMES["format"])
    if not asked.keys() - {"exact"}:
        raise node.error("must have at least one field of the request.")
    try:
        found = digest(asked, ignored, surface="body" in asked)
    except budget.TooSlow as exc:
        raise fields["ignore"].error(f"cannot be used: {exc}.") from exc
    return SameRequest(asked, found, ignored, "ignore" in fields, sent)


def _sent(node: Node) -> Document:
    """Read `sent:`: the body as text, the query, and headers."""
    fields = node.fields(optional=("body", "query", "headers"))
    found: Document = {key: fields[key].as_(str) for key in ("body", "query") if key in fields}
    if "headers" in fields:
        found["headers"] = {name: child.as_(str) for name, child in fields["headers"].entries().items()}
    return found


def ignored_by(node: Node) -> tuple[str, ...]:
    """Read `ignore:`, a list of names and patterns."""
    return tuple(map(_ignored, node.items()))


def _ignored(node: Node) -> str:
    name = node.as_(str)
    if (problem := ignored_problem(name)) is not None:
        raise node.error(f"{problem} ({name[:60]!r}).")
    return name


def same_request_of(match: Matcher | None) -> SameRequest | None:
    """Return the recorded request in a condition."""
    parts = match.parts if isinstance(match, All) else (match,)
    return next((part for part in parts if isinstance(part, SameRequest)), None)


def renamed(match: Matcher | None, prompt: Prompt) -> Mapping[str, str]:
    """Return the ids of a recorded request by which others stand in a prompt that asks the same."""
    recorded = same_request_of(match)
    if recorded is None:
        return {}
    pairs = zip(ids_of(recorded.asked), ids_of(document(prompt)), strict=False)
    return {old: new for old, new in pairs if old != new and len(old) >= WORTH}
