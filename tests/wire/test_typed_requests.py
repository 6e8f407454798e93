"""Whatever the types of an SDK can say is taken: every field, member and value of its requests, one at a time.

What these types take and the real API refuses all the same stands in a table, with the words of the refusal.
"""

import base64
import copy
import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

import orjson
import pytest
from anthropic.types import anthropic_beta_param, message_count_tokens_params
from anthropic.types import message_create_params as messages
from anthropic.types.beta import message_create_params as beta_messages
from openai.types import completion_create_params as legacy
from openai.types import decision_create_params as decisions
from openai.types import embedding_create_params as embeddings
from openai.types import moderation_create_params as moderations
from openai.types.chat import completion_create_params as chat
from openai.types.responses import input_token_count_params, response_compact_params
from openai.types.responses import response_create_params as responses

from completions.exceptions import RequestError
from completions.wire.anthropic.call_pairs import RESULT_TYPES
from completions.wire.anthropic.messages import AnthropicCount, AnthropicMessages
from completions.wire.anthropic.search_seals import encrypted_content
from completions.wire.base import WireFormat
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.decisions import Decisions
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.moderations import Moderations
from completions.wire.openai.responses.compact import Compaction
from completions.wire.openai.responses.format import InputTokens, Responses
from tests.wire.typed_requests import Types

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.4").decode()
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION = {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True}
CHAT_FUNCTION = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
SAMPLES = {
    **{"url": "https://example.com/a.png", "image_url": f"data:image/png;base64,{PNG}", "file_data": PDF},
    **{"parameters": SCHEMA, "schema": SCHEMA, "input_schema": SCHEMA, "server_url": "https://example.com/mcp"},
    **{"name": "f", "arguments": "{}", "call_id": "call_1", "tool_call_id": "call_1", "metadata": {"a": "b"}},
    **{"max_output_tokens": 64, "max_tokens": 2048, "budget_tokens": 1024, "logit_bias": {"1": -1}, "data": PNG},
    **{"tool_use_id": "toolu_1", "id": "toolu_1", "temperature": 1, "score_threshold": 0.5},
    **{"top_p": 0.5, "previous_response_id": "resp_1", "Request.conversation": "conv_1", "inference_geo": "us"},
    "ResponseConversationParamParam.id": "conv_1",
    **{"ResponseOutputMessageParam.id": "msg_1", "ResponseReasoningItemParam.id": "rs_1"},
    **{"ResponseFunctionToolCallParam.id": "fc_1", "FunctionCallOutput.id": "fc_1"},
    **{"ResponseCustomToolCallParam.id": "ctc_1", "ResponseCustomToolCallOutputParam.id": "ctco_1"},
    "ResponseFunctionWebSearchParam.id": "ws_1",
    "ChatCompletionAllowedToolsParam.tools": [{"type": "function", "function": {"name": "f"}}],
    "FileSearchToolParam.vector_store_ids": ["vs_1"],
    "ChatCompletionAudioParam.voice": "alloy",
    "Base64PDFSourceParam.data": PDF.rpartition(",")[2],
    "ResponseCompactionItemParamParam.encrypted_content": base64.urlsafe_b64encode(b"\x80" + bytes(72)).decode(),
    **dict.fromkeys(
        ("WebSearchResultBlockParam.encrypted_content", "BetaWebSearchResultBlockParam.encrypted_content"),
        encrypted_content("https://example.com/"),
    ),
}
SMALLEST: Mapping[str, Mapping[str, Any]] = {
    "ChatCompletionAssistantMessageParam": {"content": "hello"},
    "FileFile": {"file_data": PDF, "filename": "a.pdf"},
    "InputAudio": {"data": PNG, "format": "wav"},
    "JSONSchema": {"schema": SCHEMA},
    "Mcp": {"server_url": "https://example.com/mcp"},
    "BetaSystemMessageParam": {"content": "hello"},
    "FunctionCallOutput": {"call_id": "call_1"},
    "ResponseInputImageParam": {"image_url": SAMPLES["image_url"]},
    "ResponseInputImageContentParam": {"image_url": SAMPLES["image_url"]},
    "ResponseInputFileParam": {"file_data": PDF},
    "ResponseInputFileContentParam": {"file_data": PDF},
    "QuestionQuestionParamChoice": {"choices": [{"value": "a"}, {"value": True}]},
    "QuestionQuestionParamScore": {"levels": [{"label": "a"}]},
}
"""What the APIs want of these besides, in the recordings and in the descriptions of the fields."""

