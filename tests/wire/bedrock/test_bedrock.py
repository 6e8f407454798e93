"""Bedrock's runtime: boto3, which signs and reads AWS's event stream, and the anthropic SDK, against a live server."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import anthropic
import boto3
import botocore.config
import botocore.exceptions
import botocore.session
import httpx
import openai
import pytest

from completions.conversation import Choice, Part, Reply, Thought, Traffic
from completions.pytest_plugin.variables import variables
from completions.wire import registry
from completions.wire.bedrock import signing
from completions.wire.bedrock.converse import Converse
from completions.wire.bedrock.errors import AmazonError
from tests.leaky import LEAKY
from tests.server import LiveServer

pytestmark = LEAKY

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
USER = {"role": "user", "content": [{"text": "Hi"}]}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": CITY}}}]}
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100}
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [AKIDGOOD]}
rules:
- {match: {last_user: busy}, error: {status: 429}}
- {match: {last_user: down}, error: {status: 503}}
- {match: {last_user: cut, stream: true}, fault: {error_object: {after_tokens: 1}}, reply: One two three.}
- {match: {tool_result: {exists: true}}, reply: "It is {{ prompt.tool_result.temp }} degrees."}
- match: {last_user: The weather?}
  reply: {reasoning: Hm., text: Wait., tool_calls: {name: get_weather, arguments: {city: Paris}}}
- {match: {last_user: Make it up}, reply: {auto: true}}
- {match: {format: converse}, reply: To Converse.}
- {match: {format: anthropic}, reply: To Claude.}
"""


def runtime(server: LiveServer, key: str = "AKIDGOOD") -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def folded(stream: Any) -> dict[str, Any]:
    """Fold Converse's events into the answer that they stand for."""
    content: dict[int, Any] = {}
    answer: dict[str, Any] = {}
    for event in stream:
        ((name, document),) = event.items()
        if name == "contentBlockStart":
            content[document["contentBlockIndex"]] = {"toolUse": {**document["start"]["toolUse"], "input": ""}}
        elif name == "contentBlockDelta":
            grow(content, document["contentBlockIndex"], document["delta"])
        elif name in ("messageStop", "metadata"):
            answer |= document
    for block in content.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return answer | {"output": {"message": {"role": "assistant", "content": list(content.values())}}}


