"""What Converse refuses of a conversation by model, as it was recorded and quoted in 2026."""

import contextlib
import json
import re
from typing import Any

import pytest

from completions.exceptions import RequestError
from completions.resolve.models import check_model
from completions.wire.bedrock.base import model_of
from completions.wire.bedrock.converse import Converse
from completions.wire.bedrock.errors import AmazonError
from tests.wire.bedrock.test_bedrock import CALL, MODEL, RESULT, THINKS, TOOLS, USER, thought
from tests.wire.test_refusals import ANY

NOVA, GPT = "us.amazon.nova-2-lite-v1:0", "openai.gpt-oss-120b-1:0"
TEXT, BLANK, POINT = {"text": "Hi"}, {"text": "\n"}, {"cachePoint": {"type": "default"}}
ASSISTANT = {"role": "assistant", "content": [TEXT]}
TXT, PDF = ({"document": {"format": name, "name": name, "source": {"bytes": "aGk="}}} for name in ("txt", "pdf"))
AT, FAILED = "Value at 'messages.1.member.content.2.member.", "failed to satisfy constraint: Member must have "
PICTURE = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
SECOND = AT.replace("messages.1", "messages.2")
SERVED = [
    {"toolUse": {"toolUseId": "s", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "s", "content": [{"json": {"stdOut": "4"}}], "type": "nova_code_interpreter_result"}},
]


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": [*content]}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [*content]}


def named(name: str, id: str = "t") -> dict[str, Any]:
    return {"toolUse": {"toolUseId": id, "name": name, "input": {}}}


def many(*names: str) -> dict[str, Any]:
    return user(TEXT, *({"document": {**PDF["document"], "name": name}} for name in names))


def told(name: str, **source: Any) -> dict[str, Any]:
    return {"document": {"format": "txt", "name": name, "source": source}}


def shown(format: str, data: str) -> dict[str, Any]:
    return {"image": {"format": format, "source": {"bytes": data}}}


PNG = "iVBORw0KGgo="
SHOWN = {"toolResult": {**RESULT["toolResult"], "content": [shown("png", PNG)]}}
FORGETFUL = (GPT, "us.deepseek.r1-v1:0", "moonshotai.kimi-k2.5", "nvidia.nemotron-super-3-120b", "qwen.qwen3-32b-v1:0")


