"""What Anthropic's Messages API refuses, in its words; its errors, its headers, and its list of models."""

import base64
from contextlib import nullcontext
from typing import Any

import orjson
import pytest
from django.test import override_settings

from completions.conversation import Prompt
from completions.exceptions import BodyTooLarge, RequestError
from completions.receive.handler import Handler
from completions.tokens.capabilities import capabilities
from completions.wire.anthropic import limits as anthropic_limits
from completions.wire.anthropic import pages
from completions.wire.anthropic.messages import AnthropicCount, AnthropicMessages
from completions.wire.anthropic.models import DEFAULT_MODELS, find, page
from completions.wire.base import StreamFailure
from tests.asgi import call

WIRE, COUNT = AnthropicMessages(), AnthropicCount()
OLD, NEW = {"anthropic-version": "2023-06-01"}, {"anthropic-version": "2026-10-21"}
USER = {"role": "user", "content": "Hello"}
BODY: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [USER]}
TOOL = {"name": "add", "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "add", "input": {}}]}
RESULT: dict[str, Any] = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "2"}]}


def refused(body: dict[str, Any], headers: dict[str, str]) -> str | None:
    """Return the message that a request is refused with."""
    try:
        WIRE.parse(orjson.dumps(body), headers, validate=True)
    except RequestError as exc:
        assert exc.status == 400
        return exc.message
    return None


def said(*blocks: dict[str, Any], role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": list(blocks)}]


TEXT = {"type": "text", "text": "Hi"}
PICTURE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/gif", "data": "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="},
}


FILE = {"type": "file", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": FILE},
        {"type": "image", "source": FILE},
        {"type": "tool_result", "tool_use_id": "toolu_01", "content": [{"type": "image", "source": FILE}]},
    ],
)
def test_count__is_not_told_of_what_was_uploaded(block: dict[str, Any]) -> None:
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_01", "name": "f", "input": {}}]}
    before = [USER, call] if block["type"] == "tool_result" else []
    body = {"model": "claude-opus-5", "messages": [*before, *said(block)], "tools": [TOOL | {"name": "f"}]}
    with pytest.raises(RequestError) as caught:
        COUNT.parse(orjson.dumps(body), NEW, validate=True)
    assert caught.value.message == "File sources are not supported in the token counting endpoint."
    assert refused({**body, "max_tokens": 9}, NEW) is None


@pytest.mark.parametrize(
    ("model", "kind", "wrong"),
    [
        *((model, "any", True) for model in ("claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1")),
        *((model, "tool", True) for model in ("claude-opus-5-5", "claude-fable-5-1")),
        *((model, "any", False) for model in ("claude-opus-5", "claude-fable-5", "claude-sonnet-4-6")),
        ("claude-opus-5-5", "auto", False),
    ],
)
def test_count__is_not_told_of_tools_that_cannot_be_forced(model: str, kind: str, wrong: bool) -> None:
    choice = {"type": kind, **({"name": TOOL["name"]} if kind == "tool" else {})}
    body = {"model": model, "messages": [USER], "tools": [TOOL], "tool_choice": choice}
    prompt = COUNT.parse(orjson.dumps(body), NEW, validate=True)
    with pytest.raises(RequestError) if wrong else nullcontext() as caught:
        COUNT.check_abilities(prompt, capabilities(model, "anthropic"))
    if caught is not None:
        assert caught.value.message == 'tool_choice: type "tool" and "any" are not supported for this model.'


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": 0},
        {"stop_sequences": None},
        {"messages": [USER, USER, {"role": "assistant", "content": "Hi"}, USER]},
        {"messages": [{"role": "assistant", "content": "Hi"}, USER]},
        {"messages": [USER, {"role": "assistant", "content": "The answer is ("}]},
        {"messages": [USER, {"role": "assistant", "content": ""}]},
        {"messages": [USER, CALL, RESULT], "tools": [TOOL]},
        {"messages": [USER, CALL, {**RESULT, "content": [*RESULT["content"], TEXT]}], "tools": [TOOL]},
        {"messages": [USER, {"role": "system", "content": "Now in verse."}], "model": "claude-opus-5-5"},
        {"messages": [USER, {"role": "system", "content": "Now in verse."}], "model": "my-model"},
        {"tools": [{"type": "bash_20250124", "name": "bash"}, TOOL | {"type": "custom", "strict": False}]},
        {"tools": [TOOL], "tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"messages": said(PICTURE)},
        {"output_config": {"format": {"type": "json_schema", "schema": {"type": "string"}}}},
        {"system": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
    ],
    ids=repr,
)
def test_request__is_taken(fields: dict[str, Any]) -> None:
    assert refused(BODY | fields, NEW) is None
    assert refused(BODY | fields, OLD) is None


