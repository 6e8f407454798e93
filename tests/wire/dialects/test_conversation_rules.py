"""What vendors demand between the messages of a chat: each rule is broken once, in the vendor's words."""

import base64
from datetime import date, timedelta
from typing import Any, cast

import orjson
import pytest

from completions.conversation import Choice, Reply, ToolCall
from completions.exceptions import RequestError
from completions.wire import registry
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.mistral import INVALID_IMAGE
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.vendor import Vendor
from completions.wire.dialects.vllm import VLLM
from completions.wire.dialects.xai import XAI
from completions.wire.openai.legacy import LegacyCompletions
from tests.wire.test_refusals import REVISED

QWEN = "qwen/qwen3.8-27b"
USER, SYSTEM, SAID = ({"role": role, "content": "Hi"} for role in ("user", "system", "assistant"))
CALL: Any = {"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "abcdefghi", "content": "1"}
TOOL = {"type": "function", "function": {"name": "f"}}
THINKING = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
THOUGHT = {"role": "assistant", "content": [THINKING, {"type": "text", "text": "Hi"}]}


def seen(url: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "image_url", "image_url": url}]}


SEEN = seen({"url": "https://example.com/a.png"})
HEARD = {"role": "user", "content": [{"type": "input_audio", "input_audio": "AAAA"}]}
NOTHING: tuple[Any, ...] = (None, "", [])
MODELS = {
    **{"deepseek": "deepseek-chat", "mistral": "mistral-large-latest", "groq": "llama-3.3-70b-versatile"},
    **{"moonshot": "kimi-k2.6"},
}
K3: Any = {"model": "kimi-k3"}
CODE: Any = {"model": "kimi-k2.7-code"}
CALM: Any = {"thinking": {"type": "disabled"}}
NAMED: Any = {"tools": [{"type": "function", "function": {"name": "f"}}]} | {
    "tool_choice": {"type": "function", "function": {"name": "f"}}
}

SEARCH = {"type": "browser_search"}
UNWRITTEN = {"type": "json_schema", "json_schema": {"name": "a"}}

