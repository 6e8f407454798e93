"""A long run of mixed requests against a live server: `python -m tests.soak`. Its memory has to stay where it is.

Right and wrong requests to every API, faults, errors, hostile scripts, pushed rules, new namespaces and long prompts,
on a few connections at once. Each request has the statuses that it may have; another one fails the run.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.benchmark.servers import HOST, Server, mock
from tests.patience import PATIENCE

CONNECTIONS = 12
WARM = 40_000
"""Requests after which nothing more may grow: by then the journal's queue, the caches and the namespaces are full."""

GROWTH = 1.1
"""Times its memory after WARM requests that a server may have later."""

SCRIPT = """\
version: 1
defaults: {seed: 7, limits: {rpm: 100000000}}
rules:
- {match: {last_user: /weather in (\\\\w+)/i}, reply: "Sunny, says {{ prompt.model }}."}
- {match: {last_user: order}, replies: [one, two, {error: 503}, three]}
- {match: {last_user: hostile, expr: "messages[0].content > `1`"}, reply: never}
- {match: {last_user: echo}, reply: {echo: true}}
- {reply: auto}
"""

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Kind(NamedTuple):
    """A kind of request: how often it is asked, the statuses that it may get (0: none), and how one is made."""

    weight: int
    statuses: tuple[int, ...]
    make: Callable[[random.Random], bytes]