def grow(content: dict[int, Any], index: int, delta: dict[str, Any]) -> None:
    if "text" in delta:
        content.setdefault(index, {"text": ""})["text"] += delta["text"]
    elif "toolUse" in delta:
        content[index]["toolUse"]["input"] += delta["toolUse"]["input"]
    else:
        thought = content.setdefault(index, {"reasoningContent": {"reasoningText": {"text": "", "signature": ""}}})
        for name, value in delta["reasoningContent"].items():
            thought["reasoningContent"]["reasoningText"][name] += value


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Take out what two requests may differ in."""
    document = {name: answer[name] for name in ("output", "stopReason", "usage", "metrics")}
    for done in ("Read", "Write"):
        document["usage"].pop(f"cache{done}InputTokens", None)  # a whole answer of Claude tells it always
    for block in document["output"]["message"]["content"]:
        block.get("toolUse", {}).pop("toolUseId", None)
        block.get("reasoningContent", {}).get("reasoningText", {}).pop("signature", None)
    return document


@pytest.mark.parametrize("said", ["Hi", "The weather?"])
def test_boto3__converses_whole_and_streamed(live: LiveServer, said: str) -> None:
    asked = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": said}]}], "toolConfig": TOOLS}
    client = runtime(live)
    whole = plain(client.converse(**asked))
    assert whole == plain(folded(client.converse_stream(**asked)["stream"]))
    assert whole["usage"]["totalTokens"] == whole["usage"]["inputTokens"] + whole["usage"]["outputTokens"] > 0
    if said == "Hi":
        assert whole["output"]["message"]["content"] == [{"text": "To Converse."}]
        assert whole["stopReason"] == "end_turn"
    else:
        assert [*map(next, map(iter, whole["output"]["message"]["content"]))] == ["reasoningContent", "text", "toolUse"]
        assert whole["stopReason"] == "tool_use"


def test_boto3__sends_back_what_was_said_with_a_tools_result(live: LiveServer) -> None:
    client, user = runtime(live), {"role": "user", "content": [{"text": "The weather?"}]}
    message = client.converse(modelId=MODEL, messages=[user], toolConfig=TOOLS)["output"]["message"]
    call = message["content"][-1]["toolUse"]["toolUseId"]
    result = {"toolResult": {"toolUseId": call, "content": [{"json": {"temp": 21}}]}}
    messages = [user, message, {"role": "user", "content": [result]}]
    answer = client.converse(modelId=MODEL, messages=messages, toolConfig=TOOLS)
    assert answer["output"]["message"]["content"] == [{"text": "It is 21 degrees."}]


def test_converse__takes_the_form_of_an_answer_in_claude_s_own_fields(live: LiveServer) -> None:
    form = {"type": "json_schema", "schema": {**CITY, "additionalProperties": False}}
    client, config = runtime(live), {"output_config": {"format": form}}
    asked = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Make it up"}]}]}
    whole = plain(client.converse(**asked, additionalModelRequestFields=config))
    assert list(json.loads(whole["output"]["message"]["content"][0]["text"])) == ["city"]
    assert whole == plain(folded(client.converse_stream(**asked, additionalModelRequestFields=config)["stream"]))


@pytest.mark.parametrize("mode", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}])
def test_converse__thinks_where_claude_s_own_fields_say_so(live: LiveServer, mode: dict[str, Any]) -> None:
    asked = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Make it up"}]}]}
    answer = runtime(live).converse(**asked, additionalModelRequestFields={"thinking": mode})
    assert [*map(next, map(iter, answer["output"]["message"]["content"]))] == ["reasoningContent", "text"]
    assert answer["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"]["text"]


@pytest.mark.parametrize(
    ("model", "paths", "found"),
    [
        (MODEL, ["/stop_sequence"], {"stop_sequence": "Converse"}),
        (
            MODEL,
            ["/delta/stop_sequence", "/stop_reason"],
            {"delta": {"stop_sequence": "Converse"}, "stop_reason": "stop_sequence"},
        ),
        (MODEL, ["/nothing/here"], None),
        ("amazon.nova-pro-v1:0", ["/stop_sequence"], None),
    ],
)
def test_converse__tells_the_fields_that_a_request_points_at(
    live: LiveServer, model: str, paths: list[str], found: Any
) -> None:
    client, stops = runtime(live), {"stopSequences": ["Converse"]}
    asked = {"modelId": model, "messages": [USER], "inferenceConfig": stops, "additionalModelResponseFieldPaths": paths}
    whole, streamed = client.converse(**asked), folded(client.converse_stream(**asked)["stream"])
    assert whole.get("additionalModelResponseFields") == streamed.get("additionalModelResponseFields") == found
    with pytest.raises(botocore.exceptions.ClientError, match="ValidationException"):
        client.converse(**asked | {"additionalModelResponseFieldPaths": ["stop_sequence"]})


def thought(text: str, signature: str) -> dict[str, Any]:
    return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}


THINKS = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
CHANGES: dict[str, tuple[Callable[[list[Any]], list[Any]], str]] = {
    "as it came": (lambda content: content, ""),
    "left out": (
        lambda content: content[1:],
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.",
    ),
    "made up": (
        lambda content: [thought("Hm.", "bogus"), *content[1:]],
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    "other words": (
        lambda content: [
            thought("Ha!", content[0]["reasoningContent"]["reasoningText"]["signature"]),
            *content[1:],
        ],
        "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_converse__looks_at_claude_s_thinking_that_comes_back(live: LiveServer, change: str) -> None:
    with closing(runtime(live)) as client:
        user = {"role": "user", "content": [{"text": "The weather?"}]}
        asked: Any = {"modelId": MODEL, "toolConfig": TOOLS, "additionalModelRequestFields": THINKS}
        content = client.converse(messages=[user], **asked)["output"]["message"]["content"]
        result = {"toolResult": {"toolUseId": content[-1]["toolUse"]["toolUseId"], "content": [{"json": {"temp": 21}}]}}
        changed, said = CHANGES[change]
        told = {"role": "assistant", "content": changed(content)}
        messages = [user, told, {"role": "user", "content": [result]}]
        if not said:
            assert client.converse(messages=messages, **asked)["output"]["message"]["content"]
            return
        with pytest.raises(botocore.exceptions.ClientError, match="ValidationException") as caught:
            client.converse(messages=messages, **asked)
        assert f"The model returned the following errors: {said}" in str(caught.value)


@pytest.mark.parametrize(("model", "begins"), [(MODEL, "reasoningContent"), ("amazon.nova-pro-v1:0", "toolUse")])
def test_converse__begins_claude_s_calls_with_thinking_where_it_must(live: LiveServer, model: str, begins: str) -> None:
    space = f"{live.url}/ns/bare-{begins.lower()}"
    bearer = {"authorization": "Bearer AKIDGOOD"}
    script = "{version: 1, rules: [{reply: {tool_calls: [{name: get_weather, arguments: {city: Paris}}]}}]}"
    httpx.put(f"{space}/_mock/script", content=script).raise_for_status()
    user = {"role": "user", "content": [{"text": "weather?"}]}
    body: Any = {"messages": [user], "toolConfig": TOOLS, "additionalModelRequestFields": THINKS}
    with httpx.Client(headers=bearer) as http:
        content = http.post(f"{space}/model/{model}/converse", json=body).json()["output"]["message"]["content"]
    assert next(iter(content[0])) == begins
    result = {"toolResult": {"toolUseId": content[-1]["toolUse"]["toolUseId"], "content": [{"text": "21"}]}}
    body["messages"] = [user, {"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
    assert httpx.post(f"{space}/model/{model}/converse", json=body, headers=bearer).status_code == 200


def test_boto3__invokes_claude_whole_and_streamed(live: LiveServer) -> None:
    of_bedrock = {"amazon-bedrock-guardrailConfig": {"tagSuffix": "a"}}
    body = json.dumps({**CLAUDE, **of_bedrock, "messages": [{"role": "user", "content": "Hi"}]})
    client = runtime(live)
    answer = client.invoke_model(modelId=MODEL, body=body)
    whole, headers = json.loads(answer["body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]
    assert whole["content"] == [{"type": "text", "text": "To Claude."}]
    told = {name: int(headers[f"x-amzn-bedrock-{name}-token-count"]) for name in ("input", "output")}
    assert told == {name: whole["usage"][f"{name}_tokens"] for name in told}, "where langchain-aws reads them"
    assert headers["x-amzn-bedrock-cache-read-input-token-count"] == "0"
    assert whole["id"].startswith("msg_bdrk_01") and whole["model"] == "claude-sonnet-4-5-20250929"
    stream = client.invoke_model_with_response_stream(modelId=MODEL, body=body)["body"]
    events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert "".join(event["delta"].get("text", "") for event in events if "delta" in event) == "To Claude."
    assert events[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == whole["usage"]["output_tokens"]


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("amazon.titan-embed-image-v1", 400),
        ("us.deepseek.r1-v1:0", 400),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3", 200),
        ("my-claude", 200),
    ],
)
def test_invoke__says_which_models_it_does_not_take(live: LiveServer, model: str, status: int) -> None:
    body = {**CLAUDE, "messages": [{"role": "user", "content": "Hi"}]} if status == 200 else {"inputText": "Hi"}
    space = f"{live.url}/ns/alone"
    httpx.put(f"{space}/_mock/script", content="{version: 1, defaults: {validate: false}, rules: [{reply: Hi.}]}")
    answer = httpx.post(f"{space}/model/{model}/invoke", json=body)
    assert answer.status_code == status
    kind = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    assert kind == ("ValidationException" if status == 400 else "")
    assert ("answered at converse" in answer.text) == (status == 400)


def test_anthropic_sdk__gets_a_message_whole_and_streamed(live: LiveServer) -> None:
    client = anthropic.AnthropicBedrock(
        base_url=live.url, aws_region="us-east-1", aws_access_key="AKIDGOOD", aws_secret_key="s", max_retries=0
    )
    asked: Any = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
    message = client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    assert streamed.content[0].to_dict()["text"] == message.content[0].to_dict()["text"] == "To Claude."
    asked["messages"][0]["content"] = "busy"
    with pytest.raises(anthropic.RateLimitError, match="Too many requests"):
        client.messages.create(**asked)


@pytest.mark.parametrize("signs", [False, True])
def test_mantle__has_the_variables_of_both_sdks(live: LiveServer, monkeypatch: pytest.MonkeyPatch, signs: bool) -> None:
    """The clients of `bedrock-mantle`, with a key of Bedrock's or a signature, whose key id the script knows."""
    for name, value in variables(live.url, {}):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    if signs:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDGOOD")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    else:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "AKIDGOOD")
    hi: Any = [{"role": "user", "content": "Hi"}]
    claude = anthropic.AnthropicBedrockMantle(max_retries=0)
    told = claude.messages.create(model="anthropic.claude-haiku-4-5", max_tokens=100, messages=hi)
    assert told.content[0].to_dict()["text"] == "To Claude."
    client = openai.BedrockOpenAI(max_retries=0)
    assert client.chat.completions.create(model="openai.gpt-oss-120b", messages=hi).choices[0].message.content
    assert client.responses.create(model="openai.gpt-oss-120b", input="Hi").output_text


