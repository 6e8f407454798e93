"""Refresh of recorded answers: requests are sent again, and changed shapes of answers reported, for scheduled jobs."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from completions.conversation import Usage
from completions.outcome import LITELLM, Recorded, joined
from completions.resolve.recorded import parsed_exchange
from completions.resolve.shape import differences, shape_of
from completions.script.request.matcher import same_request_of
from completions.script.rules import Rule
from completions.state.cassettes.deck import Deck, answers_of
from completions.state.cassettes.sent_requests import NotRepeatable, request_of

UPSTREAM = re.compile(r"^  upstream: '?([^'\n]+)'?$", re.MULTILINE)

MAX_SILENCE = 120.0
"""The longest silence of an answer in seconds."""


@dataclass(frozen=True)
class RefreshResult:
    """The result for one recorded request: the differences of its answer's shape, or why it could not be sent again."""

    file: str
    request: str
    differences: tuple[str, ...] = ()
    problem: str | None = None


def refresh(deck: Deck, upstream: str | None, headers: Mapping[str, str]) -> Iterator[RefreshResult]:
    """Send each recorded request again, to the recorded address or to another one."""
    with httpx.Client(timeout=MAX_SILENCE) as client:
        for rule in deck.rules:
            try:
                changes = tuple(_changes_of(client, rule, upstream, headers))
            except (NotRepeatable, httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
                why = str(exc) if isinstance(exc, NotRepeatable) else f"{type(exc).__name__}: {exc}".rstrip(": ")
                yield RefreshResult(rule.cassette, rule.name, problem=why)
            else:
                yield RefreshResult(rule.cassette, rule.name, changes)


def _changes_of(client: httpx.Client, rule: Rule, upstream: str | None, headers: Mapping[str, str]) -> Iterator[str]:
    same, answers = same_request_of(rule.match), answers_of(rule)
    if same is None or not answers:
        raise NotRepeatable("it is not an answer recorded from a server")
    before, origin = answers[-1], upstream or _origin(rule.cassette)
    request = request_of(same)
    url = joined(origin, before.path, request.query)
    sent = {"content-type": "application/json", "accept-encoding": "identity", **request.headers, **headers}
    response = client.request(request.method, url, content=request.body or None, headers=sent)
    content_type = (("content-type", response.headers.get("content-type", "")),)
    after = Recorded(before.path, response.status_code, content_type, (response.content,), (0.0,), before.stream)
    return differences(shape_of(before, _usage(before)), shape_of(after, _usage(after)))


def _origin(file: str) -> str:
    match = UPSTREAM.search(Path(file).read_text(encoding="utf-8"))
    if match is None or match[1].startswith(LITELLM):
        raise NotRepeatable("its file does not say which server answered; name one with --upstream")
    return match[1]


def _usage(answer: Recorded) -> Usage | None:
    reply = parsed_exchange(answer).reply if answer.status < 300 else None
    return reply.usage if reply else None


def as_json(folder: str, results: Sequence[RefreshResult]) -> str:
    """Return the report in JSON."""
    return json.dumps({"folder": folder, **_counts(results), "results": [asdict(each) for each in results]}, indent=2)


def as_markdown(folder: str, results: Sequence[RefreshResult]) -> str:
    """Return the report in Markdown, which a job can post."""
    counts = _counts(results)
    summary = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    lines = [f"# Recorded answers in `{folder}`", "", f"{summary}."]
    for each in results:
        if each.differences or each.problem:
            lines += ["", f"## `{each.file}`", ""]
            lines += [f"- could not be sent again: {each.problem}"] if each.problem else []
            lines += [f"- {difference}" for difference in each.differences]
    return "\n".join(lines) + "\n"


def _counts(results: Sequence[RefreshResult]) -> dict[str, Any]:
    changed, failed = sum(bool(each.differences) for each in results), sum(each.problem is not None for each in results)
    return {"requests": len(results), "same": len(results) - changed - failed, "changed": changed, "not_asked": failed}