def request(path: str, body: object = None, headers: Mapping[str, str] | None = None, method: str = "POST") -> bytes:
    """Return the bytes of a request; a body that is bytes stands as it is."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Host": HOST, "Content-Length": str(len(data)), **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def chat(text: str, **more: object) -> dict[str, object]:
    """Return the body of a chat completion."""
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


CHAT, CLAUDE = "/v1/chat/completions", {"anthropic-version": "2023-06-01"}
GEMINI = "/v1beta/models/gemini-2.5-flash:generateContent"
BOMB = {"text": "a: &a [1,1,1,1,1,1,1,1]\n" + "".join(f"a{i}: &a{i} [*a,*a]\n" for i in range(50))}

KINDS: dict[str, Kind] = {
    "whole": Kind(20, (200,), lambda dice: request(CHAT, chat("What is the weather in Paris?"))),
    "streamed": Kind(20, (200,), lambda dice: request(CHAT, chat(f"Tell me of {dice.random()}", stream=True))),
    "in order": Kind(4, (200, 503), lambda dice: request(CHAT, chat("my order"))),
    "responses": Kind(6, (200,), lambda dice: request("/v1/responses", {"model": "gpt-4o", "input": "Hi"})),
    "claude": Kind(6, (200,), lambda dice: request("/v1/messages", chat("Hi", max_tokens=50, stream=True), CLAUDE)),
    "gemini": Kind(6, (200,), lambda dice: request(GEMINI, {"contents": [{"parts": [{"text": f"{dice.random()}"}]}]})),
    "ollama": Kind(4, (200,), lambda dice: request("/api/chat", chat("Hi"))),
    "embeddings": Kind(
        4,
        (200,),
        lambda dice: request("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}),
    ),
    "a long echo": Kind(1, (200,), lambda dice: request(CHAT, chat("echo " + f"{dice.random()} " * 4000))),
    "an error": Kind(3, (429,), lambda dice: request(CHAT, chat("Hi"), {"X-Mock-Error": "429; retry_after_ms=5"})),
    "a fault": Kind(3, (200,), lambda dice: request(CHAT, chat("Hi", stream=True), {"X-Mock-Fault": "bad_utf8"})),
    "cut off": Kind(2, (200,), lambda dice: request(CHAT, chat("Hi", stream=True), {"X-Mock-Fault": "disconnect"})),
    "no answer": Kind(2, (0,), lambda dice: request(CHAT, chat("Hi"), {"X-Mock-Fault": "close"})),
    "no effect": Kind(1, (400,), lambda dice: request(CHAT, chat("Hi"), {"X-Mock-Fault": "no_done"})),
    "no JSON": Kind(3, (400,), lambda dice: request(CHAT, b"{" + dice.randbytes(20))),
    "no address": Kind(3, (404,), lambda dice: request(f"/v1/nothing/{dice.random()}", {})),
    "hostile match": Kind(2, (200,), lambda dice: request(CHAT, chat("hostile"))),
    "own namespace": Kind(
        4, (200, 503), lambda dice: request(f"/ns/soak-{dice.randrange(1000)}{CHAT}", chat("order of mine"))
    ),
    "pushed rule": Kind(
        2, (201,), lambda dice: request(f"/ns/soak-{dice.randrange(50)}/_mock/rules", {"reply": "pushed", "times": 1})
    ),
    "reset": Kind(1, (200,), lambda dice: request(f"/ns/soak-{dice.randrange(50)}/_mock/reset")),
    "lint": Kind(1, (200,), lambda dice: request("/_mock/script/lint", {"text": SCRIPT})),
    "bomb": Kind(1, (200,), lambda dice: request("/_mock/script/lint", BOMB)),
    "wrong rule": Kind(1, (400,), lambda dice: request("/_mock/rules", {"rply": f"{dice.random()}"})),
    "try": Kind(1, (200,), lambda dice: request("/_mock/script/try", {"request": chat("order")})),
    "exchanges": Kind(1, (200,), lambda dice: request("/_mock/exchanges?limit=20", method="GET")),
    "metrics": Kind(1, (200,), lambda dice: request("/_mock/metrics", method="GET")),
}


class Soak:
    """One run: what is left to ask, and what came of it."""

    def __init__(self, server: Server, requests: int, every: int) -> None:
        self._server, self._requests, self._every = server, requests, every
        self.asked, self.wrong = 0, Counter[str]()
        self.memory: dict[int, float] = {}

    async def run(self) -> None:
        """Ask all requests, on CONNECTIONS at once."""
        await asyncio.gather(*[self._ask_on_one(random.Random(number)) for number in range(CONNECTIONS)])

    async def _ask_on_one(self, dice: random.Random) -> None:
        names, weights = list(KINDS), [kind.weight for kind in KINDS.values()]
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while self.asked < self._requests:
            self._count()
            name = dice.choices(names, weights)[0]
            streams = streams or await asyncio.open_connection(HOST, self._server.port)
            status, is_open = await _asked(*streams, KINDS[name].make(dice))
            if status not in KINDS[name].statuses:
                self.wrong[f"{name}: {status}"] += 1
            if not is_open:
                streams[1].close()
                streams = None
        if streams is not None:
            streams[1].close()

    def _count(self) -> None:
        self.asked += 1
        if self.asked % self._every == 0:
            self.memory[self.asked] = self._server.memory()
            print(f"{self.asked:>9,} requests  {self.memory[self.asked]:6.1f} MiB", flush=True)


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> tuple[int, bool]:
    """Send a request; return the status of its response, 0 where there is none, and whether the connection is open."""
    writer.write(data)
    status = 0
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        if length := LENGTH.search(head):
            await reader.readexactly(int(length[1]))
        else:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
    except (asyncio.IncompleteReadError, ConnectionError):
        return status, False
    return status, b"connection: close" not in head.lower()


def main() -> None:
    """Run, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--every", type=int, default=10_000, help="requests between two looks at the memory")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.yaml"
        script.write_text(SCRIPT)
        with mock("soak", Path(folder), MOCK_SCRIPT=str(script)) as server:
            server.await_start(PATIENCE)
            soak = Soak(server, options.requests, options.every)
            asyncio.run(soak.run())
            traceback = "Traceback" in server.log()
    sys.exit(_verdict(soak, time.monotonic() - begun, traceback))


def _verdict(soak: Soak, seconds: float, traceback: bool) -> int:
    settled = [memory for asked, memory in soak.memory.items() if asked >= WARM]
    print(f"{soak.asked:,} requests in {seconds:.0f} s; wrong statuses: {dict(soak.wrong) or 'none'}")
    print(f"a traceback in the log: {'yes' if traceback else 'no'}")
    if settled:
        print(
            f"memory after {WARM:,} requests: {settled[0]:.1f} MiB; then {min(settled):.1f} to {max(settled):.1f} MiB"
        )
    grown = bool(settled) and max(settled) > settled[0] * GROWTH
    return int(bool(soak.wrong) or traceback or grown)


if __name__ == "__main__":
    main()
