"""Every prefix of LiteLLM's that speaks one of the formats, against one live server: same script, same text."""

import gc
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from llmclient import lite
from tests.docs.pages import page
from tests.leaky import LITELLM
from tests.server import LiveServer
from tests.wire.litellm_matrix import (
    ABSENT,
    ALIKE,
    BLOCKED,
    CASES,
    EXCEPTIONS,
    OPENAI,
    OWN,
    ROWS,
    Case,
    Row,
)

SCRIPT = """
version: 1
defaults:
  keys: [k]
  pacing: {ttft_ms: 0, itl_ms: 0}
rules:
- match: {tool_result: {name: get_weather}}
  reply: It is {{ prompt.tool_result.temp }} degrees.
- match: {last_user: weather}
  reply: {tool_calls: {name: get_weather, arguments: {city: Paris}}}
- match: {last_user: degrees}
  reply: {json: {degrees: 21}}
- match: {last_user: busy}
  error: {status: 429, retry_after_ms: 1}
- match: {last_user: down}
  error: {status: 500, retry_after_ms: 1}
- match: {last_user: cut, stream: true}
  fault: {error_object: {after_tokens: 1}}
  reply: One two three.
- reply: Hello to you.
"""

EMBEDDERS = ("openai", "hosted_vllm", "mistral", "together_ai", "litellm_proxy")
CUT = ("openai", "groq", "deepseek", "mistral", "together_ai", "xai", "hosted_vllm", "litellm_proxy")


@pytest.fixture(autouse=True, scope="module")
def collect_later() -> Iterator[None]:
    """Collect no answer that LiteLLM left open while httpcore holds its lock: it would wait for itself."""
    gc.disable()
    yield
    gc.enable()


pytestmark = LITELLM