def picture(width: int = 8, height: int = 8, told: str = "image/png", more: int = 0) -> dict[str, Any]:
    """Return an image of PNG's format, of which there is hardly more than the header."""
    data = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes(more)
    source = {"type": "base64", "media_type": told, "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def marked(life: str = "", said: str = "Hi") -> dict[str, Any]:
    """Return a text after which the prompt is cached."""
    return {"type": "text", "text": said, "cache_control": {"type": "ephemeral"} | ({"ttl": life} if life else {})}


def used(name: str = "web_search") -> dict[str, Any]:
    return {"type": "server_tool_use", "id": "s1", "name": name, "input": {}}


IMAGE = {"type": "base64", "media_type": "image/bmp", "data": "aGk="}
LATE = {"role": "user", "content": [TEXT, *RESULT["content"]]}
SAYS = {"role": "assistant", "content": "Hi"}
ORDERS = {"role": "system", "content": "Now in verse."}
DIRECTIVE = "the directive-only form (content: [] with output_config) is accepted at any position"
AFTER = (
    "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that "
    "blocks are processed in the following order: `tools`, `system`, `messages`."
)
ADDS = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "add"}}
WAITS = {**TOOL, "defer_loading": True}
FALLBACK = {"type": "fallback", "from": {"model": "claude-fable-5"}, "to": {"model": "claude-opus-4-8"}}
UNKNOWN_TAG = (
    "messages.1.content.0: Input tag 'fallback' found using 'type' does not match any of the expected tags: "
    "'bash_code_execution_tool_result', 'code_execution_tool_result', 'connector_text', 'container_upload', "
    "'document', 'image', 'mid_conv_system', 'redacted_thinking', 'search_result', 'server_tool_use', 'text', "
    "'text_editor_code_execution_tool_result', 'thinking', 'tool_result', 'tool_search_tool_result', 'tool_use', "
    "'web_fetch_tool_result', 'web_search_tool_result'"
)
CALLED = {
    "type": "tool_use",
    "id": "t1",
    "name": "add",
    "input": {},
    "caller": {"type": "code_execution_20260120", "tool_id": "s1"},
}
RUN = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {}}
REFERENCE = {"type": "tool_reference", "tool_name": "lookup"}
FOUND = {"type": "tool_search_tool_search_result", "tool_references": [REFERENCE]}
SEARCHED = {"type": "tool_search_tool_result", "tool_use_id": "s1", "content": FOUND}


def answered(*blocks: dict[str, Any], then: dict[str, Any] = USER) -> list[dict[str, Any]]:
    """Return a conversation in which the assistant said these blocks."""
    return [USER, {"role": "assistant", "content": [*blocks]}, then]


def told(content: object) -> dict[str, Any]:
    """Return the message in which a client tells what its tool said."""
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": content}]}


