"""Models other than Claude at `invoke` and `invoke-with-response-stream`, with boto3 against a live server."""

import base64
import json
from typing import Any

import botocore.exceptions
import pytest

from completions.conversation import Choice, Reply, Traffic, Usage
from completions.wire import registry
from tests.server import LiveServer, serving
from tests.wire.bedrock.test_bedrock import runtime

pytestmark = [
    pytest.mark.usefixtures("leaky"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # clients that never close theirs
]

SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [AKIDGOOD]}
rules:
- {match: {format: invoke, last_user: busy}, error: {status: 429}}
- match: {format: invoke}
  reply: Blue and green.
- {match: {format: converse, tools: {contains: think}}, reply: {reasoning: One two., text: Blue and green.}}
- match: {format: converse, tools: {contains: look}}
  reply: {text: Wait., tool_calls: {name: look, arguments: {at: 1}}}
- {match: {format: converse}, reply: Blue and green.}
- {match: {format: chat}, reply: Blue and green.}
- {match: {format: anthropic}, reply: Blue and green.}
"""
TEXT = "Blue and green."
NOVA = "us.amazon.nova-micro-v1:0"
HELLO = {"role": "user", "content": [{"text": "Hello"}]}


server = serving(script=SCRIPT)


def asked(model: str, said: str = "Colours?", limit: int = 100, stop: str = "") -> dict[str, Any]:
    """Return a request in a model's own words."""
    stops = [stop] if stop else []
    if "titan" in model:
        return {"inputText": said, "textGenerationConfig": {"maxTokenCount": limit, "stopSequences": stops}}
    if "llama" in model:
        return {"prompt": said, "max_gen_len": limit}
    if "mistral" in model:
        return {"prompt": said, "max_tokens": limit, "stop": stops}
    key = "message" if "command-r" in model else "prompt"
    return {key: said, "max_tokens": limit, "stop_sequences": stops}


def told(model: str, answer: dict[str, Any]) -> tuple[str, str | None]:
    """Return the text of an answer, or of a chunk, and why it ends."""
    for key in ("results", "outputs", "generations"):
        for inner in answer.get(key, ()):
            return told(model, inner)
    text = next((answer[key] for key in ("outputText", "generation", "text") if key in answer), "")
    reasons = ("completionReason", "stop_reason", "finish_reason")
    return text, next((answer[key] for key in reasons if answer.get(key)), None)


TITAN, LLAMA = "amazon.titan-text-lite-v1", "us.meta.llama3-1-70b-instruct-v1:0"
MISTRAL, COMMAND, COMMAND_R = "mistral.mixtral-8x7b-instruct-v0:1", "cohere.command-text-v14", "cohere.command-r-v1:0"
ENDS = {
    TITAN: ("FINISH", "LENGTH", "STOP_CRITERIA_MET"),
    LLAMA: ("stop", "length", ""),
    MISTRAL: ("stop", "length", "stop"),
    COMMAND: ("COMPLETE", "MAX_TOKENS", "STOP_SEQUENCE"),
    COMMAND_R: ("COMPLETE", "MAX_TOKENS", "STOP_SEQUENCE"),
}
KEYS = {
    TITAN: ["inputTextTokenCount", "results"],
    LLAMA: ["generation", "prompt_token_count", "generation_token_count", "stop_reason"],
    MISTRAL: ["outputs"],
    COMMAND: ["id", "generations", "prompt"],
    COMMAND_R: ["response_id", "text", "generation_id", "chat_history", "finish_reason"],
}


