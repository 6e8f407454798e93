"""Which exchanges a test means."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from completions.pytest_plugin.exchanges import Exchange
from completions.pytest_plugin.rules import When, match


def chosen(exchanges: Iterable[Exchange], when: When | Callable[[Exchange], bool]) -> list[Exchange]:
    """Return the exchanges that `when` holds for; a `match:` is read and tried as the server does it."""
    if when is None:
        return list(exchanges)
    if callable(when):
        return [exchange for exchange in exchanges if when(exchange)]
    if isinstance(when, str):
        return [exchange for exchange in exchanges if when in exchange.prompt]
    return _matching(exchanges, match(when) or {})


def _matching(exchanges: Iterable[Exchange], document: Mapping[str, Any]) -> list[Exchange]:
    from completions.exceptions import RequestError
    from completions.script import conditions
    from completions.script.as_json import as_json
    from completions.script.node import read_text
    from completions.wire.openai.chat.format import ChatCompletions
    from completions.wire.openai.legacy import LegacyCompletions

    matcher = conditions.match(read_text(as_json(dict(document)), "when"))
    found = []
    for exchange in exchanges:
        wire = LegacyCompletions() if exchange.path.endswith("/v1/completions") else ChatCompletions()
        body = exchange.body
        try:
            prompt = wire.parse(as_json(body).encode(), exchange.request["headers"], validate=False)
        except RequestError:
            continue  # no prompt at all
        if matcher is None or matcher.matches(prompt):
            found.append(exchange)
    return found