RUNS = {"type": "code_execution_20250825", "name": "code_execution"}
SILENT = "user messages must have non-empty content"
UNANSWERED = (
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1. "
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
)
ORPHAN = (
    "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1. "
    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": -1}, "max_tokens: must be greater than or equal to 0"),
        (
            {"max_tokens": 64001},
            "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5",
        ),
        ({"model": 5}, "model: Input should be a valid string"),
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"n": 2}, "n: Extra inputs are not permitted"),
        ({"output_format": {}}, "output_format: Extra inputs are not permitted"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": {}}, "messages: Input should be a valid array"),
        ({"messages": ["Hi"]}, "messages.0: Input does not match the expected shape."),
        ({"messages": [{"content": "Hi"}]}, "messages.0.role: Field required"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        (
            {"messages": [{"role": "tool", "content": "Hi"}]},
            'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
        ),
        (
            {"messages": [USER, {"role": "system", "content": "Hi"}]},
            "role 'system' is not supported on this model",
        ),
        (
            {"messages": [{"role": "user", "content": ""}]},
            "messages.0: user messages must have non-empty content",
        ),
        ({"messages": said({"type": "text", "text": ""})}, "messages: text content blocks must be non-empty"),
        ({"messages": said({"type": "text"})}, "messages.0.content.0.text.text: Field required"),
        (
            {"messages": said({"type": "text", "text": "a", "x": 1})},
            "messages.0.content.0.text.x: Extra inputs are not permitted",
        ),
        ({"messages": said({"text": "Hi"})}, "messages.0.content.0.type: Field required"),
        (
            {"messages": said({"type": "image", "source": IMAGE})},
            "messages.0.content.0.image.source.base64.media_type: "
            "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
        ),
        (
            {"messages": said({"type": "image", "source": IMAGE | {"media_type": "image/png", "data": "R0lGODlh"}})},
            "messages.0.content.0.image.source.base64: "
            "The image was specified using the image/png media type, but the image appears to be a image/gif image",
        ),
        (
            {"messages": said({"type": "image", "source": {"type": "url", "url": "http://a"}})},
            "messages.0.content.0.image.source.url.url: Only HTTPS URLs are supported.",
        ),
        ({"messages": [USER, CALL]}, UNANSWERED),
        (
            {"messages": answered(*({**CALLED, "id": name} for name in ("t3", "t1", "t2")))},
            UNANSWERED.replace("t1", "t1, t2, t3"),
        ),
        ({"messages": [USER, CALL, USER]}, UNANSWERED),
        ({"messages": [RESULT]}, ORPHAN),
        ({"messages": answered(FALLBACK)}, UNKNOWN_TAG),
        ({"messages": answered(CALLED, then=RESULT)}, "source tool `s1` not found for tool use block `t1`"),
        (
            {"messages": answered(RUN, CALLED | {"caller": {"type": "code_execution_20260120", "tool_id": ["s1"]}})},
            "messages.1.content.1.tool_use.caller.tool_id: Input should be a valid string",
        ),
        (
            {"messages": [USER, CALL, told([REFERENCE | {"tool_name": ["lookup"]}])]},
            "messages.2.content.0.tool_result.content.0.tool_reference.tool_name: Input should be a valid string",
        ),
        *(
            ({"messages": found, "tools": [TOOL]}, "Tool reference 'lookup' not found in available tools")
            for found in (
                answered({**RUN, "name": "tool_search_tool_regex"}, SEARCHED),
                [USER, CALL, told([REFERENCE])],
            )
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": "Hi "}]},
            "messages: final assistant content cannot end with trailing whitespace",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": "Hi"}], "model": "claude-opus-5-5"},
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ),
        ({"tools": [{"name": "add"}]}, "tools.0.custom.input_schema: Field required"),
        *(
            (
                {"tools": [TOOL | {"input_schema": {"type": "object", word: [{"required": ["a"]}]}}]},
                "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
            )
            for word in ("oneOf", "allOf", "anyOf")
        ),
        *(
            (
                {"tools": [TOOL, TOOL | {"name": "b", "input_schema": {"type": "object", "properties": {key: {}}}}]},
                "tools.1.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'",
            )
            for key in ("a b", "名前", "filter[name]", "a" * 65)
        ),
        ({"metadata": {"user_id": "ann@example.com"}}, "metadata.user_id: user_id appears to contain an email address"),
        ({"stop_sequences": ["END", "\n"]}, "stop_sequences: each stop sequence must contain non-whitespace"),
        ({"tools": [TOOL | {"input_schema": {}}]}, "tools.0.custom.input_schema.type: Field required"),
        (
            {"tools": [TOOL | {"name": "a b"}]},
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ),
        ({"tools": [TOOL, TOOL]}, "tools: Tool names must be unique."),
        ({"tool_choice": {"type": "any"}}, "tool_choice.any may only be specified while providing tools."),
        ({"tool_choice": {"type": "tool", "name": "sub"}}, "Tool 'sub' not found in provided tools"),
        ({"system": [5]}, "system.0: Input does not match the expected shape."),
        ({"n": 2, "system": 5}, "system: Input should be a valid array"),
        ({"service_tier": 5, "stop_sequences": "END"}, "stop_sequences: Input should be a valid array"),
        ({"output_config": None}, "output_config: Input should be an object"),
        (
            {"output_config": {"task_budget": {"type": "tokens", "total": 20000}}},
            "output_config.task_budget: Extra inputs are not permitted",
        ),
        *(
            (
                {"container": named, "tools": [TOOL]},
                "container: Container identifier can only be provided when using the code execution tool",
            )
            for named in ("container_1", {"id": "container_1"})
        ),
        *(
            (
                {"container": given, "tools": [TOOL]},
                "container: skills can only be used when a code execution tool is enabled",
            )
            for given in ({"skills": [{"type": "anthropic", "skill_id": "pptx", "version": "latest"}]}, {})
        ),
        *(
            ({"messages": [*before, {"role": "user", "content": []}]}, f"messages.{len(before)}: {SILENT}")
            for before in ([], [USER, {"role": "assistant", "content": "Hi"}])
        ),
        (
            {"messages": [USER, {"role": "system", "content": []}]},
            "messages.1: system content must contain at least one block",
        ),
        (
            {"messages": [USER, {"role": "system", "content": " "}]},
            "messages.1: system text blocks must contain non-whitespace text",
        ),
        (
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "sub"}},
            "Tool 'sub' not found in provided tools",
        ),
        ({"tools": [TOOL], "tool_choice": {"type": "tool"}}, "tool_choice.tool.name: Field required"),
        (
            {
                "tools": [TOOL],
                "tool_choice": {"type": "any"},
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "max_tokens": 2000,
            },
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 100}},
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1024},
            "`max_tokens` must be greater than `thinking.budget_tokens`.",
        ),
        (
            {"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5},
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"stop_sequences": "END"}, "stop_sequences: Input should be a valid array"),
        *(
            ({"tools": [{"type": kind, "name": "other"}]}, f"tools.0.{kind}.name: Input should be '{name}'")
            for kind, name in (
                ("web_search_20250305", "web_search"),
                ("bash_20250124", "bash"),
                ("text_editor_20250124", "str_replace_editor"),
                ("text_editor_20250728", "str_replace_based_edit_tool"),
                ("tool_search_tool_bm25", "tool_search_tool_bm25"),
            )
        ),
        ({"inference_geo": 7}, "inference_geo: Input should be a valid string"),
        ({"inference_geo": "eu"}, "inference_geo: must be one of ['global', 'us']"),
        *(
            ({"model": model, "speed": "fast"}, f"'{model}' does not support the `speed` parameter.")
            for model in ("claude-opus-4-5-20251101", "claude-opus-4-20250514", "claude-haiku-4-5", "claude-sonnet-5")
        ),
        (
            {"output_config": {"effort": "huge"}},
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
        ),
    ],
    ids=repr,
)
def test_request__is_refused_in_the_api_s_words(fields: dict[str, Any], message: str) -> None:
    assert refused(BODY | fields, NEW) == message


@pytest.mark.parametrize("key", ["model", "max_tokens", "messages"])
def test_request__lacks_what_it_needs(key: str) -> None:
    assert refused({name: value for name, value in BODY.items() if name != key}, NEW) == f"{key}: Field required"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"temperature": 1}, "temperature: Extra inputs are not permitted"),
        ({"top_p": 0.5}, "top_p: Extra inputs are not permitted"),
        (
            {"messages": said({"type": "text", "text": "Hi", "citations": [{}]})},
            "messages.0.content.0.text: `citations` are not permitted in user messages",
        ),
        (
            {
                "messages": [
                    *said(
                        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}},
                        role="assistant",
                    ),
                    USER,
                ]
            },
            "messages.0.content.0.document: `document` blocks are not permitted in assistant messages",
        ),
    ],
)
def test_version__of_2026_refuses_what_the_one_before_takes(fields: dict[str, Any], message: str) -> None:
    assert refused(BODY | fields, NEW) == message
    assert refused(BODY | fields, OLD) is None


