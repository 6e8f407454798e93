"""Fixtures for all tests."""

import asyncio
import gc
import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from completions.tokens import text
from tests.fuzzing import EXAMPLES
from tests.redis_server import RedisServer, server_url
from tests.server import QUICK, LiveServer

if TYPE_CHECKING:
    import anthropic
    import openai
    from google import genai

pytest_plugins = ["completions.pytest_plugin"]  # as its entry point does where the package is installed

# One authority in place of the usual hundred and more, which each client of httpx reads for 50 ms: none is needed here.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("authority.pem"))

settings.register_profile("house", deadline=None, max_examples=EXAMPLES)  # a machine that is busy must fail no test
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return how many processes `-n auto` starts: three for two cores, as many tests wait; 12 at most, for memory.

    None: the environment says how many, by the variable of xdist.
    """
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores * 3 // 2 + cores % 2, 12)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect no garbage while tests are collected, and pass over what is there then ever after: a third is saved."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Collect what the tests left, and pass over what stays: pytest goes through it ten times more as it ends."""
    litellm: Any = sys.modules.get("litellm")
    if litellm is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it closes none of the connections that it keeps
            litellm.in_memory_llm_clients_cache.flush_cache()
            gc.collect()
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Keep a file's tests in one process where there are several, as far as that goes: they share its servers."""
    if config.getoption("numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


@pytest.fixture(scope="session", autouse=True)
def tokenizer() -> None:
    """Load the tokenizer, as a server does at its start: the first request of a process would wait for it."""
    text.load_default_encoding()


@pytest.fixture(scope="module", autouse=True)
def no_loop_of_litellms() -> None:
    """Say that there is no event loop: where nobody has, LiteLLM opens one and leaves it open."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """A live server with the defaults but a quicker pace; shared, so tests must not stop it."""
    with LiveServer(MOCK_TTFT_MS="20", MOCK_ITL_MS="20") as live:
        yield live


@pytest.fixture(scope="module")
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A live server with the script that is the module's SCRIPT, which answers at once unless that says otherwise."""
    with LiveServer(script=request.module.SCRIPT, **QUICK) as started:
        yield started


@pytest.fixture
def place(live: LiveServer, request: pytest.FixtureRequest) -> str:
    """The address of a namespace of the test's own on that server."""
    return f"{live.url}/ns/{hashlib.sha1(request.node.name.encode()).hexdigest()[:12]}"


@pytest.fixture
def gpt(place: str) -> "Iterator[openai.OpenAI]":
    """A client of OpenAI's SDK in the test's namespace."""
    import openai

    with openai.OpenAI(base_url=f"{place}/v1", api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture
def claude(place: str) -> "Iterator[anthropic.Anthropic]":
    """A client of Anthropic's SDK in the test's namespace."""
    import anthropic

    with anthropic.Anthropic(base_url=place, api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture
def gemini(place: str) -> "genai.Client":
    """A client of Google's SDK in the test's namespace."""
    from google import genai
    from google.genai import types

    return genai.Client(api_key="k", http_options=types.HttpOptions(base_url=place))


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of the test's own, to stop and start."""
    with RedisServer() as started:
        yield started


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis that tests share, each with namespaces of its own."""
    with server_url() as url:
        yield url


@pytest.fixture(scope="module")
def leaky() -> Iterator[None]:
    """For modules whose clients leave sockets open: collect these while the module's own filter of warnings holds."""
    yield
    gc.collect()
