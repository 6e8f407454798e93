"""Findings in a folder of recorded answers: invalid files, secrets, duplicates, old files, other programs' files."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from completions.script.request.digest import SECRET
from completions.script.request.matcher import same_request_of
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.files import PROGRAM, RECORDED_AT

RECORDED_BY = re.compile(r"^  by: '?([^'\n]+)'?$", re.MULTILINE)


class Finding(NamedTuple):
    """A finding in a file. An error fails the check, others are warnings."""

    file: Path
    message: str
    is_error: bool = False


def findings(deck: Deck, days: int | None, used: Collection[str] | None, now: datetime) -> Iterator[Finding]:
    """Yield the findings; those of files older than so many days, and of unused ones, only on request."""
    for name, problem in deck.problems.items():
        yield Finding(Path(name), f"cannot be used: {problem.summary}", is_error=True)
    yield from _duplicates(deck)
    for file in sorted({Path(rule.cassette) for rule in deck.rules}):
        text = file.read_text(encoding="utf-8")
        if match := SECRET.search(text):
            yield Finding(file, f"contains what looks like a secret: {match[0][:6]}…", is_error=True)
        yield from _origin(file, text, days, now)
        if used is not None and str(file) not in used and str(file.resolve()) not in used:
            yield Finding(file, "no request in the journal was answered by it")


def _duplicates(deck: Deck) -> Iterator[Finding]:
    equal_requests: defaultdict[object, list[str]] = defaultdict(list)
    for rule in deck.rules:
        if (same := same_request_of(rule.match)) is not None:
            equal_requests[(same.ignored, same.digest, same.recorded.get("format"), same.recorded.get("exact"))].append(
                rule.cassette
            )
    for files in equal_requests.values():
        for other in files[1:]:
            yield Finding(Path(other), f"has the same request as {files[0]}, which answers")


def _origin(file: Path, text: str, days: int | None, now: datetime) -> Iterator[Finding]:
    by, at = RECORDED_BY.search(text), RECORDED_AT.search(text)
    if by is not None and by[1] != PROGRAM:
        yield Finding(file, f"was written by {by[1]}, but this is {PROGRAM}")
    if days is None or at is None:
        return
    try:
        then = datetime.fromisoformat(at[1])
    except ValueError:
        yield Finding(file, f"has no valid date: {at[1]}")
        return
    age = now - (then if then.tzinfo else then.replace(tzinfo=UTC))
    if age > timedelta(days=days):
        yield Finding(file, f"was recorded {age.days} days ago")