def test_version__before_holds_the_sampling_within_bounds() -> None:
    assert refused(BODY | {"temperature": 2}, OLD) == "temperature: range: 0..1"


WHEN = "when thinking is enabled or in adaptive mode."


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        ({"temperature": 0.5}, f"`temperature` may only be set to 1 {WHEN}"),
        ({"top_k": 5}, f"`top_k` must be unset {WHEN}"),
        ({"top_p": 0.9}, f"`top_p` must be greater than or equal to 0.95 or unset {WHEN}"),
        ({"temperature": 1}, None),
        ({"top_p": 0.95}, None),
    ],
    ids=repr,
)
@pytest.mark.parametrize("thinking", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}], ids=repr)
def test_sampling__is_limited_while_the_model_thinks(
    thinking: dict[str, Any], sampling: dict[str, Any], message: str | None
) -> None:
    body = BODY | {"max_tokens": 2048} | sampling
    assert refused(body | {"thinking": thinking}, OLD) == message
    assert refused(body | {"thinking": {"type": "disabled"}}, OLD) is None


def test_budget__for_thinking_between_tools_may_be_more_than_the_answer_s_tokens() -> None:
    body = BODY | {"max_tokens": 1024, "thinking": {"type": "enabled", "budget_tokens": 4096}}
    assert refused(body, OLD) == "`max_tokens` must be greater than `thinking.budget_tokens`."
    assert refused(body, OLD | {"anthropic-beta": "interleaved-thinking-2025-05-14"}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_choice": {"type": "auto"}},
        {"metadata": None, "container": None, "stop_sequences": None, "inference_geo": None, "cache_control": None},
        {"inference_geo": "us"},
        *({"speed": "fast", "model": model} for model in ("claude-opus-4-6", "claude-opus-5-5", "another")),
        {"container": "container_1", "tools": [RUNS]},
        {"container": "container_1", "tools": [{"type": "web_search_20260209", "name": "web_search"}]},
        {"messages": [{"role": "user", "content": []}, USER]},
        {"messages": [USER, {"role": "user", "content": ""}]},
        {"messages": [USER, {"role": "assistant", "content": []}, USER]},
    ],
    ids=repr,
)
def test_request__is_taken_as_the_api_was_seen_to_take_it(fields: dict[str, Any]) -> None:
    """So it was measured from August to September 2026."""
    assert refused(BODY | fields, NEW) is None


def test_version__must_be_there_and_known() -> None:
    assert refused(BODY, {}) == "anthropic-version: header is required"
    assert refused(BODY, {"anthropic-version": "1999"}) == 'anthropic-version: "1999" is not a valid version'


def test_beta__brings_its_fields() -> None:
    fields = {"output_format": {"type": "json_schema", "schema": {"type": "string"}}, "context_management": {}}
    of_one = NEW | {"anthropic-beta": "structured-outputs-2025-11-13"}
    of_both = NEW | {"anthropic-beta": "structured-outputs-2025-11-13, context-management-2025-06-27"}
    assert refused(BODY | fields, of_both) is None
    assert refused(BODY | fields, of_one) == "context_management: Extra inputs are not permitted"


@pytest.mark.parametrize(
    "more",
    [
        {"role": "system", "output_config": {"effort": "low"}},
        {"role": "system", "content": "Now in verse.", "clear_at": "next_user_message"},
    ],
)
def test_beta__has_messages_of_the_system_that_set_more(more: dict[str, Any]) -> None:
    body = {**BODY, "model": "claude-opus-5-5", "messages": [USER, more]}
    assert refused(body, OLD | {"anthropic-beta": "mid-conversation-output-config-2026-07-01"}) is None
    assert "Extra inputs" in str(refused(body | {"messages": [USER, {"content": "a", **more}]}, OLD))
    nothing = {"role": "system", "output_config": {}}
    words = refused(body | {"messages": [USER, nothing]}, OLD | {"anthropic-beta": "inline-tools-2026-09-15"})
    assert words == "messages.1: system content must contain at least one block"


def test_beta__has_tools_that_a_message_defines_and_a_search_finds() -> None:
    added = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {**TOOL, "name": "lookup"}}}
    messages = [USER, {"role": "system", "content": [TEXT, added]}, CALL, told([REFERENCE])]
    headers = OLD | {"anthropic-beta": "inline-tools-2026-09-15"}
    body = {**BODY, "model": "claude-opus-5-5", "messages": messages, "tools": [TOOL]}
    assert refused(body, headers) is None
    elsewhere = [{"role": "user", "content": [TEXT, added]}]
    assert refused(body | {"messages": elsewhere}, headers) == (
        "messages.0.content: 'tool_addition'/'tool_removal' blocks are only permitted within role: \"system\" messages"
    )
    added["tool"] = {"type": "tool_definition", "definition": {"name": ["lookup"]}}
    assert refused(body, headers) == "Tool reference 'lookup' not found in available tools"


def test_search__that_found_what_is_no_name_is_refused() -> None:
    found = SEARCHED | {"content": FOUND | {"tool_references": [REFERENCE | {"tool_name": ["lookup"]}]}}
    messages = answered({**RUN, "name": "tool_search_tool_regex"}, found)
    assert refused(BODY | {"messages": messages, "tools": [TOOL]}, NEW) == (
        "Tool reference '' not found in available tools"
    )


