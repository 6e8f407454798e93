"""The headers that each API sends with all of its answers, as they were recorded until September 2026."""

from collections.abc import Mapping

import pytest

from completions.wire.anthropic.addresses import ADDRESSES as ANTHROPIC
from completions.wire.anthropic.messages import AnthropicCount, AnthropicMessages
from completions.wire.base import WireFormat
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.converse import Converse
from completions.wire.cohere.chat import CohereChat
from completions.wire.gemini.generate import Gemini
from completions.wire.ollama.chat import OllamaChat
from completions.wire.registry import CHAT_DIALECTS
from completions.wire.vertex.claude import VertexClaude, VertexCount

REQUEST = "req_0123456789abcdef0123456789abcdef"
OWNER = {"request-id", "anthropic-organization-id", "anthropic-workspace-id"}
GOOGLE = {"server-timing", "vary", "x-content-type-options", "x-frame-options", "x-xss-protection"}


def of(wire: WireFormat, status: int = 200) -> Mapping[str, str]:
    """Return the headers of an answer."""
    return wire.headers(12.0, REQUEST, status, None)


@pytest.mark.parametrize(
    ("wire", "names"),
    [
        (AnthropicCount(), OWNER),
        (VertexClaude(), {"request-id"}),
        (VertexCount(), {"request-id"}),
        (Converse(), {"x-amzn-requestid"}),
        (CohereChat(), {"x-debug-trace-id", "cache-control"}),
        (Gemini(), GOOGLE),
        (OllamaChat(), set()),
    ],
)
def test_headers__are_those_of_the_api(wire: WireFormat, names: set[str]) -> None:
    assert of(wire).keys() == names


@pytest.mark.parametrize(("model", "status", "limits"), [("a-model", 200, 6), ("a-model", 400, 0), (None, 200, 0)])
def test_groq__tells_the_limits_of_a_model_that_answers(model: str | None, status: int, limits: int) -> None:
    told = CHAT_DIALECTS["groq"].headers(12.0, REQUEST, status, model)
    assert sum(name.startswith("x-ratelimit-") for name in told) == limits and told["x-groq-region"]


@pytest.mark.parametrize(("model", "status", "limits"), [("grok-4.5", 200, 4), ("grok-4.5", 400, 0), (None, 200, 0)])
def test_xai__tells_the_limits_of_a_model_that_answers(model: str | None, status: int, limits: int) -> None:
    told = CHAT_DIALECTS["xai"].headers(12.0, REQUEST, status, model)
    assert sum(name.startswith("x-ratelimit-") for name in told) == limits


def test_message__tells_limits_which_a_count_does_not() -> None:
    told = of(AnthropicMessages())
    assert {name for name in told if not name.startswith("anthropic-ratelimit-")} == OWNER
    assert len(told) == len(OWNER) + 12


def test_ids__have_the_digits_of_the_request_s() -> None:
    digits = REQUEST.removeprefix("req_")
    assert of(CohereChat())["x-debug-trace-id"] == of(Converse())["x-amzn-requestid"].replace("-", "") == digits


def test_ollama__says_the_charset_of_its_json() -> None:
    assert OllamaChat().json_media_type == "application/json; charset=utf-8"


def test_hello__is_the_answer_to_claude_code() -> None:
    (found,) = (address for address in ANTHROPIC if address.route == "api/hello")
    assert found.document is not None and found.document(()) == {"message": "hello"}


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (400, {*OWNER, "x-should-retry"}),
        (401, {"request-id", "x-should-retry"}),
        (404, {*OWNER, "x-should-retry"}),
        (429, OWNER),
        (529, OWNER),
    ],
)
def test_error__of_anthropic_tells_no_limits_and_what_not_to_try_again(status: int, names: set[str]) -> None:
    assert of(AnthropicMessages(), status).keys() == of(AnthropicCount(), status).keys() == names
    for wire in (VertexClaude(), VertexCount(), BedrockClaude(), Converse(), Gemini()):
        assert of(wire, status) == of(wire)