BROKEN: list[tuple[str, list[Any], dict[str, Any], str]] = [
    (
        "cerebras",
        [USER],
        {"stop": ["a"] * 5},
        "List should have at most 4 items after validation, not 5",
    ),
    ("groq", [USER], {"stop": ["a"] * 5}, "OR ('stop' : maximum number of items is 4)]"),
    ("moonshot", [USER], {**K3, "stop": ["a"] * 6}, "maximum length 5, but got an array with length 6 instead"),
    ("moonshot", [USER], {**K3, "n": 2}, "invalid n: only 1 is allowed for this model"),
    ("together", [USER], {"stop": [*"abcde"]}, 'stop sequences allowed [{"value": Array [String("a"), String("b"),'),
    ("xai", [USER], {"stop": ["a"] * 9}, "Cannot provide more than 8 stop strings but len(stop) = 9"),
    ("moonshot", [USER], {"temperature": 0.6}, "invalid temperature: only 1 is allowed for this model"),
    ("moonshot", [USER], {**CALM, "temperature": 1}, "invalid temperature: only 0.6 is allowed for this model"),
    ("moonshot", [USER], {**K3, **CALM, "temperature": 0}, "invalid temperature: only 1 is allowed for this model"),
    ("moonshot", [USER], {**CODE, "top_p": 1}, "invalid top_p: only 0.95 is allowed for this model"),
    ("moonshot", [USER], {**CODE, **CALM}, "invalid thinking: only type=enabled is allowed for this model"),
    (
        "moonshot",
        [USER],
        {"thinking": {"type": "enabled"}, "reasoning_effort": "low"},
        "cannot specify both 'thinking' and 'reasoning_effort'",
    ),
    (
        "moonshot",
        [USER],
        {**NAMED, **CODE, "tool_choice": "required"},
        "tool_choice 'required' is incompatible with thinking enabled",
    ),
    ("moonshot", [USER], {**NAMED, **K3}, "tool_choice 'specified' is incompatible with thinking enabled"),
    (
        "moonshot",
        [USER, CALLED, RESULT],
        {},
        "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1",
    ),
    ("deepseek", [{"role": "developer", "content": "Hi"}, USER], {}, "messages[0].role: unknown variant `developer`"),
    ("deepseek", [USER], {"max_tokens": 393_217}, "Invalid max_tokens value, the valid range of max_tokens is [1, 39"),
    ("deepseek", [USER], {"max_tokens": 0}, "Invalid max_tokens value, the valid range of max_tokens is [1, 39"),
    ("deepseek", [USER], {"stop": ["a"] * 17}, "Stop string array too long: 17"),
    ("deepseek", [USER], {"top_logprobs": 2}, "logprobs must be set to true if top_logprobs is used."),
    ("deepseek", [USER, RESULT], {}, "Messages with role 'tool' must be a response to a preceding message"),
    ("deepseek", [USER, CALLED, RESULT | {"tool_call_id": "other"}], {}, "Messages with role 'tool' must be"),
    ("deepseek", [USER, CALLED, USER], {}, "An assistant message with 'tool_calls' must be followed by tool messages"),
    ("deepseek", [USER, CALLED, SYSTEM, RESULT], {}, "Messages with role 'tool' must be a response"),
    ("deepseek", [USER], {"response_format": {"type": "json_object"}}, "Prompt must contain the word 'json'"),
    ("mistral", [USER, {"role": "assistant", "content": None}, USER], {}, "Assistant message must have either content"),
    (
        "mistral",
        [USER, {**CALLED, "tool_calls": [{**CALL, "id": "call_1"}]}, RESULT],
        {},
        "Tool call id was call_1 but",
    ),
    ("mistral", [USER, RESULT], {}, "Unexpected role 'tool' after role 'user'"),
    ("mistral", [USER], {"prompt_mode": "reasoning"}, "Reasoning prompt mode is not enabled for this model"),
    ("mistral", [HEARD], {"model": "ministral-14b-2512"}, "Audio input is not enabled for this model"),
    *(
        ("groq", [SEEN], {"model": model}, "messages[0].content must be a string")
        for model in ("openai/gpt-oss-20b", "groq/compound")
    ),
    *(
        ("groq", [USER], {"model": model, "tools": [TOOL, SEARCH]}, "message=tools[1].type must be one of [function, m")
        for model in ("qwen/qwen3.8-27b", "llama-3.3-70b-versatile", "groq/compound")
    ),
    ("groq", [USER], {"model": "openai/gpt-oss-20b", "response_format": UNWRITTEN}, "message=json schema is required,"),
    ("mistral", [USER], {"model": "ministral-3b-latest", "logprobs": True}, "Logprobs are not enabled for this model"),
    ("mistral", [USER, THOUGHT, USER], {"model": "devstral-small-latest"}, "Reasoning input is not enabled for this"),
    ("mistral", [USER, CALLED, USER], {}, "Not the same number of function calls and responses"),
    ("mistral", [USER, SAID, RESULT], {}, "Not the same number of function calls and responses"),
    (
        "mistral",
        [USER, CALLED, RESULT | {"tool_call_id": "ihgfedcba"}],
        {},
        "Unexpected tool call id ihgfedcba in tool",
    ),
    (
        "mistral",
        [USER, SAID],
        {},
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got as",
    ),
    (
        "mistral",
        [USER, SYSTEM],
        {},
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got sy",
    ),
    *(
        ("mistral", [USER], {"temperature": 0, **more}, "top_p must be 1 when using greedy sampling.")
        for more in ({"top_p": 0.9}, {"reasoning_effort": "high"})
    ),
    *(
        ("xai", [{"role": "user", "content": nothing}], {}, "Each message must have at least one content element.")
        for nothing in NOTHING
    ),
    ("groq", [USER], {"response_format": {"type": "json_object"}}, "'messages' must contain the word 'json' in some"),
    ("groq", [USER], {"tools": [TOOL] * 129}, "'tools' : maximum number of items is 128"),
    *(
        (
            "groq",
            [USER],
            {"response_format": form, "tools": [TOOL]},
            "json mode cannot be combined with tool/function calling",
        )
        for form in ({"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}})
    ),
    ("vllm", [USER], {"prompt_logprobs": 1, "stream": True}, "`prompt_logprobs` are not available when `stream=True`."),
    ("groq", [USER], {"n": 2}, "'n' : number must be at most 1"),
    (
        "groq",
        [USER],
        {"model": QWEN, "tools": [TOOL], "reasoning_format": "raw"},
        "`parsed` or `hidden` when using tool",
    ),
    (
        "groq",
        [USER | {"content": "Json!"}],
        {"model": QWEN, "response_format": {"type": "json_object"}, "reasoning_format": "raw"},
        "`hidden` when using JSON",
    ),
    (
        "groq",
        [USER],
        {"model": "openai/gpt-oss-120b", "max_tokens": 65_537},
        "`max_tokens` must be less than or equal to `65536`, the maximum value for `max_tokens` is less than the `con",
    ),
    ("vllm", [USER], {"tool_choice": "required"}, "When using `tool_choice`, `tools` must be set."),
    (
        "vllm",
        [USER],
        {"stream_options": {"include_usage": True}},
        "Stream options can only be defined when `stream=True`",
    ),
    (
        "vllm",
        [USER],
        {"response_format": {"type": "json_schema"}},
        "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
    ),
    ("vllm", [USER], {"top_logprobs": 2}, "when using `top_logprobs`, `logprobs` must be set to true."),
    ("vllm", [USER], {"presence_penalty": 3}, "presence_penalty must be in [-2, 2], got 3.0."),
    ("vllm", [USER], {"frequency_penalty": -2.5}, "frequency_penalty must be in [-2, 2], got -2.5."),
    ("vllm", [USER], {"repetition_penalty": 0}, "repetition_penalty must be greater than zero, got 0.0."),
    (
        "vllm",
        [USER],
        {"temperature": -1},
        "temperature must be non-negative, got -1.0. (parameter=temperature",
    ),
    ("vllm", [USER], {"top_p": 0}, "top_p must be in (0, 1], got 0.0. (parameter=top_p, value=0.0)"),
    ("vllm", [USER], {"top_k": -2}, "top_k must be 0 (disable), or at least 1, got -2."),
    ("vllm", [USER], {"min_p": 1.5}, "min_p must be in [0, 1], got 1.5."),
    ("vllm", [USER], {"max_completion_tokens": 0}, "max_tokens must be at least 1, got 0."),
    ("vllm", [USER], {"min_tokens": -1}, "min_tokens must be greater than or equal to 0, got -1."),
    (
        "vllm",
        [USER],
        {"min_tokens": 9, "max_tokens": 12, "max_completion_tokens": 8},
        "min_tokens must be less than or equal to max_tokens=8, got 9.",
    ),
    ("vllm", [USER], {"stop": ["a", ""]}, "stop cannot contain an empty string."),
    (
        "vllm",
        [USER],
        {"logprobs": True, "top_logprobs": 21},
        "Requested sample logprobs of 21, which is greater than max allowed: 20 (parameter=logprobs, value=21)",
    ),
]

KEPT: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("moonshot", [USER, CALLED | {"reasoning_content": " "}, RESULT], {"temperature": 1, "top_p": 0.95}),
    ("moonshot", [USER, CALLED, RESULT], {**CALM, **NAMED, "temperature": 0.6}),
    ("moonshot", [USER, CALLED, RESULT], {**K3, **NAMED, "tool_choice": "required", "reasoning_effort": "max"}),
    ("moonshot", [USER, CALLED, RESULT], {"model": "moonshot-v1-8k", "temperature": 0.3, "top_p": 0.5}),
    ("deepseek", [SYSTEM, USER, CALLED, RESULT, SAID, USER], {"max_tokens": 393_216, "stop": ["a"] * 16}),
    ("deepseek", [USER], {"logprobs": True, "top_logprobs": 20, "reasoning_effort": "xhigh", "tool_choice": "none"}),
    ("groq", [USER], {"model": "openai/gpt-oss-120b", "max_completion_tokens": 65_536}),
    ("groq", [USER], {"model": "openai/gpt-oss-20b", "tools": [SEARCH]}),
    ("groq", [USER], {"response_format": UNWRITTEN}),
    ("groq", [USER], {"model": QWEN, "tools": [TOOL], "reasoning_format": "parsed"}),
    ("groq", [USER], {"model": QWEN, "tools": [], "reasoning_format": "raw"}),
    ("deepseek", [SYSTEM | {"content": "Answer in JSON."}, USER], {"response_format": {"type": "json_object"}}),
    ("mistral", [SYSTEM, USER, CALLED, RESULT, USER], {}),
    ("mistral", [USER, SAID | {"prefix": True}], {}),
    (
        "mistral",
        [USER, THOUGHT, USER],
        {"model": "mistral-small-latest", "reasoning_effort": "high", "logprobs": False},
    ),
    ("mistral", [USER], {"model": "magistral-medium-latest", "prompt_mode": "reasoning"}),
    ("mistral", [USER], {"model": "zai-glm-5-2", "prompt_mode": "reasoning"}),
    ("mistral", [seen("https://a.example/b.png"), seen({"url": "data:image/png;base64,iVBORw0KGgo="})], {}),
    ("groq", [USER, RESULT], {"n": 1, "tools": [TOOL] * 128, "response_format": {"type": "text"}}),
    ("groq", [USER | {"content": "Json!"}], {"tools": [], "response_format": {"type": "json_object"}}),
    ("mistral", [USER], {"temperature": 0}),
    ("mistral", [USER], {"temperature": 0, "top_p": 1, "reasoning_effort": "high"}),
    ("xai", [USER, SAID | {"content": ""}, USER], {}),
    *(
        (vendor, [USER], {"stop": ["a"] * most})
        for vendor, most in (("cerebras", 4), ("groq", 4), ("moonshot", 5), ("together", 4), ("xai", 8))
    ),
    ("moonshot", [USER], {**K3, **CALM, "temperature": 1, "n": 1}),
    ("vllm", [USER], {"temperature": 3, "top_k": -1, "min_p": 0, "min_tokens": 8, "max_tokens": 8, "n": 2}),
    ("vllm", [USER], {"presence_penalty": -2, "frequency_penalty": 2, "temperature": 0, "top_p": 1, "min_tokens": 0}),
    ("vllm", [USER], {"presence_penalty": 2, "frequency_penalty": -2, "min_p": 1, "max_tokens": 1}),
    ("vllm", [USER], {"logprobs": True, "top_logprobs": 20}),
    ("vllm", [USER], {"tool_choice": "none", "stream": True, "stream_options": {"include_usage": True}}),
]


def parse(dialect: str, messages: list[Any], more: dict[str, Any]) -> None:
    body = {"model": MODELS.get(dialect, "m"), "messages": messages, **more}
    registry.CHAT_DIALECTS[dialect].parse(orjson.dumps(body), {}, validate=True)


@pytest.mark.parametrize(("dialect", "messages", "more", "words"), BROKEN)
def test_rules__refuse_in_the_vendor_s_words(
    dialect: str, messages: list[Any], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(RequestError) as caught:
        parse(dialect, messages, more)
    assert words in caught.value.message
    assert caught.value.status == 400


@pytest.mark.parametrize(("dialect", "messages", "more"), KEPT)
def test_rules__let_through_what_keeps_them(dialect: str, messages: list[Any], more: dict[str, Any]) -> None:
    parse(dialect, messages, more)


def test_xai__wants_content_in_the_messages_of_responses_too() -> None:
    with pytest.raises(RequestError, match="at least one content element"):
        XAI().check_response({"model": "grok-4.3", "input": [SAID, {"role": "user", "content": []}]})
    XAI().check_response({"model": "grok-4.3", "input": [{"type": "function_call_output", "output": ""}, USER]})


def test_mistral__embeds_at_most_256_texts() -> None:
    wire = registry.CHAT_DIALECTS["mistral"]._dialect
    wire.check_embeddings({"model": "mistral-embed", "input": ["a"] * 256}, 2)
    with pytest.raises(RequestError, match=r"Too many inputs in request, split into more batches\.") as caught:
        wire.check_embeddings({"model": "mistral-embed", "input": ["a"] * 257}, 2)
    assert (caught.value.status, caught.value.code, caught.value.type) == (400, "3210", "invalid_request_prompt")


VENDORS = ("cerebras", "deepseek", "groq", "mistral", "moonshot", "together", "vllm", "xai")
RULES = {name: cast(Vendor, registry.CHAT_DIALECTS[name]._dialect).cross_field_rules for name in VENDORS}


@pytest.mark.parametrize("dialect", RULES)
def test_rules__have_fresh_sources_and_are_all_broken_above(dialect: str) -> None:
    model = MODELS.get(dialect, "m")
    bodies = [{"model": model, "messages": messages, **more} for name, messages, more, _ in BROKEN if name == dialect]
    for rule in RULES[dialect]:
        assert rule.source
        assert REVISED - date.fromisoformat(rule.seen) < timedelta(days=365)
        assert any(rule.broken(body) for body in bodies)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"min_tokens": 17}, "min_tokens must be less than or equal to max_tokens=16, got 17."),
        ({"max_tokens": 0}, "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)"),
        ({"max_tokens": 0, "echo": True}, None),
        ({"prompt": None}, "Either prompt or prompt_embeds must be provided and non-empty."),
        ({"prompt": ""}, "Either prompt or prompt_embeds must be provided and non-empty."),
        ({"logprobs": 21}, "Requested sample logprobs of 21, which is greater than max allowed: 20"),
        ({"logprobs": 6, "temperature": 3, "prompt": [1, 2]}, None),
    ],
)
def test_vllm__holds_completions_to_the_same(more: dict[str, Any], words: str | None) -> None:
    body = orjson.dumps({"model": "m", "prompt": "Hi", **more})
    wire = LegacyCompletions(VLLM())
    if words is None:
        wire.parse(body, {}, validate=True)
        return
    with pytest.raises(RequestError) as caught:
        wire.parse(body, {}, validate=True)
    assert words in caught.value.message


