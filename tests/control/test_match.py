"""`match` and `said` on exchanges: one round trip finds those whose requests fulfil a condition, on every surface."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import Settings

from completions.journal import matching as journal
from completions.journal import queries
from tests.control.client import ask, control, told
from tests.control.test_rules_of_exchanges import ALL
from tests.control.test_rules_of_exchanges import ask as post
from tests.same_bytes.requests import GEMINI

pytestmark = pytest.mark.usefixtures("world")


def matching(match: object, **more: object) -> str:
    """Return the query that has a condition."""
    return "&".join([f"match={quote(json.dumps(match))}", *(f"{key}={value}" for key, value in more.items())])


async def ask_everywhere() -> list[str]:
    """Ask the same on every surface, whole and streamed, with a script for all; return the requests' ids."""
    await told("PUT", "script", json.dumps({"version": 1, "rules": [{"reply": "Yes, yes."}]}))
    answers = []
    for name, surface in ALL.items():
        body = surface.body("Text")
        streamed = [] if name == "gemini" else [surface.stream]
        for more in [{}, *streamed]:
            answers.append(
                await post(surface.path, json.dumps(body | more).encode(), surface.query, dict(surface.headers))
            )
    stream = f"{GEMINI}streamGenerateContent"
    answers.append(await post(stream, json.dumps(ALL["gemini"].body("Text")).encode()))
    return [answer.headers["x-request-id"] for answer in answers]


async def test_match__on_every_surface() -> None:
    ids = await ask_everywhere()
    found = await told("GET", f"exchanges?said=true&limit=1000&{matching({'last_user': 'ext, please'})}")
    assert [each["id"] for each in reversed(found["exchanges"])] == ids
    for each in found["exchanges"]:
        assert (each["said"]["prompt"], each["said"]["answer"]) == ("Text, please.", "Yes, yes."), each["path"]
    assert (await told("GET", f"exchanges/count?{matching({'last_user': 'Other'})}"))["count"] == 0
    assert (await told("GET", f"exchanges/count?{matching({'format': 'gemini'})}"))["count"] == 2
    brief = [each for each in found["exchanges"] if "brief" in each["said"]["messages"][0]["text"] and each["stream"]]
    counted = await told("GET", f"exchanges/count?{matching({'system': 'brief', 'stream': True})}")
    assert counted["count"] == len(brief) > 10


async def test_match__waits_for_what_fulfils_it() -> None:
    await ask("a refund?", "default")
    await ask("a refund?", "default")
    await ask("an order?", "default")
    query = matching({"last_user": "refund"}, count=2, timeout_ms=0)
    assert len((await told("GET", f"exchanges/wait?{query}"))["exchanges"]) == 2
    late = await control("GET", f"exchanges/wait?{matching({'last_user': 'order'}, count=2, timeout_ms=1)}")
    document = json.loads(late.body)
    assert (late.status, len(document["exchanges"]), document["unread"]) == (408, 1, 0)


async def test_match__looks_at_more_than_it_reads_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BATCH", 2)
    monkeypatch.setattr(journal, "OVERLAP", 1)
    for number in range(7):
        await ask(f"refund {number % 2}", "default")
    assert (await told("GET", f"exchanges/count?{matching({'last_user': 'refund'})}"))["count"] == 7
    assert (await told("GET", f"exchanges/count?{matching({'last_user': 'refund 0'})}"))["count"] == 4


async def test_match__goes_on_where_a_slice_of_time_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SLICE_SECONDS", -1)
    for number in range(5):
        await ask(f"refund {number % 2}", "default")
    assert (await told("GET", f"exchanges/count?{matching({'last_user': 'refund'})}"))["count"] == 5
    assert (await told("GET", f"exchanges/count?{matching({'last_user': 'refund 1'})}"))["count"] == 2
    found = await told("GET", f"exchanges/wait?{matching({'last_user': 'refund 0'}, count=3, timeout_ms=0)}")
    assert len(found["exchanges"]) == 3


@pytest.mark.parametrize("operation", ["", "/count", "/wait"])
async def test_match__that_takes_too_long_says_how_far_it_came(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MATCH_SECONDS", -1)
    await ask("a refund?", "default")
    await ask("a refund?", "default")
    answer = await control("GET", f"exchanges{operation}?{matching({'last_user': 'refund'})}")
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["param"], error["code"]) == (400, "match", "match_too_slow")
    assert "it was tried on 0 of 2 exchanges. Select fewer with `since`" in error["message"]


async def test_said__ends_a_page_that_grows_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await ask(f"{number} {'word ' * 20}", "default")
    ids = [each["id"] for each in (await told("GET", "exchanges"))["exchanges"]]

    for most, length in ((0, 1), (10**9, 2)):
        monkeypatch.setattr(queries, "MAX_PAGE_BYTES", most)
        found: list[str] = []
        more, before = True, ""
        while more:
            page = await told("GET", f"exchanges?said=true&limit=2{before}")
            found += [each["id"] for each in page["exchanges"]]
            more, before = page["more"], f"&before={found[-1]}"
            assert len(page["exchanges"]) == (length if more else 1)
        assert found == ids


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ("{last_usr: a}", "`match.last_usr` is not known here; allowed: model, last_user"),
        ("[", "YAML"),
        ("{last_user: {regex: '('}}", "regular"),
        ("a", "`match` must be a mapping"),
    ],
)
async def test_match__that_is_wrong(match: str, message: str) -> None:
    answer = await control("GET", f"exchanges?match={quote(match)}")
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["param"].partition(".")[0]) == (400, "match")
    assert message in error["message"]


async def test_match__says_what_the_journal_has_not_all_of(settings: Settings) -> None:
    settings.JOURNAL_MAX_BODY = 100
    await ask("word " * 100, "default")
    await ask("word", "default")
    found: Any = await told("GET", f"exchanges/count?{matching({'last_user': 'word'})}")
    assert (found["count"], found["unread"]) == (1, 1)
    (cut,) = [each for each in (await told("GET", "exchanges?said=true"))["exchanges"] if each["said"]["cut"]]
    assert cut["said"]["prompt"] == cut["summary"]
    made = (await told("GET", f"exchanges/{cut['id']}/rule"))["rule"]
    tried = {"request": {"model": "gpt-4o", "messages": [{"role": "user", "content": "word " * 100}]}}
    await told("PUT", "script", json.dumps({"version": 1, "defaults": {"strict": True}, "rules": [made]}))
    assert (await told("POST", "script/try", json.dumps(tried)))["rule"] == made["name"]