def test_count__takes_no_max_tokens() -> None:
    body = {key: value for key, value in BODY.items() if key != "max_tokens"}
    assert COUNT.parse(orjson.dumps(body), NEW, validate=True).model == "claude-sonnet-4-5"
    with pytest.raises(RequestError, match="max_tokens: Extra inputs are not permitted"):
        COUNT.parse(orjson.dumps(BODY), NEW, validate=True)


@pytest.mark.parametrize(
    ("exc", "kind", "message"),
    [
        (RequestError("Mine.", status=529), "overloaded_error", "Mine."),
        (RequestError("OpenAI's.", status=529, facts={}), "overloaded_error", "Overloaded"),
        (RequestError("x", status=401, facts={}), "authentication_error", "x-api-key header is required"),
        (
            RequestError("x", status=401, code="invalid_api_key", facts={}),
            "authentication_error",
            "API key is invalid.",
        ),
        (
            RequestError("x", status=401, code="invalid_api_key", facts={"bearer": True}),
            "authentication_error",
            "Invalid bearer token",
        ),
        (RequestError("x", status=404, code="model_not_found", facts={"model": "m"}), "not_found_error", "model: m"),
        (RequestError("x", status=404, facts={}), "not_found_error", "Not Found"),
        (RequestError("x", status=405, facts={}), "invalid_request_error", "Method Not Allowed"),
        (BodyTooLarge(5), "request_too_large", "Request exceeds the maximum size"),
        (RequestError("x", status=500, type="server_error", facts={}), "api_error", "Internal server error"),
        (RequestError("x", status=502, type="server_error"), "api_error", "x"),
        (RequestError("x", status=402), "billing_error", "x"),
        (RequestError("x", status=422), "invalid_request_error", "x"),
        (RequestError("x", status=400, type="permission_error"), "permission_error", "x"),
        (
            RequestError("x", facts={"prompt_tokens": 9, "max_tokens": 1, "window": 8}),
            "invalid_request_error",
            "prompt is too long: 9 tokens > 8 maximum",
        ),
        (
            RequestError("x", facts={"prompt_tokens": 5, "max_tokens": 4, "window": 8}),
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 5 + 4 > 8, "
            "decrease input length or `max_tokens` and try again",
        ),
        (
            RequestError("x", status=429, type="requests", facts={"limit": "50 requests per minute"}),
            "rate_limit_error",
            "This request would exceed your organization's rate limit of 50 requests per minute. "
            "For details, refer to: https://docs.claude.com/en/api/rate-limits.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_error__has_the_api_s_type_and_words(exc: RequestError, kind: str, message: str) -> None:
    envelope = {"type": "error", "error": {"type": kind, "message": message}}
    assert WIRE.error(exc) == envelope
    assert WIRE.with_request_id(WIRE.error(exc), "req_1") == envelope | {"request_id": "req_1"}
    streamed = {"type": "error", "error": {"details": None, "type": kind, "message": message}, "request_id": "req_1"}
    frames = WIRE.framing(Prompt()).frames(WIRE.error_events(StreamFailure(exc, request_id="req_1"), Prompt()))
    assert [*frames] == [b"event: error\ndata: " + orjson.dumps(streamed) + b"\n\n"]


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("0s", 0), ("6ms", 0.006), ("1.5s", 1.5), ("6m0s", 360), ("1h2m3.5s", 3723.5), ("soon", 0)],
)
def test_limits__durations_are_read(duration: str, seconds: float) -> None:
    assert anthropic_limits.seconds(duration) == seconds


def test_limits__are_told_under_the_api_s_names() -> None:
    told = anthropic_limits.limit_headers(
        {"x-ratelimit-limit-requests": "50", "x-ratelimit-reset-tokens": "1.5s", "retry-after": "2"}, clock=0
    )
    assert told == {
        "anthropic-ratelimit-requests-limit": "50",
        **{
            f"anthropic-ratelimit-{kind}-reset": "1970-01-01T00:00:02Z"
            for kind in ("tokens", "input-tokens", "output-tokens")
        },
        "retry-after": "2",
    }


def test_models__come_in_pages() -> None:
    first = page((), {"limit": "4"})
    assert [model["id"] for model in first["data"]] == list(DEFAULT_MODELS[:4])
    assert (first["has_more"], first["first_id"], first["last_id"]) == (True, DEFAULT_MODELS[0], DEFAULT_MODELS[3])
    rest = page((), {"after_id": DEFAULT_MODELS[3]})
    assert ([model["id"] for model in rest["data"]], rest["has_more"]) == (list(DEFAULT_MODELS[4:]), False)
    before = page((), {"before_id": DEFAULT_MODELS[3], "limit": "2"})
    assert ([model["id"] for model in before["data"]], before["has_more"]) == (list(DEFAULT_MODELS[1:3]), True)
    assert page(["m"], {})["last_id"] == "m"


@pytest.mark.parametrize(
    ("query", "ids", "more"),
    [
        ({"after_id": "b"}, ["c"], False),
        ({"after_id": "gone"}, [], False),
        ({"before_id": "c"}, ["a", "b"], False),
        ({"before_id": "c", "limit": "1"}, ["b"], True),
        ({"before_id": "gone"}, [], False),
        ({"limit": "3"}, ["a", "b", "c"], False),
    ],
)
def test_page__goes_on_from_an_id_that_may_be_gone(query: dict[str, str], ids: list[str], more: bool) -> None:
    shown = pages.page([{"id": name} for name in "abc"], query)
    assert ([each["id"] for each in shown["data"]], shown["has_more"]) == (ids, more)


def test_models__say_what_is_known() -> None:
    model = find("claude-opus-4-5-20251101", ())
    assert (model["display_name"], model["created_at"], model["line"]) == (
        "Claude Opus 4.5",
        "2025-11-01T00:00:00Z",
        "opus",
    )
    assert (model["max_input_tokens"], model["max_tokens"]) == (200_000, 64_000)
    other = find("mine", ["mine"])
    assert other["capabilities"] is None
    assert (other["line"], other["max_tokens"], other["created_at"]) == (None, None, "1970-01-01T00:00:00Z")


YES, NO = {"supported": True}, {"supported": False}


def test_models__can_do_what_was_recorded_of_haiku() -> None:
    found = find("claude-haiku-4-5-20251001", ())["capabilities"]
    newer = {"server_tools": found.pop("server_tools"), **{key: found["thinking"]["types"].pop(key) for key in NEWER}}
    assert found == {  # GET /v1/models/claude-haiku-4-5-20251001 on 2026-10-02
        "batch": YES,
        "citations": YES,
        "code_execution": NO,
        "context_management": {
            **YES,
            "clear_tool_uses_20250919": YES,
            "clear_thinking_20251015": YES,
            "compact_20260112": NO,
        },
        "effort": {**NO, **dict.fromkeys(("low", "medium", "high", "xhigh", "max"), NO)},
        "image_input": YES,
        "pdf_input": YES,
        "structured_outputs": YES,
        "thinking": {**YES, "types": {"enabled": YES, "adaptive": NO}},
    }
    tools = {**YES, "web_search": YES, "code_execution": YES}
    assert newer == {"server_tools": tools, "disabled": YES, "between_tools": NO}


NEWER = ("disabled", "between_tools")


@pytest.mark.parametrize(
    ("model", "efforts", "thinking", "compacts"),
    [
        ("claude-sonnet-4-6", "low medium high max", "adaptive disabled enabled", True),
        ("claude-opus-4-5-20251101", "low medium high", "disabled enabled", False),
        ("claude-opus-5", "low medium high xhigh max", "adaptive disabled", True),
        ("claude-opus-5-5", "low medium high xhigh max", "adaptive", True),
        ("claude-sonnet-5-5", "low medium high xhigh max", "adaptive between_tools", True),
        ("claude-haiku-5-5", "low medium high xhigh max", "adaptive disabled", True),
    ],
)
def test_models__can_do_what_the_api_lets_them(model: str, efforts: str, thinking: str, compacts: bool) -> None:
    found = find(model, ())["capabilities"]
    named = {key for key, value in found["effort"].items() if value is not True and value["supported"]}
    assert named == set(efforts.split())
    kinds = sorted(kind for kind, value in found["thinking"]["types"].items() if value["supported"])
    assert kinds == thinking.split()
    assert found["context_management"]["compact_20260112"]["supported"] is compacts


@pytest.mark.parametrize("model", DEFAULT_MODELS)
async def test_models__refuse_the_thinking_that_they_tell_they_have_not(model: str) -> None:
    told = find(model, ())["capabilities"]["thinking"]["types"]
    with override_settings(MOCK_SCRIPT="auto"):
        for kind, can in told.items():
            thinking = {"type": kind, **({"budget_tokens": 1024} if kind == "enabled" else {})}
            body = orjson.dumps({"model": model, "max_tokens": 4000, "messages": [USER], "thinking": thinking})
            answer = await call(Handler(), "POST", "/v1/messages", body, headers=OLD)
            assert (answer.status == 200) is can["supported"], (kind, answer.body)


@pytest.mark.parametrize("model", ["claude-fable-5-99", "claude-sonnet-9"])
async def test_models__newer_than_the_table_think_as_their_like_do(model: str) -> None:
    cases: list[tuple[dict[str, Any], int]] = [
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}, 200),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, 400),
    ]
    for more, status in cases:
        body = orjson.dumps({"model": model, "max_tokens": 4000, "messages": [USER], **more})
        with override_settings(MOCK_SCRIPT="auto"):
            answer = await call(Handler(), "POST", "/v1/messages", body, headers=OLD)
        assert answer.status == status, answer.body