FOUND: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"messages": "Hi"},
        {"type": "list_type", "loc": "body.messages", "msg": "Input should be a valid list", "input": "Hi"},
    ),
    (
        {"temperature": "hot"},
        {
            "type": "float_parsing",
            "loc": "body.temperature",
            "msg": "Input should be a valid number, unable to parse string as a number",
            "input": "hot",
        },
    ),
    (
        {"max_tokens": 1.5},
        {
            "type": "int_from_float",
            "loc": "body.max_tokens",
            "msg": "Input should be a valid integer, got a number with a fractional part",
            "input": "1.5",
        },
    ),
    (
        {"stream": {"a": 1}},
        {
            "type": "bool_type",
            "loc": "body.stream",
            "msg": "Input should be a valid boolean",
            "input": "<dict of 1 items>",
        },
    ),
    (
        {"reasoning_effort": "most"},
        {
            "type": "literal_error",
            "loc": "body.reasoning_effort",
            "msg": "Input should be 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'",
            "input": "most",
            "ctx": {"expected": "'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'"},
        },
    ),
    (
        {"tools": [{"type": "function", "function": {"name": 5}}]},
        {
            "type": "string_type",
            "loc": "body.tools.0.function.name",
            "msg": "Input should be a valid string",
            "input": "5",
        },
    ),
    (
        {"messages": [{"content": "x" * 300}]},
        {"type": "missing", "loc": "body.messages.0.role", "msg": "Field required", "input": "<dict of 1 items>"},
    ),
    (
        {"user": ["x" * 300]},
        {
            "type": "string_type",
            "loc": "body.user",
            "msg": "Input should be a valid string",
            "input": "<list of 1 items>",
        },
    ),
    (
        {"n": 0},
        {
            "type": "greater_than_equal",
            "loc": "body.n",
            "msg": "Input should be greater than or equal to 1",
            "input": "0",
            "ctx": {"ge": 1},
        },
    ),
]


