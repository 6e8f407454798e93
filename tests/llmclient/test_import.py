"""What importing and calling the client does to the process: nothing that was not asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import llmclient
from tests.llmclient.wire_server import WireServer, answer, reply

ROOT = Path(__file__).parents[2]


def run(code: str) -> str:
    """Run Python code in a fresh process, warnings shown; return what it printed, errors included."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LITELLM", "PYTHON"))}
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return result.stdout + result.stderr


FORBIDDEN = "{'litellm', 'openai', 'django', 'completions', 'mocksite', 'environ'} & set(sys.modules)"


def test_import__brings_neither_litellm_nor_the_server() -> None:
    assert run(f"import sys, llmclient; llmclient.LLMClient(); print({FORBIDDEN})") == "set()\n"


def test_help__does_not_import_litellm() -> None:
    code = "import runpy, sys; sys.argv[1:] = ['--help']\ntry: runpy.run_module('llmclient', run_name='__main__')\n"
    shown = run(f"{code}except SystemExit as end: print(end.code, {FORBIDDEN})")
    assert "--base-url" in shown
    assert shown.endswith("0 set()\n")


QUIET_CALL = """
import os, socket, sys
allowed = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX and address[0] != "127.0.0.1":
        print("network:", address)
        raise OSError("no network here")
    return allowed(self, address)
def getaddrinfo(host, *args, **kwargs):
    if host not in ("127.0.0.1", b"127.0.0.1"):
        print("network:", host)
        raise OSError("no network here")
    return resolve(host, *args, **kwargs)
resolve, socket.getaddrinfo, socket.socket.connect = socket.getaddrinfo, getaddrinfo, connect
before = set(os.environ)
from llmclient import LLMClient, LLMError
client = LLMClient(base_url="URL", max_retries=0)
print(client.complete("Hi"))
try:
    client.stream("Hi").read()
except LLMError as error:
    print(type(error).__name__)
try:
    client.complete("Hi", model="anthropic/claude-x", tools=[])
except LLMError as error:
    print(type(error).__name__)
print(sorted(set(os.environ) - before))
"""


def test_call__is_quiet_offline_and_leaves_dotenv_to_its_owner(wire: WireServer) -> None:
    Path(".env").write_text("LLM_MODEL=from-file\nSECRET_OF_THE_PROJECT=1\n")
    wire.play(reply(answer()))
    wire.play(reply({"error": {"message": "bad key"}}, "401 Unauthorized"))
    assert run(QUIET_CALL.replace("URL", wire.url)).splitlines() == [
        "Hello",
        "AuthenticationError",
        "AuthenticationError",
        "['LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS', 'LITELLM_LOCAL_MODEL_COST_MAP', 'LITELLM_MODE']",
    ]
    assert wire.requests[0].json["model"] == "from-file"


def test_names__are_all_there() -> None:
    for name in llmclient.__all__:
        assert getattr(llmclient, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = llmclient.nonsense


def test_errors__are_litellms_own() -> None:
    import litellm

    assert llmclient.RateLimitError is litellm.exceptions.RateLimitError
    assert issubclass(llmclient.IncompleteStreamError, llmclient.MidStreamFallbackError)
    assert issubclass(llmclient.InvalidAnswerError, llmclient.APIResponseValidationError)
    own = [getattr(llmclient, name) for name in llmclient.__all__ if name.endswith("Error")]
    assert all(issubclass(error, llmclient.LLMError) for error in own if error is not llmclient.ConfigError)


def test_one_line__of_an_error_that_never_reached_a_server() -> None:
    from llmclient.errors import one_line

    error = llmclient.UnsupportedParamsError(message="no  such parameter\nTraceback", model="m", llm_provider="p")
    line = "http://host: UnsupportedParamsError: litellm.UnsupportedParamsError: no such parameter"
    assert one_line(error, "http://host") == line
    assert one_line(RuntimeError(), "http://host") == "http://host: RuntimeError:"


def test_package__is_typed() -> None:
    assert (ROOT / "llmclient" / "py.typed").exists()


def test_litellm__is_imported_with_few_collections_of_garbage() -> None:
    made = "sum(each['collections'] for each in gc.get_stats())"
    code = f"import gc\nfrom llmclient import lite\nbefore = gc.get_threshold(), {made}\nlite.load()\n"
    shown = run(f"{code}print(gc.get_threshold() == before[0], {made} - before[1])")
    restored, collections = shown.split()
    assert restored == "True"
    assert int(collections) < 100  # they were some 900