def whole(server: LiveServer, model: str, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an answer, and the headers that tell what it cost."""
    answer = runtime(server).invoke_model(modelId=model, body=json.dumps(body))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    mark = "x-amzn-bedrock-"
    return json.loads(answer["body"].read()), {
        name.removeprefix(mark): value for name, value in headers.items() if name.startswith(mark)
    }


def streamed(server: LiveServer, model: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the documents in the chunks of a stream."""
    answer = runtime(server).invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@pytest.mark.parametrize("model", sorted(ENDS))
def test_text__is_said_whole_and_streamed(server: LiveServer, model: str) -> None:
    stop, length, stopped = ENDS[model]
    answer, headers = whole(server, model, asked(model))
    assert [*answer] == KEYS[model]
    assert told(model, answer) == (TEXT, stop)
    assert int(headers["input-token-count"]) > 0 < int(headers["output-token-count"])
    found = streamed(server, model, asked(model))
    assert "".join(told(model, each)[0] for each in found) == TEXT
    assert [told(model, each)[1] for each in found] == [None] * (len(found) - 1) + [stop]
    counted = found[-1]["amazon-bedrock-invocationMetrics"]
    assert [counted[name] for name in ("inputTokenCount", "outputTokenCount")] == [
        int(headers[name]) for name in ("input-token-count", "output-token-count")
    ]
    assert told(model, whole(server, model, asked(model, limit=1))[0]) == ("Blue", length)
    if stopped:
        assert told(model, whole(server, model, asked(model, stop=" and"))[0]) == ("Blue", stopped)


@pytest.mark.parametrize("from_tool", [False, True])
def test_converse__cites_search_results(server: LiveServer, from_tool: bool) -> None:
    facts = {"source": "https://example.com/facts", "title": "Facts", "citations": {"enabled": True}}
    result = {"searchResult": {**facts, "content": [{"text": "Blue is a colour."}, {"text": "So is green."}]}}
    messages = [{"role": "user", "content": [{"text": "Colours?"}, *([] if from_tool else [result])]}]
    call = {"toolUse": {"toolUseId": "tooluse_1", "name": "find", "input": {}}}
    if from_tool:
        messages.append({"role": "assistant", "content": [call]})
        messages.append({"role": "user", "content": [{"toolResult": {"toolUseId": "tooluse_1", "content": [result]}}]})
    tools = {"tools": [{"toolSpec": {"name": "find", "inputSchema": {"json": {"type": "object"}}}}]}
    given = {"modelId": "anthropic.claude-haiku-4-5-20251001-v1:0", "messages": messages, "toolConfig": tools}
    citation = {
        "location": {"searchResultLocation": {"searchResultIndex": 0, "start": 0, "end": 1}},
        "source": "https://example.com/facts",
        "sourceContent": [{"text": "Blue is a colour."}],
        "title": "Facts",
    }
    (block,) = runtime(server).converse(**given)["output"]["message"]["content"]
    assert block == {"citationsContent": {"citations": [citation], "content": [{"text": TEXT}]}}
    events = [event.get("contentBlockDelta", {}) for event in runtime(server).converse_stream(**given)["stream"]]
    assert [found for event in events if (found := event.get("delta", {}).get("citation"))] == [citation]


@pytest.mark.parametrize("model", [LLAMA, NOVA, "openai.gpt-oss-20b-1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_answer__repeats_how_it_was_served(server: LiveServer, model: str) -> None:
    bodies = {
        LLAMA: asked(LLAMA),
        NOVA: {"messages": [HELLO]},
        "openai.gpt-oss-20b-1:0": {"messages": [{"role": "user", "content": "Hello"}]},
    }
    claude = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9}
    body = bodies.get(model, {**claude, "messages": [{"role": "user", "content": "Hello"}]})
    given: dict[str, Any] = {"modelId": model, "body": json.dumps(body)}
    served = {"performanceConfigLatency": "optimized", "serviceTier": "flex"}
    client = runtime(server)
    for ask in (client.invoke_model, client.invoke_model_with_response_stream):
        plain, told_of = ask(**given), ask(**given, **served)
        assert [told_of[name] for name in served] == ["optimized", "flex"]
        assert not served.keys() & plain.keys()


def test_command_r__keeps_the_history(server: LiveServer) -> None:
    before = [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello."}]
    answer, _ = whole(server, COMMAND_R, asked(COMMAND_R) | {"chat_history": before, "preamble": "Be brief."})
    now = [{"role": "USER", "message": "Colours?"}, {"role": "CHATBOT", "message": TEXT}]
    assert answer["chat_history"] == before + now
    read = registry.read(
        Traffic(
            "POST", f"/model/{COMMAND_R}/invoke", json.dumps(asked(COMMAND_R) | {"chat_history": before}).encode(), ()
        )
    )
    assert read.prompt and [message.text for message in read.prompt.messages] == ["Hi", "Hello.", "Colours?"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Malformed input request: #: required key [prompt] not found, reformat your input and try again."),
        (
            {"prompt": ["a"]},
            "Malformed input request: #/prompt: expected type: String, found: JSONArray, reformat your input "
            "and try again.",
        ),
        (
            {"prompt": "a", "max_gen_len": 1.5, "temperature": "0", "top_p": None},
            "Malformed input request: #/max_gen_len: expected type: Integer, found: BigDecimal#/temperature: expected "
            "type: Number, found: String#/top_p: expected type: Number, found: Null, reformat your input and "
            "try again.",
        ),
    ],
)
def test_text__is_refused_where_nothing_is_asked(server: LiveServer, body: dict[str, Any], said: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        whole(server, LLAMA, body)
    assert refused.value.response["Error"] == {"Code": "ValidationException", "Message": said}


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        (TITAN, {"textGenerationConfig": []}, "#/textGenerationConfig: expected type: JSONObject, found: JSONArray"),
        (
            TITAN,
            {"textGenerationConfig": {"stopSequences": ["a", 5]}},
            "#/textGenerationConfig/stopSequences/1: expected type: String, found: Integer",
        ),
        (COMMAND_R, {"preamble": True}, "#/preamble: expected type: String, found: Boolean"),
        (TITAN, {"top_p": 1}, r"#: extraneous key \[top_p\] is not permitted"),
        (
            LLAMA,
            {"system": "a", "messages": []},
            r"#: extraneous key \[system\] is not permitted#: extraneous key \[messages\] is not permitted",
        ),
    ],
)
def test_field__of_another_type_or_model_is_refused(
    server: LiveServer, model: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=f"Malformed input request: {said}, reformat"):
        streamed(server, model, asked(model) | more)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, r"#: required key \[messages\] not found"),
        ({"messages": [HELLO], "top_p": 0.5}, r"#: extraneous key \[top_p\] is not permitted"),
        ({"messages": [{**HELLO, "content": "Hi"}]}, "#/messages/0/content: expected type: JSONArray, found: String"),
        (
            {"messages": [HELLO, {**HELLO, "content": [{"type": "text", "text": "Hi"}]}]},
            r"#/messages/1/content/0: extraneous key \[type\] is not permitted",
        ),
    ],
)
def test_nova__is_asked_in_its_own_fields_alone(server: LiveServer, body: dict[str, Any], said: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=f"Malformed input request: {said}, reformat"):
        whole(server, NOVA, body)
    config = {"amazon-bedrock-guardrailConfig": {"tagSuffix": "a"}, "schemaVersion": "messages-v1"}
    assert whole(server, NOVA, {"messages": [HELLO], **config})


