"""The run: start the servers, measure the parts one after another, and print what came of the targets."""

import argparse
import gc
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop

from tests.benchmark import inspector, parts, ratios, relayed, shared, soak
from tests.benchmark.load import CONNECTIONS
from tests.benchmark.pace import HELD, ITL_MS, TTFT_MS, WITH_JITTER, WITH_LOAD
from tests.benchmark.paced import SPREAD, STREAMS
from tests.benchmark.plugin import plugin
from tests.benchmark.report import Target, heading
from tests.benchmark.servers import BenchmarkError, Peer, Server, bare, mock

HUNDRED = str(Path(__file__).with_name("hundred.yaml"))


@dataclass(frozen=True)
class Size:
    """How much is measured: spawns, rounds of load and its seconds a turn, rounds of paced streams, and the rest."""

    spawns: int
    rounds: int
    seconds: float
    paced_rounds: int
    further: bool


FULL = Size(spawns=5, rounds=13, seconds=0.35, paced_rounds=5, further=True)
QUICK = Size(spawns=3, rounds=3, seconds=0.2, paced_rounds=1, further=False)


def main() -> None:
    """Run the benchmark; SIGTERM ends it as Ctrl-C does, with all its servers."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description="Measure the mock.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, for a first look")
    parser.add_argument("--against", metavar="COMMAND", help="start another mock, and measure its answers beside ours")
    parser.add_argument("--port", type=int, help="where that one listens")
    arguments = parser.parse_args()
    if (arguments.against is None) != (arguments.port is None):
        parser.error("--against and --port go together.")
    size = QUICK if arguments.quick else FULL
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    begun = time.monotonic()
    print(heading(_load(size)), flush=True)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        try:
            peer = Peer(arguments.against, arguments.port, Path(directory)) if arguments.against else None
            targets = _attempt(lambda: _ratios(size, Path(directory), peer)) + run(size, Path(directory), stack)
        except KeyboardInterrupt:
            sys.exit("Interrupted; the servers are stopped.")
    print("\n" + "\n".join(target.line() for target in targets))
    print(f"\n{time.monotonic() - begun:.0f} s")


def run(size: Size, directory: Path, stack: ExitStack) -> list[Target]:
    """Measure everything, and return the targets; a part that fails prints why, and the others go on."""
    targets = _attempt(lambda: parts.starts(directory, size.spawns))
    targets += _attempt(lambda: plugin(directory))
    try:
        servers, hundred, unkept, paced = _start(directory, stack)
    except BenchmarkError as exc:
        print(f"\n✗ {exc}")
        return targets
    before = [server.memory() for server in (*servers, unkept, paced)]
    gc.disable()  # the generator must not pause; it makes little garbage
    targets += _attempt(lambda: uvloop.run(parts.flat_out(servers, hundred, size.rounds, size.seconds)))
    targets += _attempt(lambda: uvloop.run(parts.paced([servers[0], unkept, paced], size.paced_rounds)))
    parts.memory((*servers, unkept, paced), before)
    targets += _attempt(lambda: uvloop.run(parts.shaped(*_with(directory, stack, jitter=WITH_JITTER, load=WITH_LOAD))))
    targets += _attempt(lambda: uvloop.run(inspector.measure(servers[-1], size.rounds, size.seconds)))
    targets += _attempt(lambda: uvloop.run(relayed.measure(relayed.start(directory, stack), size.paced_rounds)))
    targets += _attempt(lambda: _shared(directory, stack, size))
    if size.further:
        targets += _attempt(lambda: soak.measure_all(directory))
        targets += _attempt(lambda: _further(directory, stack, paced))
    return targets


def _ratios(size: Size, directory: Path, peer: Peer | None) -> list[Target]:
    """Measure what answers cost beside a bare application; these servers end before the others start."""
    with ExitStack() as stack:
        if peer is not None:
            stack.enter_context(peer).await_start()
        return uvloop.run(ratios.measure(ratios.start(directory, stack), peer, size.rounds))


def _shared(directory: Path, stack: ExitStack, size: Size) -> list[Target]:
    """Measure what the round trip to Redis costs; without one it is left out."""
    if not shared.is_possible():
        print("\nnot measured: what Redis costs, for there is no redis-server on this machine", flush=True)
        return []
    uvloop.run(shared.measure(shared.start(directory, stack), max(size.rounds // 2, 1), size.seconds))
    return []


def _further(directory: Path, stack: ExitStack, paced: Server) -> list[Target]:
    """Measure what has no target: many streams, streams that wait at a gate."""
    uvloop.run(parts.many(paced))
    uvloop.run(parts.held(*_with(directory, stack, held=HELD)))
    return []


def _with(directory: Path, stack: ExitStack, **extras: str) -> list[Server]:
    """Start the mock with the hundred chunks, paced, once for each thing more in its rule."""
    pace = {"MOCK_TTFT_MS": str(TTFT_MS), "MOCK_ITL_MS": str(ITL_MS)}
    servers = [
        stack.enter_context(mock(name, directory, MOCK_SCRIPT=_script(directory, name, extra), **pace))
        for name, extra in extras.items()
    ]
    for server in servers:
        stack.callback(server.terminate)
        server.await_start()
    return servers


def _script(directory: Path, name: str, extra: str) -> str:
    """Write the script of the hundred chunks with something more in its rule, and return its path."""
    file = directory / f"{name}.yaml"
    file.write_text(Path(HUNDRED).read_text().replace("    reply:\n", f"    {extra}\n    reply:\n"))
    return str(file)


def _start(directory: Path, stack: ExitStack) -> tuple[list[Server], Server, Server, Server]:
    """Start all servers; return those that answer the same document, and the mock with 100 chunks: at once, then paced.

    The mock is there with the journal and without it.
    """
    pace = {"MOCK_SCRIPT": HUNDRED, "MOCK_TTFT_MS": str(TTFT_MS), "MOCK_ITL_MS": str(ITL_MS)}
    commands: list[Callable[[], Server]] = [
        lambda: bare("bare uvicorn ASGI app", "asgi", directory),
        lambda: bare("bare Django view, lean handler", "lean", directory),
        lambda: bare("bare Django view, stock handler", "stock", directory),
        lambda: mock("mock, journal off", directory, JOURNAL="false"),
        lambda: mock("mock", directory),
        lambda: mock("mock, 100 chunks", directory, MOCK_SCRIPT=HUNDRED),
        lambda: mock("mock, 100 chunks, paced, journal off", directory, JOURNAL="false", **pace),
        lambda: mock("mock, 100 chunks, paced", directory, **pace),
    ]
    servers = [stack.enter_context(command()) for command in commands]
    for server in servers:
        stack.callback(server.terminate)  # all at once; each is awaited after
    for server in servers:
        server.await_start()
    *alike, hundred, unkept, paced = servers
    parts.check(alike, [hundred, unkept, paced])
    return alike, hundred, unkept, paced


def _attempt(part: Callable[[], list[Target]]) -> list[Target]:
    try:
        return part()
    except BenchmarkError as exc:
        print(f"\n✗ not measured: {exc}", flush=True)
        return []


def _load(size: Size) -> str:
    return (
        f"{CONNECTIONS} keep-alive connections, {size.rounds} rounds of {size.seconds} s a server, medians; then"
        f" {STREAMS} streams that start at random within {SPREAD:g} s, {size.paced_rounds} times"
    )


if __name__ == "__main__":
    main()
