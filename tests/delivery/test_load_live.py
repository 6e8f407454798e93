"""Load against a live server, through the openai SDK. Times are bounded from below only: a busy machine is slower."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import httpx
import openai

from tests.patience import PATIENCE
from tests.receive.test_live import connect, request
from tests.server import LiveServer

TPS, TOKENS = 100, 20
SCRIPT = f"""\
version: 1
defaults:
  pacing: {{ttft_ms: 0, itl_ms: 1, load: {{tps: {TPS}, max_concurrent: 3}}}}
rules:
- match: {{model: held}}
  hold: {{gate: busy, timeout_ms: 3600000}}
  reply: Done.
- reply: {" ".join(["word"] * TOKENS)}
"""


def stream(server: LiveServer, start: Barrier) -> tuple[float, float]:
    """Read a stream; return when its first token and its last came."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
        start.wait(PATIENCE)
        asked = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        moments = [time.monotonic() for chunk in asked if chunk.choices[0].delta.content]
    assert len(moments) == TOKENS
    return moments[0], moments[-1]


def most_at_a_time(log: list[str]) -> int:
    """Return how many streams were under way at once, between their first chunk and their end."""
    under_way, most = set[str](), 0
    for line in log:
        identity = line.split()[-1]
        if " chunks 1-" in line:
            under_way.add(identity)
        elif " POST " in line:
            under_way.discard(identity)
        most = max(most, len(under_way))
    return most


def test_load__no_more_at_a_time_and_no_more_tokens_than_there_are(live: LiveServer) -> None:
    count, before = 6, len(live.log)
    start = Barrier(count + 1)
    with ThreadPoolExecutor(count) as pool:
        reading = [pool.submit(stream, live, start) for _ in range(count)]
        begun = time.monotonic()  # before any has asked
        start.wait(PATIENCE)
        seen = sorted(each.result(PATIENCE) for each in reading)
    assert max(last for _, last in seen) - begun >= (count * TOKENS - 1) / TPS - 0.01
    for _ in range(count):
        before = live.log.index(live.wait_for(r"^.*POST .* 200 .*$", since=before)[0], before) + 1
    assert most_at_a_time(live.log) <= 3


def test_load__clients_that_leave_give_their_places_back(live: LiveServer) -> None:
    held = b'{"model":"held","messages":[{"role":"user","content":"Hi"}]}'
    with ExitStack() as leaving:
        for _ in range(3):  # all places
            leaving.enter_context(connect(live)).sendall(request(held))
        while httpx.get(f"{live.url}/_mock/gates", timeout=PATIENCE).json()["gates"] != {"busy": 3}:
            time.sleep(0.01)
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="any", max_retries=0, timeout=PATIENCE) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == " ".join(["word"] * TOKENS)
