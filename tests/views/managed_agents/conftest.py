"""A live server and a client of the SDK, in a namespace of each test's own."""

import uuid
from collections.abc import Iterator

import anthropic
import pytest

from tests.server import QUICK, LiveServer

SCRIPT = """version: 1
rules:
- match: {format: [managed_agent, managed_environment], metadata: {id: chosen}}
  reply: {auto: true, id: chosen_id}
- match: {format: [managed_agent, managed_environment], metadata: {id: refused}}
  error: {status: 403, message: None today.}
- reply: {auto: true}
"""


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    with LiveServer(script=SCRIPT, **QUICK) as live:
        yield live.url


@pytest.fixture
def url(server: str) -> str:
    return f"{server}/ns/{uuid.uuid4()}"


@pytest.fixture
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="any", max_retries=0) as made:
        yield made
