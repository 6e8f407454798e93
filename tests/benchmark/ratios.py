"""What a request costs the server, as a ratio to a bare ASGI application that runs in uvicorn in the same run.

The servers take turns. A turn is some hundred requests over a few connections, and what it costs is the CPU time of
the whole process until it is idle again: the journal's thread among it. A busy machine makes turns dearer and none
cheaper, so of all turns the cheapest tenth counts.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.load import ask_often
from tests.benchmark.report import Target, table
from tests.benchmark.servers import Peer, Server, bare, mock
from tests.benchmark.wire import request

ANSWER = "This is a mock response."
WORDS = "The quick brown fox jumps over the lazy dog, and nobody in the whole wide house has an idea of why it does."


def rules(number: int) -> str:
    """Return a script that holds requests to the API's rules, and of whose rules only the last one matches."""
    others = "".join(f"- {{match: {{last_user: 'never said {at}.'}}, reply: 'no {at}'}}\n" for at in range(number - 1))
    return f"version: 1\nrules:\n{others}- reply: {ANSWER}\n"


TEN_RULES = rules(10)
HUNDRED_TOKENS = f"version: 1\nrules:\n- reply: {json.dumps(' '.join((WORDS.split() * 5)[:98]))}\n"
LONG = "A prompt of some three hundred thousand characters. " * 6000

BARE = "bare ASGI application"


@dataclass(frozen=True)
class Case:
    """A server's script (none: the default one), what it is asked, and how many times the bare one's cost it may be."""

    name: str
    script: str | None
    limit: float | None = None
    stream: bool = False
    prompt: str | None = None
    requests: int = 640

    def request(self, port: int) -> bytes:
        """Return the request."""
        fields: dict[str, object] = {"stream": True} if self.stream else {}
        if self.prompt is not None:
            fields["messages"] = [{"role": "user", "content": self.prompt}]
        return request(port, **fields)


MOCK, TEN, HUNDRED = "script mock", "ten rules", "stream of 100 at once"
ONE, THOUSAND = "one rule", "1,000 rules"
CASES = (
    Case(MOCK, None, 2.8),
    Case(TEN, TEN_RULES, 3.9),
    Case(HUNDRED, HUNDRED_TOKENS, 5.2, stream=True, requests=160),
    Case(ONE, rules(1)),
    Case(THOUSAND, rules(1000), requests=320),
    Case("300 KB prompt", rules(1), prompt=LONG, requests=16),
)
ALONE = 1.3
"""How many times its idle memory a server may have under load."""

IDLE = {MOCK: 80.0, TEN: 100.0}
"""MiB that a server may have before its first request."""


def start(directory: Path, stack: ExitStack) -> list[tuple[Case, Server]]:
    """Start the bare server and one for each case."""
    begun = [(Case(BARE, None), bare(BARE, "asgi", directory))]
    for case in CASES:
        environment = {}
        if case.script is not None:
            file = directory / f"{case.name}.yaml"
            file.write_text(case.script)
            environment["MOCK_SCRIPT"] = str(file)
        begun.append((case, mock(case.name, directory, **environment)))
    for _, server in begun:
        stack.enter_context(server)
        stack.callback(server.terminate)
    for _, server in begun:
        server.await_start()
    return begun


async def measure(begun: Sequence[tuple[Case, Server]], peer: Peer | None, rounds: int) -> list[Target]:
    """Drive the servers in turn, print what an answer costs, and return the targets; with a peer, its cost too."""
    await asyncio.sleep(1)  # what a server does once, in the background
    idle = {case.name: server.memory() for case, server in begun}
    against = (
        []
        if peer is None
        else [
            (Case(f"{peer.name}, {case.name}", None, stream=case.stream), peer)
            for case in CASES
            if case.name in (MOCK, HUNDRED)
        ]
    )
    turns: dict[str, list[float]] = {case.name: [] for case, _ in (*begun, *against)}
    for turn in range(rounds + 1):
        for case, server in (*begun, *against):
            cost = await ask_often(server, case.request(server.port), case.requests if turn else WARM)
            turns[case.name] += [cost] if turn else []
    costs = {name: cheapest(taken) for name, taken in turns.items()}
    floor = costs[BARE]
    memory = {case.name: (idle[case.name], server.memory()) for case, server in begun}
    rows = [(name, (cost, cost / floor, *memory.get(name, ()))) for name, cost in costs.items()]
    print(table("an answer", ("CPU µs", "ratio", "idle MiB", "after MiB"), rows), flush=True)
    return [*_costs(costs, floor), *_memories(memory)]


WARM = 2_560
"""Requests that a server answers before it is measured: those that compile what they run need that many."""


def cheapest(turns: Sequence[float]) -> float:
    """Return the tenth percentile."""
    return sorted(turns)[len(turns) // 10]


def _costs(costs: dict[str, float], floor: float) -> list[Target]:
    within = [
        Target(f"CPU of {case.name} / bare", costs[case.name] / floor, case.limit) for case in CASES if case.limit
    ]
    return [*within, Target(f"CPU of {THOUSAND} / {ONE}", costs[THOUSAND] / costs[ONE], 2)]


def _memories(memory: dict[str, tuple[float, float]]) -> list[Target]:
    idle = [Target(f"idle memory, {name}", memory[name][0], limit, " MiB") for name, limit in IDLE.items()]
    return [*idle, *(Target(f"memory after load / idle, {n}", memory[n][1] / memory[n][0], ALONE) for n in IDLE)]
