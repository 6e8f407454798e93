"""Step 3: `request:`, the condition that a request is the same as a recorded one."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from completions import budget
from completions.conversation import NAMES, Prompt
from completions.script.match.matchers import COMPARED, All, Matcher, Words, shown
from completions.script.request.digest import digest, ids_of
from completions.script.request.document import Document, document, last_text
from completions.script.request.ignored import IGNORED, ignored_problem
from completions.script.text.node import Node

KEYS = (
    *("format", "model", "messages", "tools", "tool_choice", "response_format", "n", "stop", "reasoning_effort"),
    *("sampling", "body", "exact", "ignore", "method", "path", "api", "query", "sent"),
)


MIN_ID = 6
"""Characters of an id below which it may occur anywhere by accident."""


@dataclass(frozen=True, slots=True)
class SameRequest(Matcher):
    """A recorded request and its digest.

    `has_ignore` is whether the file itself says what is ignored. `sent` is how it was sent, which is not compared.
    """

    recorded: Document
    digest: str
    ignored: tuple[str, ...] = IGNORED
    has_ignore: bool = False
    sent: Document = field(default_factory=dict)

    def matches(self, prompt: Prompt) -> bool:
        """Compare the digests."""
        return digest_of(prompt, self.ignored, with_format=self.is_api_specific) == self.digest

    @property
    def is_api_specific(self) -> bool:
        """Whether only requests to the same API are compared, as the body is where the answer is not generated."""
        return "body" in self.recorded

    def names(self, field: str) -> bool:
        """Name the format, so that answers that are not generated are searched too."""
        return field == "format" and self.is_api_specific

    def claim(self) -> str:
        """Return the beginning of the recorded request."""
        return f"request is as recorded: {shown(last_text(self.recorded))}"

    def seen(self, prompt: Prompt) -> str:
        """Return the first difference."""
        return next(differences(self.recorded, document(prompt), self.ignored), "no relevant difference")

    def distance(self, prompt: Prompt, words: Words) -> float:
        """Return the share of the parts that differ."""
        if self.matches(prompt):
            return 0.0
        other = document(prompt)
        keys = (self.recorded.keys() | other.keys()) - {"format", "exact"}
        pairs = ([_part_digest(request, key, self.ignored) for request in (self.recorded, other)] for key in keys)
        differ = sum(one != another for one, another in pairs)
        near = likeness(self.recorded, other)
        return min(1.0, 0.1 + 0.9 * (differ / max(len(keys), 1)) * (1 - 0.5 * near))


def _part_digest(request: Document, key: str, ignored: Collection[str]) -> str:
    return digest({key: request.get(key)}, ignored, with_format=True)


def likeness(one: Document, other: Document) -> float:
    """Return the share of the words in the last texts of two requests that both have."""
    words, other_words = (set(str(last_text(request))[:COMPARED].split()) for request in (one, other))
    return len(words & other_words) / max(len(words | other_words), 1)


def differences(recorded: Any, requested: Any, ignored: Collection[str] = IGNORED, path: str = "") -> Iterator[str]:
    """Yield the differences between a recorded value and a requested one, with their paths."""
    if digest({"value": recorded}, ignored) == digest({"value": requested}, ignored):
        return
    if isinstance(recorded, dict) and isinstance(requested, dict):
        for key in dict.fromkeys([*recorded, *requested]):
            if key not in ("exact", *(("format",) if not path else ())):
                yield from differences(recorded.get(key), requested.get(key), ignored, f"{path}.{key}".lstrip("."))
    elif isinstance(recorded, list) and isinstance(requested, list):
        for at in range(max(len(recorded), len(requested))):
            old, new = (each[at] if at < len(each) else None for each in (recorded, requested))
            yield from differences(old, new, ignored, f"{path}[{at}]")
    else:
        yield f"{path} was {shown(recorded)} and is {shown(requested)}"


Digests = dict[tuple[tuple[str, ...], bool], str]


class _LastPrompt:
    """The last prompt and its digests, which each of many rules needs."""

    seen: tuple[Prompt | None, Digests] = (None, {})


def digest_of(prompt: Prompt, ignored: tuple[str, ...] = IGNORED, *, with_format: bool = False) -> str:
    """Return the digest of a prompt."""
    last, digests = _LastPrompt.seen
    key = (ignored, with_format)
    if last is not prompt or key not in digests:
        known = digests if last is prompt else {}
        digests = {**known, key: digest(document(prompt), ignored, with_format=with_format)}
        _LastPrompt.seen = prompt, digests
    return digests[key]


def same_request(node: Node) -> SameRequest:
    """Read `request:`."""
    fields = node.fields(optional=KEYS)
    ignored = ignored_by(fields["ignore"]) if "ignore" in fields else IGNORED
    recorded = {key: child.value for key, child in fields.items() if key not in ("ignore", "sent")}
    sent = _sent(fields["sent"]) if "sent" in fields else {}
    if "format" in fields:
        fields["format"].one_of(NAMES["format"])
    if not recorded.keys() - {"exact"}:
        raise node.error("must have at least one field of the request.")
    try:
        computed = digest(recorded, ignored, with_format="body" in recorded)
    except budget.TooSlow as exc:
        raise fields["ignore"].error(f"cannot be used: {exc}.") from exc
    return SameRequest(recorded, computed, ignored, "ignore" in fields, sent)


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
    """Return the ids of a recorded request, each with the one that replaces it in a prompt that is the same."""
    same = same_request_of(match)
    if same is None:
        return {}
    pairs = zip(ids_of(same.recorded), ids_of(document(prompt)), strict=False)
    return {old: new for old, new in pairs if old != new and len(old) >= MIN_ID}