@pytest.fixture(scope="module")
def google() -> Iterator[Callable[[str], dict[str, str]]]:
    """Return what makes credentials for a token, with a sign-in of Google's that gives it to them."""
    made = rsa.generate_private_key(65537, 2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with ThreadingHTTPServer(("127.0.0.1", 0), SignIn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        account = {"type": "service_account", "client_email": "a@example.com", "project_id": "p", "private_key": pem}
        place = f"http://127.0.0.1:{server.server_port}"
        yield lambda token: {"vertex_credentials": json.dumps({**account, "token_uri": f"{place}/{token}"})}
        server.shutdown()


class SignIn(BaseHTTPRequestHandler):
    """Gives the token that its path names."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"access_token": self.path[1:], "expires_in": 3600, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *parts: Any) -> None:
        """Say nothing."""


def outcome(url: str, row: Row, case: Case, stream: bool, credentials: Mapping[str, str]) -> str:
    """Return what LiteLLM makes of the answer: text, calls and finish, or the error's class and status."""
    messages = [{"role": "user", "content": case.text}, *case.then]
    settings = {"api_base": url + row.base, "_skip_mcp_handler": True, "stream": stream, **credentials}
    arguments = json.loads(json.dumps({"messages": messages, **row.more, **case.more}))  # LiteLLM writes into them
    try:
        answer = lite.load().completion(f"{row.prefix}/{row.model}", **settings, **arguments)
        choices = [chunk.choices[0] for chunk in answer if chunk.choices] if stream else answer.choices
    except Exception as error:  # whatever it raises is what came
        return named(error)
    said = [choice.delta if stream else choice.message for choice in choices]
    calls = [call.function for each in said for call in getattr(each, "tool_calls", None) or ()]
    text = "".join(each.content or "" for each in said) + "".join(call.name or "" for call in calls)
    finish = next((choice.finish_reason for choice in reversed(choices) if choice.finish_reason), None)
    return f"{text}{compact(''.join(call.arguments or '' for call in calls))} ({finish})"


def compact(document: str) -> str:
    """Write JSON as OpenAI does: of an object, as other formats have it, LiteLLM makes text with spaces."""
    return json.dumps(json.loads(document), separators=(",", ":")) if document else ""


def named(error: Any) -> str:
    name = type(error).__name__
    if name == "MidStreamFallbackError":
        return f"{name} of {named(error.original_exception)}"
    return f"{name} {getattr(error, 'status_code', error)}"


WAYS = {f"{name} streamed" if stream else name: (case, stream) for name, case in CASES.items() for stream in (0, 1)}
"""Each case, whole and streamed."""

FEW = ("text", "call streamed", "json", "429 streamed")
"""What is asked by a prefix whose adapter does as OpenAI's in all that is known."""


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_prefix__says_what_the_script_says(live: LiveServer, google: Callable[[str], dict[str, str]], row: Row) -> None:
    exceptions = {way: instead for way, instead, _ in EXCEPTIONS.get(str(row), EXCEPTIONS.get(row.prefix, ()))}
    ways = WAYS if exceptions or row in OWN or row.prefix in CUT else FEW
    came = {}
    for way in ways:
        case, stream = WAYS[way]
        credentials = google(case.key) if row.prefix == "vertex_ai" else {"api_key": case.key}
        came[way] = outcome(live.url, row, case, bool(stream), credentials)
    assert came == {way: WAYS[way][0].answer for way in ways} | exceptions


def test_exceptions__are_of_rows_and_differ_from_the_rule() -> None:
    assert EXCEPTIONS.keys() <= {row.prefix for row in ROWS} | {str(row) for row in ROWS}
    for ways in EXCEPTIONS.values():
        assert all(instead != CASES[way.removesuffix(" streamed")].answer and why for way, instead, why in ways)


def test_matrix__has_all_prefixes_of_litellm_s_table() -> None:
    asked = {row.prefix for row in ROWS}
    assert not asked & ABSENT.keys()
    assert set(lite.load().openai_compatible_providers) <= asked | ABSENT.keys()


@pytest.mark.parametrize(("row", "error"), BLOCKED, ids=str)
def test_absent__cannot_come(live: LiveServer, row: Row, error: str) -> None:
    assert row.prefix in ABSENT
    assert outcome(live.url, row, CASES["text"], False, {"api_key": "k"}) == error


def test_manual__shows_each_prefix_with_its_address() -> None:
    section = page("litellm").text
    shown = {
        (prefix, base, more)
        for prefix, base, more in re.findall(
            r"^\| `(.+?)/` \| `http://127.0.0.1:8000(.*?)` \| (.*?) ?\|", section, re.M
        )
    }
    assert shown == {(row.prefix, row.base, extra(row)) for row in OWN}
    listed, rest = section.partition("All of these use `http://127.0.0.1:8000/v1`")[2].split("\n\n", 1)
    assert re.findall("`([^`]+)/`", listed) == ALIKE
    rest = "\n".join(part for part in rest.split("\n\n") if "`Router`" not in part)
    assert set(re.findall("`([^`]+)/`", rest)) == ABSENT.keys() | {row.prefix for row in ROWS if of_the_list(row)}


def extra(row: Row) -> str:
    """Return the manual's words for what a row needs, beyond its address."""
    told = [f'`{name}="{value}"`' for name, value in row.more.items() if name not in (*OPENAI, "max_tokens")]
    return ", ".join(told) or (f"a model like `{row.model}`" if row.prefix == "clarifai" else "")


def of_the_list(row: Row) -> bool:
    return row.prefix in ALIKE and row.prefix in EXCEPTIONS


@pytest.mark.parametrize("row", [row for row in ROWS if row.prefix in CUT and row.base == "/v1"], ids=str)
def test_prefix__sees_an_error_in_a_stream(live: LiveServer, row: Row) -> None:
    with pytest.raises(Exception, match=r"server had an error|server_error|InternalServerError"):
        list(
            lite.load().completion(
                f"{row.prefix}/{row.model}",
                [{"role": "user", "content": "Be cut"}],
                api_base=live.url + row.base,
                api_key="k",
                stream=True,
            )
        )


@pytest.mark.parametrize("provider", EMBEDDERS)
def test_provider__embeds(live: LiveServer, provider: str) -> None:
    answer = lite.load().embedding(
        f"{provider}/some-model",
        input=["Hello", "you"],
        api_base=f"{live.url}/v1",
        api_key="k",
        encoding_format="float",
    )
    assert [len(item["embedding"]) for item in answer.data] == [1536, 1536]
    assert answer.usage.prompt_tokens == 2
