"""The parts of the benchmark: each measures in turns, prints its table, and returns its targets."""

import resource
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from tests.benchmark import pace
from tests.benchmark.clients import all_done, connected
from tests.benchmark.load import Sample, drive
from tests.benchmark.pace import CHUNKS, FRAMES, ITL_MS
from tests.benchmark.paced import STREAMS, Lateness, Opened, listen
from tests.benchmark.report import Target, table
from tests.benchmark.servers import BenchmarkError, Server
from tests.benchmark.startup import first_answer, litellm_modules
from tests.benchmark.wire import body, request

WARM_SECONDS = 0.1
MANY = 1000
HELD = 10_000
"""Streams that are open at once; as many as the limit of open files allows."""

LATENESS = ("late p50", "late p99", "drift p50", "drift p99", "µs/chunk", "generator %", "others %")
"""The columns of `_figures`."""

Case = tuple[str, Server, bool]
"""A label, a server, and whether it is to stream."""

Figures = tuple[str, float, float]
"""A label, the median of the answers per second, and that of the server's CPU µs per answer."""


def check(servers: Sequence[Server], hundred: Sequence[Server]) -> None:
    """Make sure that all servers answer the same document, and that the streams have their frames."""
    documents = [server.document() for server in servers]
    for server, document in zip(servers, documents, strict=True):
        if document != documents[0]:
            raise BenchmarkError(f"{server.name} answers another document than {servers[0].name}: {document}")
    for server in hundred:
        if (frames := server.answer(stream=True).count(b"data: ")) != FRAMES:
            raise BenchmarkError(f"{server.name} streams {frames} frames instead of {FRAMES}")


async def flat_out(servers: Sequence[Server], hundred: Server, rounds: int, seconds: float) -> list[Target]:
    """Drive whole answers and unpaced streams, one server after another, `seconds` each, in `rounds`."""
    cases: list[Case] = [(server.name, server, False) for server in servers]
    cases += [("98 tokens, whole", hundred, False), ("98 tokens, streamed", hundred, True)]
    samples: dict[str, list[Sample]] = {label: [] for label, _, _ in cases}
    for turn in range(rounds + 1):
        for label, server, stream in cases:
            sample = await drive(server, request(server.port, stream=stream), seconds if turn else WARM_SECONDS)
            samples[label] += [sample] if turn else []
    taken = [(label, median(s.rate for s in turns), median(s.cost for s in turns)) for label, turns in samples.items()]
    return [*_whole(taken[:-2]), _streamed(taken[-2:])]


def _whole(taken: Sequence[Figures]) -> list[Target]:
    """Compare the servers' whole answers: the last two, the mock's, with the second's and with each other."""
    unkept, mock = taken[-2][2], taken[-1][2]
    columns = ("requests/s", "CPU µs/request", "mock's ratio")
    _show(table("whole answers", columns, [(label, (rate, cost, mock / cost)) for label, rate, cost in taken]))
    return [
        Target(
            "CPU of a whole answer, mock without journal / bare Django view on the lean handler",
            unkept / taken[1][2],
            1.4,
        ),
        Target("CPU of a whole answer, mock with / without journal", mock / unkept, 2),
    ]


def _streamed(taken: Sequence[Figures]) -> Target:
    """Compare the mock's unpaced stream with the same answer in one piece."""
    (whole, rate, cost), (streamed, stream_rate, stream_cost) = taken
    events = (stream_rate * CHUNKS, stream_cost / CHUNKS)
    columns = ("answers/s", "CPU µs/answer", "chunks/s", "CPU µs/chunk")
    rows = [(whole, (rate, cost)), (streamed, (stream_rate, stream_cost, *events))]
    _show(table(f"mock, {CHUNKS} chunks without pacing", columns, rows))
    return Target(f"CPU of {CHUNKS} chunks, streamed unpaced / whole", stream_cost / cost, 2)