UNTHOUGHT = (
    "output_config.effort '{}' is not supported when thinking is disabled on this model. Use effort 'high' or below"
)


def off(effort: str, kind: str = "disabled") -> dict[str, Any]:
    return {"thinking": {"type": kind}, "output_config": {"effort": effort}}


async def test_thinking__turned_off_is_refused_by_what_the_model_has_in_its_place() -> None:
    async def said_of(model: str, kind: str) -> str:
        body = {"model": model, "max_tokens": 9, "messages": [USER], "thinking": {"type": kind}}
        with override_settings(MOCK_SCRIPT="auto"):
            answer = await call(Handler(), "POST", "/v1/messages", orjson.dumps(body), headers=OLD)
        message: str = orjson.loads(answer.body)["error"]["message"]
        return message

    off = '"thinking.type.disabled" is not supported for this model. Use "thinking.type.'
    assert (await said_of("claude-opus-5-5", "disabled")).startswith(off + 'adaptive" and')
    assert (await said_of("claude-sonnet-5-5", "disabled")).startswith(off + 'between_tools" for the lowest')
    between = '"thinking.type.between_tools" is not supported for this model.'
    assert await said_of("claude-opus-5-5", "between_tools") == between


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        ("claude-opus-5", off("xhigh"), UNTHOUGHT.format("xhigh") + ", or enable thinking."),
        ("claude-haiku-5-5", off("max"), UNTHOUGHT.format("max") + ", or enable thinking."),
        ("claude-sonnet-5-5", off("max", "between_tools"), UNTHOUGHT.format("max") + "."),
        ("claude-opus-5", off("high"), None),
        ("claude-haiku-5-5", off("high"), None),
        ("claude-sonnet-5-5", off("high", "between_tools"), None),
        ("claude-opus-5", {"output_config": {"effort": "max"}}, None),
        ("claude-haiku-5-5", {"top_p": 0.98}, "`top_p` is deprecated for this model."),
        ("claude-haiku-5-5", {"top_p": 0.99}, None),
    ],
)
async def test_models__since_opus_5_take_efforts_and_top_p_as_measured(
    model: str, more: dict[str, Any], said: str | None
) -> None:
    body = {"model": model, "max_tokens": 9, "messages": [USER], **more}
    with override_settings(MOCK_SCRIPT="auto"):
        answer = await call(Handler(), "POST", "/v1/messages", orjson.dumps(body), headers=OLD)
    told = orjson.loads(answer.body)
    assert answer.status == (200 if said is None else 400), told
    assert said is None or told["error"]["message"] == said


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "many"}, {"after_id": "nobody"}])
def test_models__refuse_a_page_that_is_not_there(query: dict[str, str]) -> None:
    with pytest.raises(RequestError) as caught:
        page((), query)
    assert caught.value.status == 400