@pytest.mark.parametrize(
    ("model", "messages", "said"),
    [
        (MODEL, [ASSISTANT, USER], None),
        (NOVA, [ASSISTANT, USER], "A conversation must start with a user message"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", [ASSISTANT, USER], "must start with a user message"),
        (NOVA, [user(BLANK)], "at messages.0.content.0 is blank"),
        (MODEL, [user({"text": ""})], "messages: text content blocks must be non-empty"),
        (MODEL, [user(TEXT, TXT, BLANK, POINT)], None),
        (MODEL, [user(TEXT, PDF, BLANK)], "must contain non-whitespace text"),
        (MODEL, [user(TEXT, TXT, POINT)], "following errors: messages.0.content.3.type: Field required"),
        (MODEL, [user(TEXT, PDF, POINT)], None),
        (NOVA, [user(TEXT, TXT, POINT)], None),
        (MODEL, [user(TXT)], "A text block must be included when using documents."),
        (MODEL, [many(*"abcde")], None),
        (MODEL, [many(*"abc"), ASSISTANT, many(*"def")], "can't include more than 5 documents in a request"),
        (MODEL, [many("a"), ASSISTANT, many("a")], "Messages can't contain duplicate document names."),
        (
            GPT,
            [USER, {"role": "assistant", "content": [thought("Hm.", "c2ln"), TEXT]}, USER],
            "reasoningText.signature field. Remove",
        ),
        (GPT, [USER, {"role": "assistant", "content": [thought("Hm.", ""), TEXT]}, USER], None),
        (NOVA, [USER, {"role": "assistant", "content": [*SERVED, TEXT]}, USER], None),
        (NOVA, [USER, {"role": "assistant", "content": SERVED[1:]}, USER], "exceeds the number of toolUse blocks"),
        (NOVA, [USER, {**CALL, "content": [*SERVED, *CALL["content"]]}, user(RESULT)], None),
        *(
            (MODEL, [many(name)], "file name can only contain")
            for name in ("John's", "résumé", "a  b", "a\tb", "a.pdf")
        ),
        (MODEL, [many("A (b) [c]-1")], None),
        (
            MODEL,
            [many("a" * 201)],
            f"1 validation error detected: {AT}document.name' {FAILED}length less than or equal to 200",
        ),
        (MODEL, [USER, assistant(POINT), USER], "There is nothing available to cache. Please remove the invalid cache"),
        (MODEL, [USER, assistant(TEXT, POINT), USER], None),
        (
            NOVA,
            [USER, assistant(thought("Hm.", ""), POINT, TEXT), USER],
            "Cache point cannot be inserted after reasoning",
        ),
        (NOVA, [user(TEXT, thought("Hm.", ""))], "User messages cannot contain reasoning content."),
        (
            MODEL,
            [USER, assistant(named("a"), named("a")), USER],
            "toolUse blocks at messages.2.content contain duplicate Ids: t",
        ),
        (MODEL, [USER, CALL, user(RESULT, RESULT)], "toolResult blocks at messages.3.content contain duplicate Ids"),
        (MODEL, [USER, assistant(named("a b"))], "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"),
        (
            MODEL,
            [USER, assistant(TEXT, named("a" * 65 + "."))],
            f"2 validation errors detected: {SECOND}toolUse.name' {FAILED}length less than or equal to 64; "
            f"{SECOND}toolUse.name' failed to satisfy constraint: Member must satisfy regular expression pattern: ",
        ),
        (MODEL, [USER, assistant(named("a", "t" * 65))], "toolUse.toolUseId' failed to satisfy constraint"),
        (MODEL, [user(TEXT, told("a_b", text="Hi"))], None),
        (MODEL, [user(TEXT, told("a_b", content=[TEXT]))], None),
        (MODEL, [user(TEXT, told("a_b", bytes="aGk="))], "file name can only contain"),
        (MODEL, [user(TEXT, told("a'b", text="Hi"))], "file name can only contain"),
        *((model, [user(TEXT, POINT)], "did not allow prompt caching. See the documentation") for model in FORGETFUL),
        (
            MODEL,
            [user(TEXT, shown("jpeg", PNG))],
            "messages.0.content.1.image.source.base64: The image was specified using the image/jpeg media type, but "
            "the image appears to be a image/png image",
        ),
        (MODEL, [user(TEXT, shown("png", PNG)), ASSISTANT, user(shown("png", "aGk="))], None),
        (
            "amazon.nova-lite-v1:0",
            [user(TEXT, shown("png", "dGhlc2UgYnl0ZXM="))],
            "The model returned the following errors: The detected file MIME type text/plain does not match the "
            "expected type image/png. Reformat your input and try again.",
        ),
        (NOVA, [user(TEXT, shown("gif", PNG))], "MIME type image/png does not match the expected type image/gif"),
        (NOVA, [user(TEXT, shown("png", "AAAA"), shown("png", PNG))], None),
        ("us.meta.llama3-2-11b-instruct-v1:0", [user(TEXT, shown("gif", PNG))], "not match the specified image format"),
        ("global.openai.gpt-6-astra", [USER, CALL, user(SHOWN)], "support the image field for user messages. Remove"),
        ("global.openai.gpt-6-astra", [USER, CALL, user(RESULT, shown("png", PNG))], None),
        *((model, [USER, CALL, user(SHOWN)], None) for model in (MODEL, NOVA)),
    ],
)
def test_converse__refuses_by_model(model: str, messages: list[Any], said: str | None) -> None:
    body = json.dumps({"messages": messages, "toolConfig": TOOLS}).encode()
    route = {"model": model, "method": "converse"}
    if said is None:
        prompt = Converse().parse(body, {}, validate=True, route=route)
        calls = [call.name for message in prompt.messages for call in message.tool_calls]
        assert "nova_code_interpreter" not in calls
        return
    with pytest.raises(AmazonError) as caught:
        Converse().parse(body, {}, validate=True, route=route)
    assert said in caught.value.message
    assert caught.value.status == (403 if "caching" in said else 400)


@pytest.mark.parametrize(
    ("model", "where"), [(NOVA, "#/toolConfig/tools/1: extraneous key"), (MODEL, ""), (GPT, "not")]
)
def test_converse__refuses_cache_points_of_tools_and_systems_by_model(model: str, where: str) -> None:
    tools, system = {"toolConfig": {"tools": [*TOOLS["tools"], POINT]}}, {"system": [TEXT, POINT]}
    for body, said in ((tools, where), (system, where if model == GPT else "")):
        with pytest.raises(AmazonError, match=re.escape(said)) if said else contextlib.nullcontext():
            data = json.dumps({"messages": [USER], **body}).encode()
            Converse().parse(data, {}, validate=True, route={"model": model, "method": "converse"})


NO = "This model doesn't support the {0} field. Remove {0} and try again."
STREAMED = "This model doesn't support tool use in streaming mode."
UNSEEN = "This model doesn't support the image content block that you provided. Update the content block and try again."
BLIND = (GPT, "us.amazon.nova-micro-v1:0", "deepseek.v3.2", "minimax.minimax-m2.5", "qwen.qwen3-32b-v1:0", "zai.glm-5")
PIXTRAL = "us.mistral.pixtral-large-2502-v1:0"
CLAUDES = "The model returned the following errors: "
LLAMA, R1, OPUS = "us.meta.llama4-maverick-17b-instruct-v1:0", "us.deepseek.r1-v1:0", "global.anthropic.claude-opus-5"
DEEP, HIGH = ({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}} for effort in ("low", "high"))
SOL, GROK, KIMI = "us.openai.gpt-5.6-sol", "global.xai.grok-4.6", "moonshotai.kimi-k2.5"