@pytest.mark.parametrize(
    ("said", "code", "status"),
    [("busy", "ThrottlingException", 429), ("down", "ServiceUnavailableException", 503)],
)
@pytest.mark.parametrize("method", ["converse", "converse_stream"])
def test_boto3__raises_the_errors_of_its_own_names(
    live: LiveServer, said: str, code: str, status: int, method: str
) -> None:
    client = runtime(live)
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        getattr(client, method)(modelId=MODEL, messages=[{"role": "user", "content": [{"text": said}]}])
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert type(raised.value).__name__ == code


def test_boto3__raises_the_error_of_a_wrong_key_and_the_one_within_a_stream(live: LiveServer) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClientException"):
        runtime(live, "AKIDBAD").converse(modelId=MODEL, messages=[USER])
    cut = [{"role": "user", "content": [{"text": "cut"}]}]
    stream = runtime(live).converse_stream(modelId=MODEL, messages=cut)["stream"]
    with pytest.raises(botocore.exceptions.EventStreamError, match="internalServerException"):
        list(stream)


def offered(spec: dict[str, Any]) -> dict[str, Any]:
    return {"tools": [{"toolSpec": spec}]}


ELSEWHERE = {"modelId", "projectIdentifier"}
"""What a request has in its address and its headers."""