def test_text__is_refused_by_the_script(server: LiveServer) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="ThrottlingException"):
        streamed(server, TITAN, asked(TITAN, "busy"))


SCHEMA = {"type": "object", "properties": {"at": {"type": "integer"}}}
LOOK = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": SCHEMA}}}]}
THINK = {"tools": [{"toolSpec": {"name": "think", "inputSchema": {"json": SCHEMA}}}]}
USER = {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "Colours?"}]}]}


def test_nova__says_it_whole_and_streamed(server: LiveServer) -> None:
    answer, headers = whole(server, NOVA, USER)
    assert answer["output"] == {"message": {"content": [{"text": TEXT}], "role": "assistant"}}
    assert [*answer["usage"]][:3] == ["inputTokens", "outputTokens", "totalTokens"]
    assert {"cache-read-input-token-count", "cache-write-input-token-count"} < headers.keys()
    found = streamed(server, NOVA, USER)
    names = [next(iter(each)) for each in found]
    pieces = [each["contentBlockDelta"] for each in found if "contentBlockDelta" in each]
    assert names == [
        "messageStart",
        *["contentBlockDelta", "contentBlockStop"] * len(pieces),
        "messageStop",
        "metadata",
    ]
    assert [piece["contentBlockIndex"] for piece in pieces] == [*range(len(pieces))]
    assert "".join(piece["delta"]["text"] for piece in pieces) == TEXT
    counted = found[-1]["metadata"]["usage"]
    assert counted == {name: count for name, count in answer["usage"].items() if name != "totalTokens"}