@pytest.mark.parametrize(("more", "finding"), FOUND, ids=[next(iter(more)) for more, _ in FOUND])
def test_vllm__tells_a_wrong_type_as_its_validator_does(more: dict[str, Any], finding: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        VLLM().check_chat({"model": "m", "messages": [USER], **more})
    message = f"1 validation error:\n  {finding}"
    error = {"message": message, "type": "Bad Request", "param": finding["loc"], "code": 400}
    assert VLLM().error(caught.value) == {"error": error}


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (
            b'{"model": }',
            {
                "type": "json_invalid",
                "loc": ["body", 10],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": "Expecting value"},
            },
        ),
        (
            b"[1]",
            {
                "type": "model_attributes_type",
                "loc": ["body"],
                "msg": "Input should be a valid dictionary or object to extract fields from",
                "input": [1],
            },
        ),
    ],
)
def test_body__that_is_no_object_is_told_by_the_validators(body: bytes, finding: dict[str, Any]) -> None:
    def told(name: str) -> tuple[int, Any]:
        wire = registry.CHAT_DIALECTS[name]
        with pytest.raises(RequestError) as caught:
            wire.parse(body, {}, validate=True)
        adapted = wire.adapt_error(caught.value)
        return adapted.status, wire.error(adapted)

    assert told("mistral") == (422, {"detail": [finding]})
    place = ".".join(map(str, finding["loc"]))
    items = f"<{type(finding['input']).__name__} of {len(finding['input'])} items>"
    message = f"1 validation error:\n  {finding | {'loc': place, 'input': items}}"
    assert told("vllm") == (400, {"error": {"message": message, "type": "Bad Request", "param": place, "code": 400}})


