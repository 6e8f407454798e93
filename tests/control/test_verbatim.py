"""A rule made of an exchange that answers byte for byte."""

import json

import pytest
from pytest_django import Settings

from tests.control.client import ask, control, told

pytestmark = pytest.mark.usefixtures("world")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_rule__of_an_exchange_byte_for_byte(stream: bool) -> None:
    before = await ask("refund, please", stream=stream)
    rule = (await told("GET", f"exchanges/{before.headers['x-request-id']}/rule?verbatim=true"))["rule"]
    assert rule["name"] == "refund, please"
    assert rule["match"]["request"]["messages"] == [{"role": "user", "text": "refund, please"}]
    await told("POST", "rules", json.dumps(rule))
    after = await ask("refund, please", stream=stream)
    assert after.body == before.body
    assert (await ask("refund  please", stream=stream)).body != before.body


async def test_rule__of_what_the_journal_has_not_all_of(settings: Settings) -> None:
    settings.JOURNAL_MAX_BODY = 10
    identity = (await ask("refund")).headers["x-request-id"]
    refused = await control("GET", f"exchanges/{identity}/rule?verbatim=true")
    assert (refused.status, json.loads(refused.body)["error"]["code"]) == (409, "no_rule_possible")