def set_to(**config: Any) -> dict[str, Any]:
    return {"inferenceConfig": config}


def own(fields: dict[str, Any]) -> dict[str, Any]:
    return {"additionalModelRequestFields": fields}


def test_converse__refuses_betas_that_bedrock_lacks() -> None:
    body = {"messages": [USER], **own({"anthropic_beta": ["advanced-tool-use-2025-11-20"]})}
    with pytest.raises(AmazonError, match=f"{CLAUDES}invalid beta flag"):
        Converse().parse(json.dumps(body).encode(), {}, validate=True, route={"model": OPUS, "method": "converse"})


def chosen(**choice: Any) -> dict[str, Any]:
    return {"toolConfig": {**TOOLS, "toolChoice": choice}}


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (SOL, set_to(temperature=0.2), NO.format("temperature")),
        (SOL, set_to(topP=0.2), NO.format("topP")),
        (SOL, set_to(stopSequences=["."]), NO.format("stopSequences")),
        (SOL, set_to(maxTokens=9, stopSequences=[]) | chosen(any={}), None),
        ("openai.gpt-6-luna", set_to(temperature=1), NO.format("temperature")),
        (GPT, set_to(temperature=0.2, topP=0.2), None),
        (GPT, set_to(stopSequences=["."]), NO.format("stopSequences")),
        ("qwen.qwen3-coder-480b-a35b-v1:0", set_to(stopSequences=["."]), NO.format("stopSequences")),
        (GROK, set_to(temperature=0.2), NO.format("temperature")),
        (KIMI, set_to(temperature=0.2), NO.format("temperature")),
        (LLAMA, chosen(any={}), NO.format("toolConfig.toolChoice.any")),
        (LLAMA, chosen(tool={"name": "get_weather"}), NO.format("toolConfig.toolChoice.tool")),
        (LLAMA, chosen(auto={}), None),
        (R1, {"toolConfig": TOOLS}, "This model doesn't support tool use."),
        (NOVA, set_to(temperature=0.2, topP=0.2, stopSequences=["."]) | chosen(any={}), None),
        (OPUS, set_to(temperature=0.7), f"{CLAUDES}`temperature` is deprecated for this model."),
        (OPUS, {"additionalModelRequestFields": {"top_k": 5}}, f"{CLAUDES}`top_k` is deprecated for this model."),
        (OPUS, {"additionalModelRequestFields": THINKS}, f'{CLAUDES}"thinking.type.enabled" is not supported for this'),
        (OPUS, set_to(stopSequences=["."]), None),
        (OPUS, own({"anthropic_beta": ["tool-search-tool-2025-10-19"]}), None),
        (MODEL, set_to(temperature=0.7, stopSequences=["."]), None),
        ("us.anthropic.claude-sonnet-4-6", set_to(maxTokens=128_000), None),
        (MODEL, {"additionalModelRequestFields": {"top_k": 5}}, None),
        *((model, {"messages": [user(TEXT, PICTURE)]}, UNSEEN) for model in BLIND),
        *((model, {"messages": [user(TEXT, PICTURE)]}, None) for model in (LLAMA, SOL, "qwen.qwen3-vl-235b-a22b")),
        *((model, {"toolConfig": TOOLS}, None) for model in (PIXTRAL, "mistral.ministral-3-8b-instruct")),
        ("amazon.nova-2-sonic-v1:0", {}, "This action doesn't support the model that you provided."),
        (MODEL, set_to(temperature=0.7, topP=0.9), f"{CLAUDES}`temperature` and `top_p` cannot both be specified"),
    ],
)
def test_converse__refuses_what_a_model_does_not_take(model: str, body: dict[str, Any], said: str | None) -> None:
    for method in ("converse", "converse-stream"):
        told = STREAMED if "stream" in method and model in (LLAMA, R1, PIXTRAL) and "toolConfig" in body else said
        data, route = json.dumps({"messages": [USER], **body}).encode(), {"model": model, "method": method}
        wire = Converse()
        prompt = wire.parse(data, {}, validate=True, route=route)
        try:
            check_model(prompt, wire, ANY)
        except RequestError as exc:
            assert told is not None and told in exc.message and exc.status == 400
        else:
            assert told is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (own(THINKS | {"top_k": 5}), "`top_k` must be unset when thinking is enabled"),
        (own(THINKS) | set_to(temperature=0.5), "`temperature` may only be set to 1 when thinking is enabled"),
        (own(THINKS) | set_to(topP=0.5), "`top_p` must be greater than or equal to 0.95 or unset when thinking is"),
        (own(THINKS) | set_to(maxTokens=9), "`max_tokens` must be greater than `thinking.budget_tokens`."),
        (own(THINKS | {"anthropic_beta": ["interleaved-thinking-2025-05-14"]}) | set_to(maxTokens=9), None),
        (own(THINKS) | set_to(temperature=1, topP=0.95, maxTokens=9_999), None),
        (own({"thinking": {"type": "enabled"}}) | set_to(maxTokens=9), None),
    ],
    ids=repr,
)
def test_converse__limits_claude_s_sampling_while_it_thinks(body: dict[str, Any], said: str | None) -> None:
    data = json.dumps({"messages": [USER], **body}).encode()
    with pytest.raises(AmazonError, match=re.escape(CLAUDES + said)) if said else contextlib.nullcontext():
        Converse().parse(data, {}, validate=True, route={"model": MODEL, "method": "converse"})