def test_vllm__tells_what_must_hold_between_fields_as_its_validator_does() -> None:
    with pytest.raises(RequestError) as caught:
        VLLM().check_chat({"model": "m", "messages": [USER], "top_logprobs": 2})
    assert caught.value.message == (
        "1 validation error:\n  {'type': 'value_error', 'loc': 'body', 'msg': 'Value error, when using `top_logprobs`, "
        "`logprobs` must be set to true. (parameter=top_logprobs)', 'input': '<dict of 3 items>', 'ctx': {'error': "
        "VLLMValidationError('when using `top_logprobs`, `logprobs` must be set to true.')}}"
    )
    assert (caught.value.type, caught.value.param) == ("Bad Request", "top_logprobs")


@pytest.mark.parametrize("dialect", [DeepSeek(), OpenRouter(), XAI()])
def test_completions__need_a_prompt(dialect: Vendor) -> None:
    with pytest.raises(RequestError) as caught:
        LegacyCompletions(dialect).parse(b'{"model": "m"}', {}, validate=True)
    assert "prompt" in caught.value.message


def test_dialects__use_their_rules() -> None:
    for name, rules in RULES.items():
        dialect = registry.CHAT_DIALECTS[name]._dialect
        assert isinstance(dialect, Vendor)
        assert dialect.cross_field_rules == rules


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({"temperature": 2}, "less_than_equal", "Input should be less than or equal to 1.5"),
        ({"top_p": -1}, "greater_than_equal", "Input should be greater than or equal to 0"),
        ({"temperature": "hot"}, "float_type", "Input should be a valid number"),
        ({"stream": "yes"}, "bool_type", "Input should be a valid boolean"),
        ({"tool_choice": "some"}, "enum", "Input should be 'auto', 'none', 'any' or 'required'"),
        ({"foo": 1}, "extra_forbidden", "Extra inputs are not permitted"),
        ({"messages": [{"role": "user"}]}, "missing", "Field required"),
        ({"messages": [seen("iVBORw0KGgo=")]}, "value_error", INVALID_IMAGE),
        ({"messages": [seen({"url": "ftp://a.example/b.png"})]}, "value_error", INVALID_IMAGE),
    ],
)
def test_mistral__tells_what_its_validator_finds(more: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse("mistral", [USER], more)
    (found,) = registry.CHAT_DIALECTS["mistral"].error(caught.value)["detail"]
    assert (caught.value.status, found["type"], found["msg"]) == (422, kind, words)


@pytest.mark.parametrize(
    ("dialect", "more", "status", "words"),
    [
        ("deepseek", {"temperature": 3}, 400, "Invalid temperature value, the valid range of temperature is [0, 2]"),
        ("deepseek", {"top_p": 0}, 400, "Invalid top_p value, the valid range of top_p is (0, 1.0]"),
        (
            "deepseek",
            {"logprobs": True, "top_logprobs": 21},
            400,
            "Invalid top_logprobs value, the valid range of top_logprobs is [0, 20].",
        ),
        ("deepseek", {"top_logprobs": -1}, 400, "body into the target type: top_logprobs: invalid value: integer `-1`"),
        (
            "deepseek",
            {"tool_choice": "bogus"},
            400,
            "tool_choice: expected one of `none`, `auto`, `required` or a tool",
        ),
        (
            "deepseek",
            {"reasoning_effort": "ultra"},
            400,
            "reasoning_effort: unknown variant `ultra`, expected one of `n",
        ),
        ("deepseek", {"tools": [{"type": "function"}]}, 400, "target type: tools[0]: missing field `function`"),
        ("deepseek", {"n": 0}, 400, "Invalid 'n'"),
        ("xai", {"tools": [{"type": "function"}]}, 422, "target type: tools[0]: missing field `function`"),
        ("xai", {"messages": [{"role": "bot"}]}, 422, "messages[0].role: unknown variant `bot`, expected one of `sys"),
        ("xai", {"seed": "x"}, 422, "target type: seed: invalid type: expected an integer"),
        ("groq", {"temperature": 3}, 400, "'temperature' : number must be at most 2"),
        ("groq", {"top_p": -1}, 400, "'top_p' : number must be at least 0"),
        (
            "groq",
            {"messages": [{"role": "bot", "content": "Hi"}]},
            400,
            "'messages.0' : discriminator property 'role' h",
        ),
        ("groq", {"messages": [{"content": "Hi"}]}, 400, "'messages.0' : property 'role' is missing"),
        (
            "groq",
            {"response_format": {"type": "xml"}},
            400,
            "'response_format.type' : value is not one of the allowed values ['text','json_object','json_schema']",
        ),
        ("groq", {"tool_choice": "never"}, 400, "Only allowed string values for 'tool_choice' are none, auto, "),
        (
            "mistral",
            {"response_format": {"type": "xml"}},
            422,
            "Input should be 'text', 'json_object' or 'json_schema'",
        ),
        ("xai", {"response_format": {"type": "grammar"}}, 422, "expected one of `text`, `json_object`, `json_schema`"),
    ],
)
def test_fields__are_refused_in_the_vendor_s_words(dialect: str, more: dict[str, Any], status: int, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse(dialect, [USER], {**more})
    assert words in caught.value.message
    assert caught.value.status == status
    if dialect == "deepseek":
        assert (caught.value.code, caught.value.param) == ("invalid_request_error", None)


def test_gemini__refuses_unknown_fields_in_a_list_of_one() -> None:
    wire = registry.CHAT_DIALECTS["gemini"]
    with pytest.raises(RequestError) as caught:
        parse("gemini", [USER], {"reasoning": {"effort": "low"}})
    (told,) = wire.with_request_id(wire.error(caught.value), "1")
    words = 'Invalid JSON payload received. Unknown name "reasoning": Cannot find field.'
    assert isinstance(told, dict)
    assert (told["error"]["code"], told["error"]["message"], told["error"]["status"]) == (
        400,
        words,
        "INVALID_ARGUMENT",
    )
    assert told["error"]["details"][0]["fieldViolations"] == [{"description": words}]


@pytest.mark.parametrize("name", ["call_1", "call_abcdefghijkl", "x" * 9, "call_ä", "toolu_01-x"])
def test_mistral__takes_back_the_ids_that_it_gives(name: str) -> None:
    wire = registry.CHAT_DIALECTS["mistral"]
    prompt = wire.parse(orjson.dumps({"model": MODELS["mistral"], "messages": [USER]}), {}, validate=True)
    reply = Reply((Choice(tool_calls=(ToolCall("f", "{}", name),), finish_reason="tool_calls"),), serial="s")
    message = wire.document(reply, prompt)["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "1"}
    parse("mistral", [USER, message, result], {})


SIGNED = {"google": {"thought_signature": base64.b64encode(b"a signature of the API").decode()}}
SIGNED_CALL = {**CALLED, "tool_calls": [{**CALL, "extra_content": SIGNED}, {**CALL, "id": "b"}]}
SHORT = {"google": {"thought_signature": "YQ=="}}
MISSING_OF = "Function call is missing a thought_signature in functionCall parts"
UNSIGNED: Any = [
    ([USER, CALLED, RESULT], (MISSING_OF, "`default_api:f` , position 2.")),
    ([SYSTEM, USER, SIGNED_CALL, RESULT, RESULT, CALLED, RESULT], (MISSING_OF, "`default_api:f` , position 4.")),
    ([USER, {**CALLED, "tool_calls": [{**CALL, "extra_content": None}]}, RESULT], (MISSING_OF,)),
    ([USER, {**CALLED, "tool_calls": SIGNED_CALL["tool_calls"][::-1]}, RESULT], (MISSING_OF,)),
    ([USER, {**CALLED, "tool_calls": [{**CALL, "extra_content": SHORT}]}, RESULT], ("Corrupted thought signature.",)),
    ([USER, SIGNED_CALL, RESULT, RESULT], ()),
    ([USER, CALLED, RESULT, SAID, USER], ()),
    ([USER, SAID, USER], ()),
]


@pytest.mark.parametrize(("messages", "words"), UNSIGNED)
@pytest.mark.parametrize("model", ["gemini-3-pro-preview", "models/gemini-3.1-flash-lite", "gemini-2.5-flash"])
def test_gemini_3__wants_the_signature_of_its_first_call_back(
    messages: Any, words: tuple[str, ...], model: str
) -> None:
    if words and "gemini-3" in model:
        with pytest.raises(RequestError) as caught:
            parse("gemini", messages, {"model": model})
        assert all(part in caught.value.message for part in words)
    else:
        parse("gemini", messages, {"model": model})


@pytest.mark.parametrize("stream", [False, True])
def test_gemini_3__signs_its_first_call_and_takes_it_back(stream: bool) -> None:
    wire = registry.CHAT_DIALECTS["gemini"]
    asked = {"model": "gemini-3-flash-preview", "messages": [USER], "stream": stream}
    prompt = wire.parse(orjson.dumps(asked), {}, validate=True)
    reply = Reply((Choice(tool_calls=(ToolCall("f", "{}"), ToolCall("g", "{}"))),), serial="s")
    if stream:
        chunks = [event.data for event in wire.events(reply, prompt) if event.data.startswith(b"{")]
        deltas = [choice["delta"] for chunk in chunks for choice in orjson.loads(chunk)["choices"]]
        calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    else:
        calls = wire.document(reply, prompt)["choices"][0]["message"]["tool_calls"]
    assert [bool(call.get("extra_content", {}).get("google", {}).get("thought_signature")) for call in calls] == [
        True,
        False,
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "1"} for call in calls]
    parse("gemini", [USER, {"role": "assistant", "tool_calls": calls}, *results], {"model": asked["model"]})


DETAIL = {"type": "reasoning.encrypted", "data": SIGNED["google"]["thought_signature"], "format": "google-gemini-v1"}
OF_OPENROUTER: Any = [
    ([USER, CALLED, RESULT], "`default_api:f` , position 2. "),
    (
        [SYSTEM, USER, {**CALLED, "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]}, RESULT],
        "position 2. ",
    ),
    ([USER, {**CALLED, "reasoning_details": [{**DETAIL, "data": "YQ=="}]}, RESULT], "Corrupted thought signature."),
    ([USER, {**CALLED, "reasoning_details": [DETAIL]}, RESULT], ""),
    ([USER, CALLED, RESULT, SAID, USER], ""),
]


@pytest.mark.parametrize(("messages", "words"), OF_OPENROUTER)
@pytest.mark.parametrize("model", ["google/gemini-3-pro-preview", "google/gemini-2.5-flash", "openai/gpt-5"])
def test_openrouter__wants_the_details_of_gemini_3_back(messages: Any, words: str, model: str) -> None:
    if words and "gemini-3" in model:
        with pytest.raises(RequestError) as caught:
            parse("openrouter", messages, {"model": model})
        told = registry.CHAT_DIALECTS["openrouter"].error(caught.value)["error"]
        assert (told["message"], told["code"]) == ("Provider returned error", 400)
        begin = "Gemini models require OpenRouter reasoning details to be preserved in each request."
        assert told["metadata"]["raw"].startswith(begin) and words in told["metadata"]["raw"]
        assert (told["metadata"]["provider_name"], told["metadata"]["is_byok"]) == ("Google AI Studio", False)
    else:
        parse("openrouter", messages, {"model": model})


@pytest.mark.parametrize("reasoning", [None, "Hm"])
@pytest.mark.parametrize("stream", [False, True])
def test_openrouter__takes_back_what_it_gives_of_gemini_3(stream: bool, reasoning: str | None) -> None:
    wire = registry.CHAT_DIALECTS["openrouter"]
    asked = {"model": "google/gemini-3-flash-preview", "messages": [USER], "stream": stream}
    prompt = wire.parse(orjson.dumps(asked), {}, validate=True)
    calls = (ToolCall("f", "{}", "c1"), ToolCall("g", "{}", "c2"))
    reply = Reply((Choice(tool_calls=calls, reasoning=reasoning),), serial="s")
    if stream:
        chunks = [event.data for event in wire.events(reply, prompt) if event.data.startswith(b"{")]
        said = [choice["delta"] for chunk in chunks for choice in orjson.loads(chunk)["choices"]]
    else:
        said = [wire.document(reply, prompt)["choices"][0]["message"]]
    details = [detail for each in said for detail in each.get("reasoning_details") or ()]
    assert [detail["id"] for detail in details if detail["type"] == "reasoning.encrypted"] == ["c1"]
    made = [{"id": call.id, "type": "function", "function": {"name": call.name, "arguments": "{}"}} for call in calls]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "1"} for call in calls]
    answer = {"role": "assistant", "content": "", "tool_calls": made, "reasoning_details": details}
    parse("openrouter", [USER, answer, *results], {"model": asked["model"]})


@pytest.mark.parametrize(
    ("dialect", "sign"),
    [
        ("openrouter", b": OPENROUTER PROCESSING\n\n"),
        ("deepseek", b": keep-alive\n\n"),
        ("groq", None),
        ("mistral", None),
    ],
)
def test_stream__that_waits_is_kept_alive_where_the_vendor_does_so(dialect: str, sign: bytes | None) -> None:
    wire = registry.CHAT_DIALECTS[dialect]
    asked = {"model": MODELS.get(dialect, "m"), "messages": [USER], "stream": True}
    framing = wire.framing(wire.parse(orjson.dumps(asked), {}, validate=True))
    assert (framing.keep_alive if framing.keep_alive_ms else None) == sign