async def paced(servers: Sequence[Server], rounds: int) -> list[Target]:
    """Hold paced streams on each server in turn; the last server's lateness is judged, the others' is the floor."""
    runs: dict[str, list[list[float]]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            runs[server.name].append(_figures(await listen(server, request(server.port, stream=True))))
    figures = {name: _middle(taken) for name, taken in runs.items()}
    rows = [(name, (*figures[name], max(late_p99 for _, late_p99, *_ in taken))) for name, taken in runs.items()]
    _show(table(f"{STREAMS} streams of {CHUNKS} chunks at {ITL_MS} ms", (*LATENESS, "worst p99"), rows))
    waves = runs[servers[-1].name]
    _, late, drift, _, cost, *_ = _middle(waves)
    return [
        Target("lateness of a fresh server's first wave, p99", waves[0][1], 10, " ms"),
        *[Target("and of its second, p99", wave[1], 3, " ms") for wave in waves[1:2]],
        Target("CPU of a paced chunk", cost, 25, " µs"),
        Target("paced chunks' lateness, p99", late, 10, " ms"),
        Target("paced streams' drift, median", drift, 2, " ms"),
    ]


def _middle(taken: Sequence[Sequence[float]]) -> list[float]:
    return [median(column) for column in zip(*taken, strict=True)]


async def shaped(jittered: Server, loaded: Server) -> list[Target]:
    """Print the lateness of streams with jitter, which is judged as without, and of those that share a capacity.

    One stream is asked for before: it waits for the tokenizer, and all others would wait with it.
    """
    for server in (jittered, loaded):
        await listen(server, request(server.port, stream=True), streams=1)
    with_jitter = await listen(jittered, request(jittered.port, stream=True), pace.jittered(body(stream=True)))
    shared = await listen(loaded, request(loaded.port, stream=True))
    rows = [("lognormal jitter", _figures(with_jitter)), (f"{pace.SHARED_TPS:,} tokens/s shared", _figures(shared))]
    _show(table(f"{STREAMS} streams of {CHUNKS} chunks at {ITL_MS} ms, with", LATENESS, rows))
    _, late, drift, *_ = _figures(with_jitter)
    return [
        Target("paced chunks' lateness with jitter, p99", late, 10, " ms"),
        Target("paced streams' drift with jitter, median", drift, 2, " ms"),
    ]


async def many(paced: Server) -> None:
    """Print the lateness of many more streams than are judged."""
    run = await listen(paced, request(paced.port, stream=True), streams=MANY)
    _show(table(f"paced streams of {CHUNKS} chunks at {ITL_MS} ms", LATENESS, [(f"{MANY} streams", _figures(run))]))


async def held(server: Server) -> None:
    """Print the memory that streams cost which wait at a gate, open and silent."""
    count = min(HELD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    before = server.memory()
    async with connected(server, lambda: Opened(request(server.port, stream=True)), count) as clients:
        for client in clients:
            client.ask()
        await all_done(clients, 0)
        after = server.memory()
    each = (after - before) * 1024 / count
    _show(
        table(
            "streams held open at a gate", ("streams", "MiB", "KiB/stream"), [("mock", (count, after - before, each))]
        )
    )


def _figures(run: Lateness) -> list[float]:
    """Return p50 and p99 of lateness and of drift in ms, CPU µs per chunk, and the generator's and others' CPU in %."""
    late, drift = quantiles(run.chunks, n=100), quantiles(run.drifts, n=100)
    return [late[49], late[98], drift[49], drift[98], run.cpu, run.generator * 100, run.others * 100]


def starts(directory: Path, spawns: int) -> list[Target]:
    """Start the mock `spawns` times."""
    seconds = [first_answer(directory) for _ in range(spawns)]
    columns = ("median s", "best s", "worst s")
    _show(table("process start to first answer", columns, [("mock", (median(seconds), min(seconds), max(seconds)))]))
    return [
        Target(f"process start to first answer, median of {spawns}", median(seconds), 1, " s"),
        Target("LiteLLM modules loaded by the server", float(len(litellm_modules())), 0),
    ]


def memory(servers: Sequence[Server], before: Sequence[float]) -> None:
    """Print each server's memory after its start and after its load."""
    rows = [(server.name, (early, server.memory())) for server, early in zip(servers, before, strict=True)]
    _show(table("memory", ("start MiB", "end MiB"), rows))


def _show(text: str) -> None:
    print(text, flush=True)
