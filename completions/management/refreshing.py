"""Ask again what was recorded, and say where the shape of an answer is another one now; a report for scheduled jobs."""

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

SECONDS = 120.0
"""How long an answer may be silent."""


@dataclass(frozen=True)
class Refreshed:
    """What became of one recorded request: where its answer's shape differs, or why it could not be asked again."""

    file: str
    request: str
    differences: tuple[str, ...] = ()
    problem: str | None = None


def refreshed(deck: Deck, upstream: str | None, headers: Mapping[str, str]) -> Iterator[Refreshed]:
    """Ask each recorded request again, at the address where it was asked, or at another one."""
    with httpx.Client(timeout=SECONDS) as client:
        for rule in deck.rules:
            try:
                found = tuple(_asked_again(client, rule, upstream, headers))
            except (NotRepeatable, httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
                why = str(exc) if isinstance(exc, NotRepeatable) else f"{type(exc).__name__}: {exc}".rstrip(": ")
                yield Refreshed(rule.cassette, rule.name, problem=why)
            else:
                yield Refreshed(rule.cassette, rule.name, found)


def _asked_again(client: httpx.Client, rule: Rule, upstream: str | None, headers: Mapping[str, str]) -> Iterator[str]:
    same, answers = same_request_of(rule.match), answers_of(rule)
    if same is None or not answers:
        raise NotRepeatable("it is not an answer recorded from a server")
    before, origin = answers[-1], upstream or _origin(rule.cassette)
    again = request_of(same)
    url = joined(origin, before.path, again.query)
    sent = {"content-type": "application/json", "accept-encoding": "identity", **again.headers, **headers}
    response = client.request(again.method, url, content=again.body or None, headers=sent)
    told = (("content-type", response.headers.get("content-type", "")),)
    after = Recorded(before.path, response.status_code, told, (response.content,), (0.0,), before.stream)
    return differences(shape_of(before, _usage(before)), shape_of(after, _usage(after)))


def _origin(file: str) -> str:
    found = UPSTREAM.search(Path(file).read_text(encoding="utf-8"))
    if found is None or found[1].startswith(LITELLM):
        raise NotRepeatable("its file does not say which server answered; name one with --upstream")
    return found[1]


def _usage(answer: Recorded) -> Usage | None:
    reply = parsed_exchange(answer).reply if answer.status < 300 else None
    return reply.usage if reply else None


def as_json(folder: str, found: Sequence[Refreshed]) -> str:
    """Return the report for programs."""
    return json.dumps({"folder": folder, **_counts(found), "results": [asdict(each) for each in found]}, indent=2)


def as_markdown(folder: str, found: Sequence[Refreshed]) -> str:
    """Return the report for people, as a job can post it."""
    counts = _counts(found)
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    lines = [f"# Recorded answers in `{folder}`", "", f"{told}."]
    for each in found:
        if each.differences or each.problem:
            lines += ["", f"## `{each.file}`", ""]
            lines += [f"- could not be sent again: {each.problem}"] if each.problem else []
            lines += [f"- {difference}" for difference in each.differences]
    return "\n".join(lines) + "\n"


def _counts(found: Sequence[Refreshed]) -> dict[str, Any]:
    changed, failed = sum(bool(each.differences) for each in found), sum(each.problem is not None for each in found)
    return {"requests": len(found), "same": len(found) - changed - failed, "changed": changed, "not_asked": failed}
