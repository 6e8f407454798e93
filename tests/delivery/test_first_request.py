"""The first request to another server: what it loads, for a tenth of a second and more, keeps no stream waiting."""

import asyncio
import ssl
import threading
from typing import Any

import pytest

from completions.delivery.relay.answer import UpstreamFailed, UpstreamRequest, send_request
from tests.scripts import asked, rules, script

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads in which the authorities were read that vouch for servers."""
    found: list[threading.Thread] = []
    read = ssl.create_default_context

    def noted(*given: Any, **named: Any) -> ssl.SSLContext:
        found.append(threading.current_thread())
        return read(*given, **named)

    monkeypatch.setattr(ssl, "create_default_context", noted)
    return found


async def passed_on() -> None:
    with pytest.raises(UpstreamFailed, match="gave no answer: ConnectError"):
        await send_request(UpstreamRequest("GET", NOBODY, {}, b"", 10))


async def called_back() -> None:
    answer: Any = script(rules(f"- reply: {{callback: {NOBODY}}}")).rules[0].answers[0]
    assert "failed: ConnectError" in str(await answer(asked()))


@pytest.mark.parametrize("asking", [passed_on, called_back])
async def test_authorities__are_read_off_the_event_loop_and_not_again(
    readers: list[threading.Thread], asking: Any
) -> None:
    await asyncio.gather(asking(), asking())
    first = len(readers)
    await asking()
    assert first and len(readers) == first
    assert threading.current_thread() not in readers