BETAS = [name for member in get_args(anthropic_beta_param.AnthropicBetaParam) for name in get_args(member)]
ANTHROPIC = {"anthropic-version": "2023-06-01"}
BETA = {**ANTHROPIC, "anthropic-beta": ",".join(BETAS)}

Body = dict[str, Any]
HELLO = [{"role": "user", "content": "hello"}]
MESSAGES = {"model": "claude-opus-4-8", "messages": HELLO}


def chat_turns(body: Body) -> Body:
    """Return a request for a chat with what its last message and its choice of a tool need besides."""
    last = body["messages"][-1]
    more: Body = {}
    if last["role"] == "tool":
        call = {"id": last["tool_call_id"], "type": "function", "function": {"name": "f", "arguments": "{}"}}
        more["messages"] = [*HELLO, {"role": "assistant", "tool_calls": [call]}, last]
    elif last["role"] == "function":
        asked = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
        more["messages"] = [*HELLO, asked, last]
    elif last.get("tool_calls"):
        result = {"role": "tool", "tool_call_id": last["tool_calls"][0]["id"], "content": "a"}
        more["messages"] = [*HELLO, last, result]
    if body.get("tool_choice") or "parallel_tool_calls" in body:
        named = body.get("tool_choice") or {}
        custom = isinstance(named, dict) and named.get("type") == "custom"
        more["tools"] = [{"type": "custom", "custom": {"name": "f"}} if custom else CHAT_FUNCTION]
    if body.get("function_call"):
        more["functions"] = [{"name": "f", "parameters": SCHEMA}]
    if body.get("top_logprobs") is not None:
        more["logprobs"] = True
    if "audio" in (body.get("modalities") or ()):
        more["audio"] = {"voice": "alloy", "format": "wav"}
    if (body.get("response_format") or {}).get("type") == "json_object":
        more["messages"] = [{"role": "user", "content": "Answer in JSON."}]
    return {**body, **more, **({"stream": True} if body.get("stream_options") is not None else {})}


PAIRS: Mapping[str, tuple[Body, Body]] = {
    "function_call": ({"name": "f", "arguments": "{}"}, {"output": "a"}),
    "custom_tool_call": ({"name": "f", "input": "a"}, {"output": "a"}),
    "computer_call": ({"id": "cu_1", "status": "completed"}, {"output": {"type": "computer_screenshot"}}),
    "shell_call": ({"action": {"commands": ["ls"]}}, {"output": []}),
    "apply_patch_call": ({"status": "completed", "operation": {}}, {"status": "completed"}),
}
"""What a call has besides its id, and what its output has."""


def beside(item: Body) -> list[Body]:
    """Return an item of the input with the item that must be there as well: a call, its output, what was thought of."""
    kind, call = item.get("type") or "", item.get("call_id")
    if kind == "reasoning":
        return [item, {"type": "message", "id": "msg_1", "role": "assistant", "content": "a"}]
    if kind in PAIRS:
        return [item, {"type": f"{kind}_output", "call_id": call, **PAIRS[kind][1]}]
    if (asked := kind.removesuffix("_output")) in PAIRS and call:
        return [{"type": asked, "call_id": call, **PAIRS[asked][0]}, item]
    return [item]


def searched(tools: list[Body]) -> list[Body]:
    """Return the search that finds deferred tools, or a deferred tool for a search to find."""
    if any(tool["type"] == "tool_search" for tool in tools):
        return [{**FUNCTION, "defer_loading": True}]
    return [{"type": "tool_search"}] if '"defer_loading":true' in orjson.dumps(tools).decode() else []