UNKNOWN = '{"error":{"code":"unknown_parameter","message":"Unknown parameter: \'%s\'.","param":"%s","type":'


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (
            "us.amazon.nova-micro-v1:0",
            own(DEEP),
            f"{CLAUDES}Malformed input request: the provided reasoning config value",
        ),
        (NOVA, own(DEEP) | set_to(maxTokens=9), None),
        (NOVA, own(HIGH), None),
        (NOVA, own(HIGH) | set_to(maxTokens=9), f"{CLAUDES}`maxTokens` must be unset when reasoningConfig type is"),
        (SOL, own(DEEP), CLAUDES + UNKNOWN % (("reasoningConfig",) * 2)),
        (SOL, own({"reasoning_effort": "low"}), CLAUDES + UNKNOWN % (("reasoning_effort",) * 2)),
        (GPT, own({"reasoning_effort": "low"}), None),
        (
            MODEL,
            own(THINKS) | chosen(any={}),
            f"{CLAUDES}Thinking may not be enabled when tool_choice forces tool use.",
        ),
        (MODEL, own(THINKS) | chosen(auto={}), None),
        (
            MODEL,
            own({"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}) | chosen(auto={}),
            "The additional field tool_choice/type conflicts with the existing field toolConfig.toolChoice.auto. ",
        ),
        (MODEL, own({"tool_choice": {"type": "any"}}) | {"toolConfig": TOOLS}, None),
        (
            MODEL,
            {"system": [{"text": ""}]},
            "Value at 'system.1.member.text' failed to satisfy constraint: Member must have",
        ),
        (
            MODEL,
            chosen(tool={"name": "a b"}),
            "Value at 'toolConfig.toolChoice.tool.name' failed to satisfy constraint: ",
        ),
    ],
)
def test_converse__refuses_fields_of_other_models(model: str, body: dict[str, Any], said: str | None) -> None:
    data, route = json.dumps({"messages": [USER], **body}).encode(), {"model": model, "method": "converse"}
    with contextlib.ExitStack() as stack:
        if said is not None:
            stack.enter_context(pytest.raises(AmazonError, match=re.escape(said)))
        Converse().parse(data, {}, validate=True, route=route)


@pytest.mark.parametrize(
    ("model", "name"),
    [(SOL, SOL), (f"arn:aws:bedrock:us-east-1:1:inference-profile/{SOL}", SOL), (MODEL, model_of(MODEL))],
)
def test_table_name__has_the_region_where_no_model_is_without(model: str, name: str) -> None:
    assert Converse().table_name(model) == name
    assert Converse().has_model(name)


@pytest.mark.parametrize(
    ("model", "most"), [("us.anthropic.claude-sonnet-4-6", 128_000), (MODEL, 64_000), (OPUS, 128_000), (LLAMA, 8192)]
)
def test_converse__takes_answers_as_long_as_the_models(model: str, most: int) -> None:
    for tokens in (most, most + 5):
        body = json.dumps({"messages": [USER], **set_to(maxTokens=tokens)}).encode()
        with contextlib.ExitStack() as stack:
            if tokens > most:
                stack.enter_context(pytest.raises(AmazonError, match="exceeds the model limit of"))
            Converse().parse(body, {}, validate=True, route={"model": model, "method": "converse"})