def test_models__one_that_is_not_listed_is_a_404() -> None:
    with pytest.raises(RequestError, match=r"^model: other$") as caught:
        find("other", ["mine"])
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        (
            {"messages": answered(FALLBACK, {"type": "text", "text": "Hi"})},
            {"anthropic-beta": "server-side-fallback-2026-07-01"},
        ),
        ({"messages": answered(RUN, CALLED, then=RESULT), "container": "container_1", "tools": [RUNS]}, {}),
        ({"messages": answered(RUN, SEARCHED), "tools": [{**TOOL, "name": "lookup"}]}, {}),
        ({"messages": answered(RUN, SEARCHED), "tools": [{"type": "mcp_toolset", "mcp_server_name": "m"}]}, {}),
    ],
)
def test_blocks__come_back_as_they_were_said(fields: dict[str, Any], headers: dict[str, str]) -> None:
    assert refused(BODY | fields, OLD | headers) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"messages": [USER, CALL, LATE], "tools": [TOOL]}, UNANSWERED),
        ({"messages": [USER, CALL, USER, RESULT], "tools": [TOOL]}, UNANSWERED),
        (
            {"messages": [USER, CALL, {"role": "user", "content": RESULT["content"] * 2}]},
            "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with "
            "id: t1",
        ),
        (
            {"messages": answered(SEARCHED), "tools": [{**TOOL, "name": "lookup"}]},
            "messages.1.content.0: unexpected `tool_use_id` found in `tool_search_tool_result` blocks: s1. Each "
            "`tool_search_tool_result` block must have a corresponding `server_tool_use` block before it.",
        ),
        (
            {"messages": answered(used(), TEXT)},
            "`web_search` tool use with id `s1` was found without a corresponding `web_search_tool_result` block",
        ),
        (
            {"messages": answered(used("tool_search_tool_bm25"))},
            "`tool_search_tool_bm25` tool use with id `s1` was found without a corresponding "
            "`tool_search_tool_result` block",
        ),
        (
            {"messages": answered(RUN, CALLED, then=RESULT)},
            "container_id is required when there are pending tool uses generated by code execution with tools.",
        ),
        ({"system": [marked("5m"), marked("1h")]}, f"system.1.{AFTER}"),
        ({"system": [marked()], "messages": said(marked("1h"))}, f"messages.0.content.0.{AFTER}"),
        (
            {"cache_control": {"type": "ephemeral"}, "messages": said(marked("1h"))},
            "Top-level cache_control has ttl='5m' but the target block already has cache_control with ttl='1h'. When "
            "both are specified on the same block, they must have matching TTLs.",
        ),
        (
            {"messages": answered(marked(said=""))},
            "messages.1.content.0.text: cache_control cannot be set for empty text blocks",
        ),
        ({"system": [marked(said="")]}, "system.0: cache_control cannot be set for empty text blocks"),
        ({"system": [{"type": "text", "text": ""}]}, "system: text content blocks must be non-empty"),
        (
            {"system": [{**TEXT, "cache_control": {"type": "ephemeral", "scope": "global"}}]},
            "system.0.cache_control.ephemeral.scope: Extra inputs are not permitted",
        ),
        (
            {"tools": [TOOL, {**WAITS, "name": "b", "cache_control": {"type": "ephemeral"}}]},
            "Tool 'b' cannot have both defer_loading=true and cache_control set. Tools with defer_loading cannot use "
            "prompt caching.",
        ),
        ({"tools": [WAITS]}, "At least one tool must have defer_loading=false. All tools cannot be deferred."),
        (
            {"messages": said(picture(told="image/jpeg"))},
            "messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media type, but "
            "the image appears to be a image/png image",
        ),
        (
            {"messages": said({"type": "image", "source": IMAGE | {"media_type": "image/png"}})},
            "Could not process image",
        ),
        (
            {"messages": [USER, CALL, told([picture(8001)])]},
            "messages.2.content.0.tool_result.content.0.image.source.base64.data: At least one of the image "
            "dimensions exceed max allowed size: 8000 pixels",
        ),
        (
            {"messages": said(*[picture(8, 2001)] * 21)},
            "messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed "
            "size for many-image requests: 2000 pixels",
        ),
        ({"messages": said(*[picture()] * 101)}, "too many images and documents: 101 + 0 > 100"),
        (
            {"messages": said(picture(more=7_900_000))},
            "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: 10533368 bytes > 10485760 bytes",
        ),
    ],
    ids=lambda value: repr(value)[:150],
)
def test_request__is_refused_for_what_stands_next_to_it(fields: dict[str, Any], message: str) -> None:
    assert refused(BODY | fields, OLD) == message


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": answered(used())[:2]},
        {"messages": answered(used())[:2], "model": "claude-opus-4-8"},
        {"messages": answered(RUN, SEARCHED), "tools": [{**TOOL, "name": "lookup"}]},
        {"messages": [*answered(used(), CALLED | {"caller": {"type": "direct"}})[:2], RESULT]},
        {"system": [marked("1h"), marked("5m")], "messages": said(marked())},
        {"cache_control": {"type": "ephemeral", "ttl": "1h"}, "messages": said(marked("1h"))},
        {"tools": [WAITS, {**TOOL, "name": "b", "cache_control": {"type": "ephemeral"}}]},
        {"messages": said(picture(8000, 8000))},
        {"messages": said(*[picture(2000, 2000)] * 21)},
        {"messages": said(*[picture()] * 101), "model": "claude-opus-5-5"},
    ],
    ids=lambda value: repr(value)[:150],
)
def test_request__is_taken_with_what_stands_next_to_it(fields: dict[str, Any]) -> None:
    assert refused(BODY | fields, OLD) is None


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        (
            [ORDERS, USER],
            f"messages.0: use the top-level 'system' parameter for the initial system prompt; {DIRECTIVE}",
        ),
        (
            [USER, SAYS, ORDERS, USER],
            "messages.2: role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool "
            f"result; {DIRECTIVE}",
        ),
        (
            [USER, ORDERS, USER],
            f"messages.1: role 'system' must precede an 'assistant' message or end the array; {DIRECTIVE}",
        ),
        ([USER, ORDERS, ORDERS, SAYS, USER, ORDERS], None),
        ([{"role": "system", "content": [], "output_config": {"effort": "low"}}, USER, SAYS, USER], None),
    ],
)
def test_system_message__has_its_places(messages: list[dict[str, Any]], message: str | None) -> None:
    body = BODY | {"model": "claude-opus-5-5", "messages": messages}
    assert refused(body, OLD | {"anthropic-beta": "mid-conversation-output-config-2026-07-01"}) == message