def test_nova__calls_a_tool(server: LiveServer) -> None:
    answer, _ = whole(server, NOVA, USER | {"toolConfig": LOOK})
    wait, call = answer["output"]["message"]["content"]
    assert (wait, call["toolUse"]["input"], answer["stopReason"]) == ({"text": "Wait."}, {"at": 1}, "tool_use")
    assert [*call["toolUse"]] == ["name", "toolUseId", "input"] and len(call["toolUse"]["toolUseId"]) == 36
    found = streamed(server, NOVA, USER | {"toolConfig": LOOK})
    (start,) = (each["contentBlockStart"] for each in found if "contentBlockStart" in each)
    deltas = [each["contentBlockDelta"]["delta"] for each in found if "contentBlockDelta" in each]
    assert start["start"]["toolUse"]["name"] == "look"
    assert [delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta] == ['{"at":1}']


@pytest.mark.parametrize("model", [TITAN, LLAMA, MISTRAL, COMMAND, COMMAND_R, NOVA])
@pytest.mark.parametrize("method", ["invoke", "invoke-with-response-stream"])
def test_journal__reads_what_was_said(server: LiveServer, model: str, method: str) -> None:
    body = USER if model == NOVA else asked(model)
    given = {"modelId": model, "body": json.dumps(body)}
    path, client = f"/model/{model}/{method}", runtime(server)
    sent: list[bytes] = []
    if method == "invoke":
        sent = [client.invoke_model(**given)["body"].read()]
    else:
        stream = client.invoke_model_with_response_stream(**given)["body"]
        sent = [stream._raw_stream.read()]
    said = registry.read(Traffic("POST", path, json.dumps(body).encode(), tuple(sent)))
    assert said.prompt and said.prompt.last_user == "Colours?" and said.prompt.stream is ("stream" in method)
    assert said.reply and said.reply.choices[0].text == TEXT and said.reply.choices[0].finish_reason == "stop"
    assert len(said.reply.choices[0].content) == 1
    assert said.reply.usage is None or said.reply.usage.completion_tokens > 0


def test_journal__reads_the_reasoning_of_nova_as_one_block(server: LiveServer) -> None:
    asked = json.dumps(USER | {"toolConfig": THINK})
    stream = runtime(server).invoke_model_with_response_stream(modelId=NOVA, body=asked)["body"]
    path, sent = f"/model/{NOVA}/invoke-with-response-stream", stream._raw_stream.read()
    said = registry.read(Traffic("POST", path, asked.encode(), (sent,)))
    assert said.reply and said.reply.choices[0].reasoning == "One two."
    assert len(said.reply.choices[0].content) == 2


def test_llama__counts_as_it_speaks(server: LiveServer) -> None:
    *spoken, last = streamed(server, LLAMA, asked(LLAMA))
    assert [each["generation_token_count"] for each in spoken] == [*range(1, len(spoken) + 1)]
    assert [each["prompt_token_count"] is None for each in (*spoken, last)] == [False] + [True] * len(spoken)
    assert last["generation_token_count"] == len(spoken)


def test_command_r__ends_its_stream_with_the_whole_answer(server: LiveServer) -> None:
    *spoken, last = streamed(server, COMMAND_R, asked(COMMAND_R))
    assert {each["event_type"] for each in spoken} == {"text-generation"} and last["event_type"] == "stream-end"
    assert last["response"]["text"] == TEXT and last["response"]["chat_history"][-1]["message"] == TEXT
    assert last["response"]["meta"]["tokens"]["input_tokens"] > 0


PROFILED = "arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3"
GPT = "us.openai.gpt-6-sol"
SAYS = {"messages": [{"role": "user", "content": "Colours?"}], "max_completion_tokens": 100}


