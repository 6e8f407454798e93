"""The recorded corpus as cassettes, asked the same at a second API: it says the recorded text."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.outcome import Recorded
from completions.resolve.recorded import parsed_exchange, played
from completions.state.cassettes.deck import Deck, answers_of, question_of, without_secrets_in
from completions.wire import registry
from tests.delivery.relay.test_live import request
from tests.reality.recorded import FILE
from tests.state.cassettes.other_api import NotAskable, body_of

EACH = 7
"""Of so many recordings one is tried."""


def asked(path: str, body: bytes, headers: dict[str, str]) -> Prompt | None:
    """Return what a request asks, where a format reads it."""
    found = registry.format_at(path.partition("?")[0])
    if found is None:
        return None
    try:
        return found[0].parse(body, headers, validate=False, route=found[1])
    except RequestError:
        return None


def generated() -> list[tuple[dict[str, Any], Prompt]]:
    """Return recordings of answers that were generated, each with what it was asked."""
    with gzip.open(FILE) as lines:
        rows = [json.loads(line) for line in lines][::EACH]
    asks = [(row, asked(row["path"], row["request"].encode(), row["headers"])) for row in rows if row["status"] == 200]
    return [(row, prompt) for row, prompt in asks if prompt is not None and prompt.task == "generate"]


def elsewhere(prompt: Prompt, document: dict[str, Any]) -> Prompt:
    """Return the same question to another API; raise `NotAskable` where that has no words for it."""
    surface = "chat" if prompt.format == "anthropic" else "anthropic"
    path, _ = request(surface, "", stream=False)
    body = body_of({**document, "format": surface}, stream=False)
    found = asked(path, json.dumps(body).encode(), {"content-type": "application/json"})
    assert found is not None
    return found


@pytest.mark.skipif(not FILE.exists(), reason=f"the recordings are not here: {FILE.parent}")
def test_corpus__says_the_same_at_a_second_api(tmp_path: Path) -> None:
    deck, rows, came = Deck(str(tmp_path)), generated(), Counter[str]()
    for row, prompt in rows:
        streamed = "event-stream" in (row["type"] or "")
        given = Recorded(row["path"].partition("?")[0], 200, (), (row["response"].encode(),), (0.0,), streamed)
        cleaned = without_secrets_in(prompt, question_of(prompt), given, "")
        assert cleaned is not None
        deck.record(*cleaned, "http://a")
    deck = Deck(str(tmp_path))
    for row, prompt in rows:
        question = question_of(prompt)
        try:
            other = elsewhere(prompt, question.document)
        except NotAskable as exc:
            came[f"not askable: {exc}"[:40]] += 1
            continue
        rule = deck.find(question_of(other))
        if rule is None:
            came["not found"] += 1
            print("not found:", row["source"], *deck.nearest(question_of(other))[:1])
            continue
        answer = answers_of(rule)[0]
        reply = played(answer, other, rule.match, ())
        expected = parsed_exchange(answer).reply
        if expected is None:
            came["not read"] += 1
            continue
        if not isinstance(reply, Reply):
            came["an error"] += 1
            continue
        wire, _ = registry.format_at(request(other.format, "", stream=False)[0]) or (None, None)
        assert wire is not None
        came["same" if reply.choices == expected.choices else "another"] += 1
    print(came)
    tried = came["same"] + came["another"] + came["not found"] + came["an error"]
    assert came["same"] >= 0.99 * tried
    assert tried >= len(rows) // 2
