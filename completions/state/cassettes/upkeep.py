"""What is to be said of a folder of recorded answers: files that cannot be used, secrets, duplicates, age, origin."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from completions.script.request.digest import SECRET
from completions.script.request.matcher import same_request_of
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.files import AT, PROGRAM

BY = re.compile(r"^  by: '?([^'\n]+)'?$", re.MULTILINE)


class Finding(NamedTuple):
    """What is to be said of a file. A `grave` one fails the check."""

    file: Path
    told: str
    grave: bool = False


def findings(deck: Deck, days: int | None, used: Collection[str] | None, now: datetime) -> Iterator[Finding]:
    """Yield what is to be said; of files older than so many days, and of unused ones, where that is asked."""
    for name, problem in deck.problems.items():
        yield Finding(Path(name), f"cannot be used: {problem.summary}", grave=True)
    yield from _duplicates(deck)
    for file in sorted({Path(rule.cassette) for rule in deck.rules}):
        text = file.read_text(encoding="utf-8")
        if found := SECRET.search(text):
            yield Finding(file, f"contains what looks like a secret: {found[0][:6]}…", grave=True)
        yield from _origin(file, text, days, now)
        if used is not None and str(file) not in used and str(file.resolve()) not in used:
            yield Finding(file, "no request in the journal was answered by it")


def _duplicates(deck: Deck) -> Iterator[Finding]:
    alike: defaultdict[object, list[str]] = defaultdict(list)
    for rule in deck.rules:
        if (same := same_request_of(rule.match)) is not None:
            alike[(same.ignored, same.digest, same.recorded.get("format"), same.recorded.get("exact"))].append(
                rule.cassette
            )
    for files in alike.values():
        for other in files[1:]:
            yield Finding(Path(other), f"has the same request as {files[0]}, which answers")


def _origin(file: Path, text: str, days: int | None, now: datetime) -> Iterator[Finding]:
    by, at = BY.search(text), AT.search(text)
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