@pytest.mark.parametrize("model", [TITAN, LLAMA, MISTRAL, COMMAND_R])
@pytest.mark.parametrize("method", ["invoke", "invoke-with-response-stream"])
def test_profile__is_the_model_in_whose_format_it_is_asked(model: str, method: str) -> None:
    found = registry.format_at(f"/model/{PROFILED}/{method}")
    assert found is not None
    wire, route = found
    prompt = wire.parse(json.dumps(asked(model)).encode(), {}, validate=False, route=route)
    reply = Reply((Choice(TEXT, "stop"),), usage=Usage(3, 4), serial="s")
    assert prompt.last_user == "Colours?"
    assert [*json.loads(wire.render(reply, prompt).data)] == KEYS[model]
    events = b"".join(wire.framing(prompt).frames(wire.events(reply, prompt)))
    sent = wire.render(reply, prompt).data if method == "invoke" else events
    said = registry.read(Traffic("POST", f"/model/{PROFILED}/{method}", json.dumps(asked(model)).encode(), (sent,)))
    assert said.reply and said.reply.choices[0].text == TEXT


@pytest.mark.parametrize("model", [GPT, PROFILED, "openai.gpt-oss-20b-1:0"])
def test_gpt__answers_as_openai_does_in_the_order_of_keys(model: str) -> None:
    found = registry.format_at(f"/model/{model}/invoke-with-response-stream")
    assert found is not None
    wire, route = found
    asked = SAYS | {"stream": True, "stream_options": {"include_usage": True}}
    prompt = wire.parse(json.dumps(asked).encode(), {}, validate=False, route=route)
    reply = Reply((Choice(TEXT, "stop", reasoning="Hm."),), usage=Usage(3, 4), serial="s")
    body = wire.render(reply, prompt)
    whole, events = json.loads(body.data), wire.events(reply, prompt)
    is_open = "gpt-oss" in model
    text = f"<reasoning>Hm.</reasoning>{TEXT}" if is_open else TEXT
    assert [*whole][:-1] == sorted([*whole][:-1]) and [*whole][-1] == "system_fingerprint"
    assert whole["choices"][0]["message"] == {"annotations": [], "content": text, "refusal": None, "role": "assistant"}
    assert whole["id"].startswith("chatcmpl-") and len(whole["id"]) == 61 and whole["model"] == model
    assert body.headers["x-amzn-bedrock-output-token-count"] == "4"
    chunks = [json.loads(base64.b64decode(json.loads(event.data)["bytes"])) for event in events]
    assert [*chunks[0]["choices"][0]["delta"]] == ["content", "role", "refusal"]
    assert "".join(each["choices"][0]["delta"].get("content", "") for each in chunks[:-1]) == text
    assert [each["usage"] and each["usage"]["total_tokens"] for each in chunks[-3:]] == [None, 7, 7]
    assert [*chunks[-1]][-2:] == [
        "system_fingerprint" if is_open else "obfuscation",
        "amazon-bedrock-invocationMetrics",
    ]
    said = registry.read(
        Traffic("POST", f"/model/{model}/invoke", json.dumps(SAYS).encode(), (json.dumps(whole).encode(),))
    )
    assert said.reply and said.reply.choices[0].text == text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"stream": True}, "The stream field must match the operation"),
        ({"messages": []}, "messages"),
        ({"max_tokens": 5, "max_completion_tokens": None}, "'max_tokens' is not supported with this model"),
    ],
)
def test_gpt__is_refused_in_aws_s_shape(server: LiveServer, more: dict[str, Any], said: str) -> None:
    assert whole(server, GPT, SAYS | {"stream": False})[0]["choices"]
    with pytest.raises(botocore.exceptions.ClientError, match=f"ValidationException.*{said}"):
        whole(server, GPT, {key: value for key, value in (SAYS | more).items() if value is not None})


def test_model__of_another_maker_is_at_converse_alone(server: LiveServer) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=r"not take deepseek.r1-v1:0 at invoke"):
        whole(server, "us.deepseek.r1-v1:0", {"prompt": "Hi"})
