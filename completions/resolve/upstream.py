"""The setting MOCK_UPSTREAM: which other servers answer what no rule does."""

import functools
from collections.abc import Sequence

from completions.outcome import Upstream
from completions.script.passing import url_problem
from completions.wire.registry import ADDRESSES

FORMATS = sorted({address.wire.name for address in ADDRESSES if address.use == "generate"} - {""})
"""The names of the formats in which answers are generated."""


@functools.lru_cache(maxsize=16)
def read_upstreams(entries: Sequence[str]) -> Upstream:
    """Read MOCK_UPSTREAM: URLs, each behind `/path=` or `format=` that it is for; raise ValueError for a wrong one."""
    urls = dict(map(_entry, entries))
    if len(urls) < len(entries):
        raise ValueError("two addresses are for the same")
    return Upstream(tuple(urls.items()))


def _entry(text: str) -> tuple[str, str]:
    of, sign, url = text.partition("=")
    of = of.strip()
    if not sign or "://" in of:
        of, url = "", text
    if (problem := url_problem(url.strip())) is not None:
        raise ValueError(f"'{url.strip()[:100]}' {problem}")
    if of and not of.startswith("/") and of not in FORMATS:
        raise ValueError(f"'{of[:60]}' is neither a path nor a format; formats: {', '.join(FORMATS)}")
    return of, url.strip()