LIMIT = "The maximum tokens you requested exceeds the model limit of 64000"
SPEC = {"name": "f", "inputSchema": {"json": CITY}}
RESULT, OTHER = ({"toolResult": {"toolUseId": name, "content": [{"text": "1"}]}} for name in ("t", "other"))
CALL = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "get_weather", "input": {}}}]}


def wrong_ones(shape: Any) -> Iterator[Any]:
    """Yield what botocore's model says is of a shape, one part of which is of another JSON type."""
    if shape.type_name == "blob" or shape.name == "Document":
        return
    yield "x" if shape.type_name in ("integer", "float") else 5
    inner = {"list": "member", "map": "value"}.get(shape.type_name)
    if inner is not None:
        for wrong in wrong_ones(getattr(shape, inner)):
            yield [wrong] if inner == "member" else {"a": wrong}
    for name, member in getattr(shape, "members", {}).items():
        for wrong in wrong_ones(member):
            yield {name: wrong}


def test_converse__refuses_each_member_of_another_type() -> None:
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    members = model.operation_model("Converse").input_shape.members
    bodies = [{name: wrong} for name in members.keys() - ELSEWHERE for wrong in wrong_ones(members[name])]
    assert len(bodies) > 200
    for body in bodies:
        with pytest.raises(AmazonError, match="can not be converted to"):
            Converse().parse(json.dumps({"messages": [USER], **body}).encode(), {}, validate=True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Value null at 'messages' failed to satisfy constraint: Member must not be null"),
        ({"messages": "x"}, "STRING_VALUE can not be converted to List"),
        ({"messages": [1]}, "NUMBER_VALUE can not be converted to Structure"),
        ({"messages": [{"role": "me", "content": [{"text": "x"}]}]}, "enum value set: [user, assistant, system]"),
        ({"messages": [{"role": "user", "content": []}]}, "content field in the Message object at messages.0 is empty"),
        (
            {"messages": [{"role": "user", "content": [{"text": " "}]}]},
            "messages: text content blocks must contain non-",
        ),
        ({"messages": []}, "A conversation must start with a user message"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "must set one of the following keys: text, image"),
        ({"messages": [USER, CALL, USER]}, "The toolConfig field must be defined"),
        ({"messages": [USER, CALL, USER], "toolConfig": TOOLS}, "Expected toolResult blocks at messages.2.content"),
        ({"messages": [USER], "toolConfig": {"tools": []}}, "Member must have length greater than or equal to 1"),
        ({"messages": [USER], "toolConfig": {}}, "Value null at 'toolConfig.tools' failed"),
        (
            {"messages": [USER], "toolConfig": offered({"inputSchema": {"json": CITY}})},
            "toolSpec.name' failed to satisfy constraint: Member must not be null",
        ),
        ({"messages": [USER], "toolConfig": offered({"name": "f"})}, "1.member.toolSpec.inputSchema' failed"),
        ({"messages": [USER], "toolConfig": offered({**SPEC, "name": "f" * 65})}, "length less than or equal to 64"),
        ({"messages": [USER], "toolConfig": offered({**SPEC, "name": "a b"})}, "expression pattern: [a-zA-Z0-9_-]+"),
        (
            {"messages": [USER], "toolConfig": offered({**SPEC, "inputSchema": {}})},
            "NULL_VALUE can not be converted to Structure",
        ),
        (
            {"messages": [USER], "toolConfig": {**TOOLS, "toolChoice": {"any": {}, "auto": {}}}},
            "must set one of the following keys: auto, any, tool.",
        ),
        (
            {"messages": [USER], "toolConfig": {**TOOLS, "toolChoice": {"tool": {"name": "other"}}}},
            "The tool other in toolConfig.toolChoice is not defined in toolConfig.tools.",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": [{"toolUse": {"name": "f"}}]}], "toolConfig": TOOLS},
            "Value null at 'messages.2.member.content.1.member.toolUse.toolUseId' failed",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t"}}]}]},
            "Value null at 'messages.2.member.content.1.member.toolUse.name' failed",
        ),
        (
            {"messages": [{"role": "user", "content": [{"toolResult": {"toolUseId": "t"}}]}], "toolConfig": TOOLS},
            "Value null at 'messages.1.member.content.1.member.toolResult.content' failed",
        ),
        (
            {"messages": [USER, CALL, {"role": "user", "content": [RESULT, OTHER]}], "toolConfig": TOOLS},
            "at messages.2.content exceeds the number of toolUse blocks of previous turn.",
        ),
        ({"messages": [USER, CALL], "toolConfig": TOOLS}, "at messages.2.content for the following Ids: t"),
        ({"messages": [{"content": [{"text": "x"}]}]}, "Value null at 'messages.1.member.role' failed"),
        ({"messages": [USER], "inferenceConfig": {"topP": -1}}, "at 'inferenceConfig.topP' failed to satisfy"),
        ({"messages": [USER], "inferenceConfig": {"stopSequences": ["a"] * 2501}}, "length less than or equal to 2500"),
        ({"messages": [USER], "inferenceConfig": {"maxTokens": True}}, "TRUE_VALUE can not be converted to Integer"),
        ({"messages": [USER], "inferenceConfig": {"maxTokens": 0}}, "greater than or equal to 1"),
        ({"messages": [USER], "inferenceConfig": {"maxTokens": 999999}}, LIMIT),
        ({"messages": [USER], "inferenceConfig": {"temperature": 2}}, "less than or equal to 1"),
        (
            {"messages": [USER], "inferenceConfig": {"stopSequences": [1]}},
            "NUMBER_VALUE can not be converted to String",
        ),
    ],
)
def test_converse__refuses_in_aws_s_words(live: LiveServer, body: dict[str, Any], said: str) -> None:
    for method in ("converse", "converse-stream"):
        answer = httpx.post(
            f"{live.url}/model/{MODEL}/{method}", json=body, headers={"authorization": "Bearer AKIDGOOD"}, timeout=60
        )
        assert answer.status_code == 400 and said in answer.json()["message"]
        own, common = (
            "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            "SerializationException",
        )
        assert answer.headers["x-amzn-errortype"] in (own, common)