def items(body: Body) -> Body:
    """Return a request for a response with what its last item and its choice of a tool need besides."""
    more: Body = {}
    if isinstance(body.get("input"), list):
        more["input"] = [*HELLO, *beside(body["input"][0])]
    if body.get("tool_choice"):
        more["tools"] = [FUNCTION, {"type": "custom", "name": "f"}]
    elif tools := body.get("tools"):
        more["tools"] = [*tools, *searched(tools)]
    if ((body.get("text") or {}).get("format") or {}).get("type") == "json_object":
        more["input"] = "Answer in JSON."
    if body.get("stream_options") is not None:
        more["stream"] = True
    if "background_options" in body:
        more["background"] = True
    return {**body, **more}


def legacy_rest(body: Body) -> Body:
    """Return a request for a completion with as many candidates as its answers need, streamed where it says how."""
    stream, best = "stream_options" in body, body.get("best_of")
    return {**body, "stream": stream, "best_of": best or None if stream else best or 3}


def as_it_is(body: Body) -> Body:
    """Return a request that needs nothing besides."""
    return body


def blocks(body: Body) -> Body:
    """Return a request for a message with what its last block and its choice of a tool need besides."""
    last = body["messages"][-1]
    more: Body = {}
    said = last.get("content")
    first = said[0] if isinstance(said, list) else {"type": "text", "text": said}
    kind = first["type"]
    if kind == "tool_result":
        use = {"type": "tool_use", "id": first["tool_use_id"], "name": "f", "input": {}}
        more["messages"] = [*HELLO, {"role": "assistant", "content": [use]}, {"role": "user", "content": [first]}]
    elif kind == "tool_use":
        result = {"type": "tool_result", "tool_use_id": first["id"], "content": "a"}
        more["messages"] = [*HELLO, {"role": "assistant", "content": [first]}, {"role": "user", "content": [result]}]
    elif kind in ("tool_addition", "tool_removal"):
        more["messages"] = [*HELLO, {"role": "system", "content": [first]}]
    elif kind == "server_tool_use":
        more["messages"] = [*HELLO, {"role": "assistant", "content": [first]}]
    elif kind in RESULT_TYPES.values() and first.get("tool_use_id"):
        use = {"type": "server_tool_use", "id": first["tool_use_id"], "name": "web_search", "input": {}}
        more["messages"] = [*HELLO, {"role": "assistant", "content": [use, first]}, *HELLO]
    elif last["role"] != "user" or kind not in ("text", "image", "document", "search_result", "container_upload"):
        more["messages"] = [*HELLO, {"role": "assistant", "content": [first, {"type": "text", "text": "a"}]}, *HELLO]
    if last["role"] == "system":
        more["messages"] = [*HELLO, last]
    if body.get("tool_choice") or any(tool.get("defer_loading") for tool in body.get("tools") or []):
        more["tools"] = [*(body.get("tools") or []), {"name": "g", "input_schema": SCHEMA}]
        more["tools"] += [] if body.get("tools") else [{"name": "f", "input_schema": SCHEMA}]
    if body.get("mcp_servers"):
        more["tools"] = [{"type": "mcp_toolset", "mcp_server_name": "f"}]
    if body.get("context_management"):
        more["thinking"] = {"type": "adaptive"}
    return {**body, **more}


