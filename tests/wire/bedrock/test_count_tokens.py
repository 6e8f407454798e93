"""Bedrock's count of tokens, with boto3 against a live server."""

from typing import Any

import botocore.exceptions
import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire.bedrock.count_tokens import CountTokens
from tests.server import LiveServer, serving
from tests.wire.bedrock.test_bedrock import runtime

pytestmark = [
    pytest.mark.usefixtures("leaky"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # clients that never close theirs
]

SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [AKIDGOOD]}
rules: [{match: {}, reply: Blue and green.}]
"""
CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
SAID = [{"role": "user", "content": [{"text": "Which colours are there?"}]}]
SYSTEM = [{"text": "You know about colours."}]
MESSAGE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Which colours are there?"}],
}


server = serving(script=SCRIPT)


def test_boto3__counts_what_a_conversation_costs(server: LiveServer) -> None:
    client = runtime(server)
    asked: dict[str, Any] = {"messages": SAID, "system": SYSTEM}
    counted = client.count_tokens(modelId=CLAUDE, input={"converse": asked})["inputTokens"]
    assert counted == client.converse(modelId=f"us.{CLAUDE}", **asked)["usage"]["inputTokens"] > 0


def test_boto3__counts_what_a_message_costs(server: LiveServer) -> None:
    client, body = runtime(server), orjson.dumps(MESSAGE)
    counted = client.count_tokens(modelId=CLAUDE, input={"invokeModel": {"body": body}})["inputTokens"]
    answer = orjson.loads(client.invoke_model(modelId=f"us.{CLAUDE}", body=body)["body"].read())
    assert counted == answer["usage"]["input_tokens"] > 0


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("amazon.nova-lite-v1:0", "doesn't support counting tokens"),
        (f"us.{CLAUDE}", "doesn't support counting tokens"),
        ("does-not-exist-model-v1:0", "The provided model identifier is invalid."),
    ],
)
def test_boto3__counts_for_no_other_models(server: LiveServer, model: str, said: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=said):
        runtime(server).count_tokens(modelId=model, input={"converse": {"messages": SAID}})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one"),
        ({"converse": {"messages": SAID}, "invokeModel": {"body": "e30="}}, "exactly one"),
        ({"other": {}}, "exactly one"),
        ({"converse": {}}, "messages"),
        ({"invokeModel": {"body": "{}"}}, "not base64"),
        ({"invokeModel": {"body": "é"}}, "not base64"),
        ({"invokeModel": {"body": "e30="}}, "required"),
        ({"invokeModel": None, "converse": None}, "exactly one"),
    ],
)
def test_count__of_what_is_no_request_is_refused(
    given: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("completions.wire.bedrock.signing.check", lambda headers: None)
    with pytest.raises(RequestError, match=said):
        CountTokens().parse(orjson.dumps({"input": given}), {}, validate=True, route={"model": CLAUDE})
