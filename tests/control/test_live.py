"""The control API of a live server: a hundred namespaces at a time, and a proxy in between."""

import asyncio
import json
import socket
from typing import Any

import httpx
import pytest

from tests.control.client import CHAT, question
from tests.patience import PATIENCE
from tests.scripts import rules
from tests.server import LiveServer

SPACES = 100
FRESH = httpx.Limits(max_keepalive_connections=0)
"""A connection for each request: the server closes one that lies idle for seconds, as it may while many others wait."""

FAST = {"MOCK_TTFT_MS": "0", "MOCK_ITL_MS": "0"}


async def use(url: str, number: int) -> dict[str, Any]:
    """Live a test's life in a namespace of its own, and return what was seen there."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, verify=False, limits=FRESH) as client:
        return await _use(client, f"/ns/test-{number}", number)


async def _use(client: httpx.AsyncClient, base: str, number: int) -> dict[str, Any]:

    async def say(text: str) -> str:
        document = (await client.post(f"{base}/{CHAT}", content=question(text))).json()
        return str(document["choices"][0]["message"]["content"])

    async def control(method: str, path: str, body: str | None = None) -> Any:
        response = await client.request(method, f"{base}/_mock/{path}", content=body)
        assert response.status_code < 300, response.text
        return response.json()

    own = rules(f"- {{name: own, match: {{last_user: me}}, replies: [{number} first, {number} second]}}")
    await control("PUT", "script", own)
    await control("POST", "rules", f"{{name: once, match: {{last_user: once}}, times: 1, reply: once {number}}}")
    hold = "{gate: gate, timeout_ms: 3600000}"
    await control("POST", "rules", f"{{match: {{last_user: hold}}, hold: {hold}, reply: held {number}}}")
    held = asyncio.create_task(say("hold"))
    while (await control("GET", "gates"))["gates"] != {"gate": 1}:  # noqa: ASYNC110  # nothing else tells
        await asyncio.sleep(0.01)
    said = [await say("me"), await say("once"), await say("me"), await say("me")]
    assert not held.done()
    released = (await control("POST", "gates/gate/release"))["released"]
    said.append(await held)
    waited = await control("GET", "exchanges/wait?count=5&timeout_ms=600000")
    uses = {each["name"]: each["uses"] for each in (await control("GET", "script"))["rules"]}
    return {
        "said": said,
        "released": released,
        "uses": uses,
        "asked": sorted(each["summary"] for each in waited["exchanges"]),
        "spaces": {each["namespace"] for each in waited["exchanges"]},
    }


async def test_namespaces__a_hundred_at_a_time_see_only_their_own() -> None:
    with LiveServer(**FAST) as server:
        seen = await asyncio.gather(*(use(server.url, number) for number in range(SPACES)))
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE, limits=FRESH) as client:
            listed = (await client.get("/_mock/namespaces")).json()["namespaces"]
            ended = await asyncio.gather(
                *(client.delete(f"/_mock/namespaces/test-{number}") for number in range(SPACES))
            )
            total = (await client.get("/_mock/exchanges/count")).json()["count"]
    for number, each in enumerate(seen):
        first, second = f"{number} first", f"{number} second"
        assert each == {
            "said": [first, f"once {number}", second, second, f"held {number}"],
            "released": 1,
            "uses": {"pushed 2": None, "once": 1, "own": 3},
            "asked": ["hold", "me", "me", "me", "once"],
            "spaces": {f"test-{number}"},
        }
    assert {f"test-{number}" for number in range(SPACES)} <= set(listed)
    assert [answer.json()["deleted"] for answer in ended] == [5] * SPACES
    assert total == 0


async def test_wait__ends_when_its_client_leaves() -> None:
    with LiveServer(**FAST) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/_mock/exchanges/wait?timeout_ms=600000", timeout=httpx.Timeout(PATIENCE, read=0.3))
            assert (await client.get("/_mock/health")).status_code == 200
        assert server.stop() == 0, "nothing holds the server up"


async def test_access__by_the_address_that_uvicorn_finds() -> None:
    """uvicorn believes X-Forwarded-For of a proxy on this machine alone (FORWARDED_ALLOW_IPS)."""
    with LiveServer(HOST="0.0.0.0", ALLOWED_HOSTS="*", **FAST) as server:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=PATIENCE) as client:
            for headers, status in (
                ({}, 200),
                ({"X-Forwarded-For": "127.0.0.1"}, 200),
                ({"X-Forwarded-For": "203.0.113.9"}, 403),
                ({"Host": "evil.example"}, 403),
                ({"Origin": "http://evil.example"}, 403),
            ):
                assert (await client.get("/_mock/script", headers=headers)).status_code == status, headers
        if (own := _own_address()) is not None:
            async with httpx.AsyncClient(base_url=f"http://{own}:{server.port}", timeout=PATIENCE) as client:
                assert (await client.get("/_mock/script")).status_code == 403
                assert (await client.get("/_mock/script", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 403
                assert (await client.get("/_mock/health")).status_code == 200


def test_access__by_token() -> None:
    arguments = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0")
    with LiveServer(*arguments, ADMIN_TOKEN="s3cret", **FAST) as server:
        answer = httpx.get(f"{server.url}/_mock/script", headers={"Authorization": "Bearer s3cret"})
        assert answer.status_code == 200
        refused = httpx.get(f"{server.url}/_mock/script")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert json.loads(refused.text)["error"]["code"] == "invalid_admin_token"
        assert "s3cret" not in "\n".join(server.log)


def _own_address() -> str | None:
    """Return an address of this machine that is not loopback; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith(("127.", "0.")) else address
