"""Whether a worker is ready whose Redis is there and refuses what counting needs."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.patience import PATIENCE
from tests.redis_server import RedisServer
from tests.server import LiveServer

REFUSING: list[tuple[tuple[str, ...], tuple[str, ...], str]] = [
    (("ACL", "SETUSER", "default", "-hincrby"), ("ACL", "SETUSER", "default", "+hincrby"), "can't run this command"),
    (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "maxmemory"),
    (("REPLICAOF", "127.0.0.1", "9"), ("REPLICAOF", "NO", "ONE"), ""),
]
"""What makes Redis refuse, what makes it take commands again, and a word of its refusal."""


@pytest.fixture
def admin() -> Iterator[Any]:
    with RedisServer() as server, redis.Redis(port=server.port) as client:
        yield client


def ready(server: LiveServer) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{server.url}/_mock/ready", timeout=PATIENCE) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, json.load(exc)


def becomes(server: LiveServer, status: int) -> Any:
    """Return what is said once it has a status."""
    while True:
        found, document = ready(server)
        if found == status:
            return document
        time.sleep(0.1)


def test_ready__not_where_redis_refuses_to_count(admin: Any) -> None:
    port = admin.connection_pool.connection_kwargs["port"]
    for refuse, _, _ in REFUSING:
        admin.execute_command(*refuse)
    with LiveServer(STATE_URL=f"redis://127.0.0.1:{port}/0") as server:
        for _, allow, _ in REFUSING:
            status, document = ready(server)
            assert (status, document["error"]["code"]) == (503, "state_unavailable")
            admin.execute_command(*allow)
        assert "state" not in becomes(server, 200)
        for refuse, allow, word in REFUSING:
            admin.execute_command(*refuse)
            status, document = ready(server)
            assert status == 200
            assert word in document["state"] and document["state"].startswith("refused" if word else "unavailable")
            admin.execute_command(*allow)
            while "state" in becomes(server, 200):
                time.sleep(0.1)