@pytest.mark.parametrize(
    ("model", "order", "message"),
    [
        ("claude-sonnet-5", {"content": [ADDS]}, "tool_addition/tool_removal is not supported on this model"),
        ("claude-opus-5-5", {"content": [ADDS]}, None),
        (
            "claude-fable-5",
            {"content": [], "output_config": {"effort": "low"}},
            "output_config.effort requires a model that supports per-turn effort; this model does not",
        ),
        ("claude-opus-5", {"content": [], "output_config": {"effort": "low"}}, None),
    ],
)
def test_system_message__sets_what_the_model_takes(model: str, order: dict[str, Any], message: str | None) -> None:
    body = BODY | {"model": model, "messages": [USER, {"role": "system", **order}]}
    betas = "mid-conversation-output-config-2026-07-01, mid-conversation-tool-changes-2026-07-01"
    assert refused(body, OLD | {"anthropic-beta": betas}) == message


@pytest.mark.parametrize(
    ("field", "valid"),
    [
        ({"type": "string", "minLength": 1, "pattern": "^a", "format": "uri"}, True),
        ({"type": ["string", "null"], "enum": ["a", None], "default": None, "examples": ["a"]}, True),
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5, "x-unit": {"minimum": True}}, True),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1.0, "uniqueItems": True}, True),
        ({"type": "array", "prefixItems": [{"type": "string"}, True], "items": False}, True),
        ({"anyOf": [{"$ref": "#/$defs/a"}, {"not": {}}], "additionalProperties": {}}, True),
        ({"type": "object", "properties": None, "required": []}, True),
        ({"type": "number", "exclusiveMinimum": True}, False),
        ({"type": "number", "multipleOf": 0}, False),
        ({"type": "string", "minLength": "1"}, False),
        ({"type": "string", "maxLength": -1}, False),
        ({"type": "string", "required": True}, False),
        ({"type": "string", "enum": "a"}, False),
        ({"type": "string", "description": None}, False),
        ({"type": ["string", "string"]}, False),
        ({"type": "any"}, False),
        ({"type": None}, False),
        ({"type": "array", "items": [{"type": "string"}]}, False),
        ({"type": "array", "prefixItems": []}, False),
        ({"anyOf": [{"type": "string", "minLength": None}]}, False),
        ({"not": {"additionalProperties": {"type": "foo"}}}, False),
        ({"type": "object", "properties": {}, "required": ["a", "a"]}, False),
        ({"type": "object", "properties": []}, False),
        ("string", False),
    ],
)
def test_tool__has_a_schema_of_the_draft(field: Any, valid: bool) -> None:
    tool = TOOL | {"input_schema": {"type": "object", "properties": {"a": field}}}
    words = "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12"
    found = refused(BODY | {"tools": [tool]}, OLD)
    assert found is None if valid else found is not None and found.startswith(words)