def test_converse__is_taken_at_its_bounds_and_tells_what_stopped_it() -> None:
    config = {"maxTokens": 1, "temperature": 0, "topP": 1.0, "stopSequences": ["."]}
    tools = offered({**SPEC, "name": "f" * 64}) | {"toolChoice": {"tool": {"name": "f" * 64}}}
    picture = {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}
    seen = {"role": "user", "content": [*USER["content"], picture]}
    call = {**CALL, "content": [thought("Hm.", "c2ln"), *CALL["content"]]}
    body = {"messages": [seen, call, {"role": "user", "content": [RESULT]}], "inferenceConfig": config}
    wire, route = Converse(), {"model": "amazon.nova-pro-v1:0", "method": "converse"}
    prompt = wire.parse(json.dumps(body | {"toolConfig": tools}).encode(), {}, validate=True, route=route)
    assert (prompt.max_tokens, prompt.stop, prompt.tool_choice.names, prompt.stream) == (1, (".",), ("f" * 64,), False)
    assert prompt.messages[1].thoughts == (Thought("Hm.", "c2ln"),)
    assert prompt.messages[0].parts == (Part("image", "iVBORw0KGgo=", media_type="image/png"),)
    document = wire.document(Reply((Choice("Hi", "stop", stopped_by="."),), serial="s"), prompt)
    assert document["stopReason"] == "stop_sequence"