Operation = tuple[WireFormat, Any, Mapping[str, Any], Mapping[str, str], Callable[[Body], Body]]
OPERATIONS: Mapping[str, Operation] = {
    "chat": (
        ChatCompletions(),
        chat.CompletionCreateParamsNonStreaming,
        {"model": "m", "messages": HELLO},
        {},
        chat_turns,
    ),
    "responses": (
        Responses(),
        responses.ResponseCreateParamsNonStreaming,
        {"model": "m", "input": "hello"},
        {},
        items,
    ),
    "input_tokens": (
        InputTokens(),
        input_token_count_params.InputTokenCountParams,
        {"model": "m", "input": "hello"},
        {},
        items,
    ),
    "compact": (
        Compaction(),
        response_compact_params.ResponseCompactParams,
        {"model": "m", "input": "hello"},
        {},
        items,
    ),
    "legacy": (
        LegacyCompletions(),
        legacy.CompletionCreateParamsNonStreaming,
        {"model": "gpt-3.5-turbo-instruct", "prompt": "hello"},
        {},
        legacy_rest,
    ),
    "embeddings": (
        Embeddings(),
        embeddings.EmbeddingCreateParams,
        {"model": "text-embedding-3-small", "input": "a"},
        {},
        as_it_is,
    ),
    "moderations": (
        Moderations(),
        moderations.ModerationCreateParams,
        {"model": "omni-moderation-latest", "input": "a"},
        {},
        as_it_is,
    ),
    "decisions": (
        Decisions(),
        decisions.DecisionCreateParams,
        {"model": "gpt-6-luna", "input": "a", "questions": [{"type": "predicate", "instructions": "It is."}]},
        {},
        as_it_is,
    ),
    "messages": (AnthropicMessages(), messages.MessageCreateParamsNonStreaming, MESSAGES, ANTHROPIC, blocks),
    "beta messages": (AnthropicMessages(), beta_messages.MessageCreateParamsNonStreaming, MESSAGES, BETA, blocks),
    "count_tokens": (
        AnthropicCount(),
        message_count_tokens_params.MessageCountTokensParams,
        MESSAGES,
        ANTHROPIC,
        blocks,
    ),
}

_ITEMS = (
    r"^Missing required parameter: '.*\.(image_url|file_id|call_id)'",  # null, and nothing in its stead
    r"^Invalid 'conversation': 'a'",
    r"^Missing required parameter: 'input'|^Invalid type for 'model'.* null",
    r"filters(\.filters\[0\])?\.(value|type)'",  # a value that its comparison does not take
    r"^The encrypted content for item",
    r"^Unknown parameter: 'input\[\d\]\.phase'",  # a user's
    r"^Invalid 'input\[\d\]\.content': array too long\. Expected an array with maximum length 0",  # of reasoning
    r"^(Missing required parameter:|Invalid type for) 'input\[1\]\.reasoning(\.effort)?'",  # of an update
)
_BLOCKS = (
    r"Invalid `(data|signature)` in `(redacted_)?thinking` block",
    r"^container: Container identifier can only be provided when using the code execution tool$",
    r"^container: skills can only be used when a code execution tool is enabled$",
    r"^source tool `\w+` not found for tool use block `\w+`$",
    r"^Tool reference '\w+' not found in available tools$",
    r"^output_config\.effort requires a model that supports per-turn effort",
    r"The image was specified using the image/(jpeg|gif|webp) media type, but",  # the sample is a PNG
    r"^tools\.0\.custom: For 'object' type, 'additionalProperties' must be explicitly set to false$",
    r"^File sources are not supported in the token counting endpoint\.$",
    r"^`compaction` blocks require a `compact_20260112` strategy",  # and its trigger's least value
    r"compact_20260112: trigger\.value must be at least 50000$",
)
REFUSED: Mapping[str, tuple[str, ...]] = {
    "chat": (r"^Invalid value for 'content': expected a string, got null",),
    **dict.fromkeys(("responses", "input_tokens", "compact"), _ITEMS),
    "decisions": (r"^Invalid 'questions\[0\]\.choices': array too short\. ",),
    "responses": (
        *_ITEMS,
        r"^Tool choice '\w+' not found in 'tools' parameter\.$",
        r"^Unsupported context_management type: 'a'\.$|compact_threshold': integer below minimum value",
    ),
    **dict.fromkeys(("messages", "beta messages", "count_tokens"), _BLOCKS),
}
"""What is refused although the SDK's types have it, by operation."""


@pytest.mark.parametrize("name", OPERATIONS)
def test_request__is_taken_whatever_the_sdks_types_can_say(name: str) -> None:
    wire, kind, smallest, headers, completed = OPERATIONS[name]
    made = Types(SAMPLES, {**SMALLEST, kind.__name__: smallest})
    refused = []
    for place, body in made.of(kind):
        asked = completed(copy.deepcopy({key: value for key, value in body.items() if key != "betas"}))
        try:
            wire.parse(orjson.dumps(asked), headers, validate=True)
        except RequestError as exc:
            if not any(re.search(words, exc.message) for words in REFUSED.get(name, ())):
                refused.append(f"{place}: {exc.message}")
    assert refused == []