PICTURED = {"type": "image", "source": {"type": "url", "url": "https://a"}}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"anthropic_version": "x"}, "anthropic_version: Input should be 'bedrock-2023-05-31'"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"speed": "fast"}, "speed: Extra inputs are not permitted"),
        ({"cache_control": {"type": "ephemeral"}}, "cache_control: Extra inputs are not permitted"),
        ({"anthropic_beta": ["computer-use-2025-01-24", "files-api-2025-04-14"]}, "invalid beta flag"),
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        (
            {"messages": [{"role": "user", "content": [PICTURED]}]},
            "messages.0.content.0.image.source.base64.data: URL sources are not supported",
        ),
    ],
)
def test_invoke__refuses_in_claude_s_words_and_aws_s_shape(live: LiveServer, more: dict[str, Any], said: str) -> None:
    body = {**CLAUDE, "messages": [{"role": "user", "content": "Hi"}], **more}
    answer = httpx.post(
        f"{live.url}/model/{MODEL}/invoke", json=body, headers={"authorization": "Bearer AKIDGOOD"}, timeout=60
    )
    assert (answer.status_code, answer.json()) == (400, {"message": said})
    assert answer.headers["x-amzn-errortype"].partition(":")[0] == "ValidationException"


SIGNED = "AWS4-HMAC-SHA256 Credential=A/20261126/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0"
NOON = 1795694400.0
"""2026-11-26, 12:00 UTC."""


@pytest.mark.parametrize(
    ("authorization", "date", "said"),
    [
        (SIGNED, "20261126T115501Z", None),
        (SIGNED, None, None),
        ("Bearer x", "19990101T000000Z", None),
        (SIGNED, "20261126T115459Z", "Signature expired: 20261126T115459Z is now earlier than 20261126T115500Z"),
        (SIGNED, "20261126T120501Z", "Signature not yet current"),
        (SIGNED, "20261126T115500Z", None),
        (SIGNED, "20261126T120500Z", None),
        (SIGNED.replace("/us-east-1/bedrock/aws4_request", ""), "20261126T120000Z", "Date in Credential scope does"),
        (SIGNED.replace("/20261126/us-east-1/bedrock/aws4_request", ""), "20261126T120000Z", "Date in Credential"),
        (SIGNED, "today", "Date must be in ISO-8601"),
        (SIGNED.replace("/20261126/", "/20261125/"), "20261126T120000Z", "Date in Credential scope does not match"),
        (SIGNED.replace("Signature=0", ""), "20261126T120000Z", "requires 'Signature' parameter"),
    ],
)
def test_signature__must_be_whole_and_of_now(authorization: str, date: str | None, said: str | None) -> None:
    headers = {"authorization": authorization} | ({"x-amz-date": date} if date else {})
    if said is None:
        signing.check(headers, NOON)
        return
    with pytest.raises(AmazonError, match=said) as raised:
        signing.check(headers, NOON)
    assert raised.value.status == 403


@pytest.mark.parametrize("method", ["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
def test_journal__reads_what_was_said(live: LiveServer, method: str) -> None:
    spoken = (
        {"messages": [USER]} if "converse" in method else {**CLAUDE, "messages": [{"role": "user", "content": "Hi"}]}
    )
    path, headers = f"/model/{MODEL}/{method}", {"authorization": "Bearer AKIDGOOD"}
    answer = httpx.post(live.url + path, json=spoken, headers=headers, timeout=60)
    said = registry.read(Traffic("POST", path, json.dumps(spoken).encode(), (answer.content,)))
    assert said.prompt and said.prompt.last_user == "Hi" and said.prompt.stream == ("stream" in method)
    assert said.reply and said.reply.usage and said.reply.usage.completion_tokens > 0
    assert said.reply.choices[0].text in ("To Converse.", "To Claude.")
    assert said.reply.choices[0].finish_reason == "stop"
    if "stream" in method:  # what is cut off is passed over
        assert registry.read(Traffic("POST", path, b"{}", (answer.content[:-20],))).reply


def test_documents__are_taken_in_as_files(live: LiveServer) -> None:
    document = {"document": {"format": "pdf", "name": "a", "source": {"bytes": base64.b64decode("JVBERg==")}}}
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    message = {"role": "user", "content": [{"text": "Hi"}, document, image]}
    answer = runtime(live).converse(modelId="amazon.nova-pro-v1:0", messages=[message])
    assert answer["output"]["message"]["content"] == [{"text": "To Converse."}]
