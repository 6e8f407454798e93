"""The Responses format by itself: how a request is read and refused, how an answer looks, and what is kept."""

from typing import Any

import orjson
import pytest

from completions.conversation import Block, Choice, Message, Prompt, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.wire.framing import SSE
from completions.wire.openai.responses import stored as stored_responses
from completions.wire.openai.responses.format import Responses
from tests.wire.openai.typed_events import fold_response, typed_events

JSON = dict[str, Any]
WIRE = Responses()
SCHEMA: JSON = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL: JSON = {"type": "function", "name": "get_weather", "parameters": SCHEMA}
CALL: JSON = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
RESULT: JSON = {"type": "function_call_output", "call_id": "call_1", "output": "18 degrees"}
SAID: JSON = {"type": "message", "id": "msg_1", "role": "assistant", "content": "Hi"}
SPACE: JSON = {"type": "namespace", "name": "sky", "description": "Weather.", "tools": [TOOL]}
CHOSEN = ("tool_choice", None)
LATE = "Deferred tools require tools.tool_search."
UNSEARCHED = "tools.tool_search requires at least one deferred tool."
OPTIONS = "prompt_cache_options"
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def parse(validate: bool = True, **body: Any) -> Prompt:
    return WIRE.parse(orjson.dumps({"model": "gpt-4o", "input": "Hello", **body}), {}, validate=validate)


def reply(*choices: Choice, **fields: Any) -> Reply:
    return Reply(choices, created=5, model="gpt-4o", usage=Usage(3, 2), serial="s", **fields)


def user(*parts: JSON) -> list[JSON]:
    return [{"role": "user", "content": list(parts)}]


def test_parse__reads_items() -> None:
    items = [
        {"role": "developer", "content": "Be brief"},
        *user({"type": "input_text", "text": "See"}, {"type": "input_image", "image_url": PIXEL}),
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "I look"}]},
        CALL,
        {"type": "custom_tool_call", "call_id": "call_2", "name": "note", "input": "x"},
        {"type": "shell_call", "call_id": "call_3", "action": {"commands": ["ls"]}},
        {"type": "local_shell_call", "call_id": "call_4", "action": {"type": "exec", "command": ["ls"]}},
        RESULT,
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "ok"}]},
    ]
    prompt = parse(validate=False, instructions="Be kind", input=items)
    assert [message.role for message in prompt.messages] == [
        *("system", "developer", "user", "assistant", "tool", "tool"),
    ]
    assert prompt.system == "Be kind\nBe brief"
    assert prompt.messages[2].parts[0].source == PIXEL
    assert prompt.messages[3].text == "I look"
    assert [thought.text for thought in prompt.messages[3].thoughts] == ["Hm"]
    assert [(call.name, call.kind) for call in prompt.messages[3].tool_calls] == [
        ("get_weather", "function"),
        ("note", "custom"),
        ("shell", "function"),
        ("local_shell", "function"),
    ]
    assert [orjson.loads(call.arguments) for call in prompt.messages[3].tool_calls[2:]] == [
        {"commands": ["ls"]},
        {"action": {"type": "exec", "command": ["ls"]}},
    ]
    assert prompt.tool_result and (prompt.tool_result.name, prompt.tool_result.text) == ("note", "ok")
    assert prompt.turn == 1


def test_parse__reads_what_is_asked_for() -> None:
    form = {"type": "json_schema", "name": "x", "schema": SCHEMA, "strict": True}
    prompt = parse(
        tools=[
            *(TOOL, {"type": "custom", "name": "note"}, {"type": "web_search"}, {"type": "shell"}),
            {"type": "namespace", "name": "crm", "description": "d", "tools": [{"type": "function", "name": "find"}]},
        ],
        tool_choice={
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": "get_weather"}],
        },
        text={"format": form},
        reasoning={"effort": "high"},
        max_output_tokens=20,
        include=["message.output_text.logprobs"],
        top_logprobs=3,
        background=True,
    )
    assert [(tool.name, tool.kind) for tool in prompt.tools] == [
        ("get_weather", "function"),
        ("note", "custom"),
        ("shell", "function"),
        ("find", "function"),
    ]
    assert (prompt.tool_choice.mode, prompt.tool_choice.names) == ("required", ("get_weather",))
    assert (prompt.response_format.kind, prompt.response_format.strict) == ("json_schema", True)
    assert (prompt.reasoning_effort, prompt.max_tokens, prompt.top_logprobs) == ("high", 20, 3)
    assert prompt.background and prompt.format == "responses"


UNKNOWN = "unknown_parameter"
NOTHING: tuple[Any, ...] = ("", [])
SONG = {"type": "input_file", "file_url": "https://example.com/song.mp3"}


@pytest.mark.parametrize(
    ("change", "message", "param", "code"),
    [
        (
            {"model": None},
            "Invalid type for 'model': expected a string, but got an object instead.",
            "model",
            "invalid_type",
        ),
        ({"model": ""}, "The requested model '' does not exist.", "model", "model_not_found"),
        (
            {"input": None},
            "Invalid type for 'input': expected a string, but got an object instead.",
            "input",
            "invalid_type",
        ),
        *(
            (
                {"input": nothing},
                "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
                None,
                "missing_required_parameter",
            )
            for nothing in NOTHING
        ),
        (
            {"input": [7]},
            "Invalid type for 'input[0]': expected an input item, but got an integer instead.",
            "input[0]",
            "invalid_type",
        ),
        (
            {"input": [{**CALL, "id": "fc_" + "1" * 63}, RESULT]},
            "Invalid 'input[0].id': string too long. Expected a string with maximum length 64, but got a string with "
            "length 66 instead.",
            "input[0].id",
            "string_above_max_length",
        ),
        (
            {"input": [{**CALL, "id": "call_1"}, RESULT]},
            "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
            "input[0].id",
            "invalid_value",
        ),
        (
            {"input": [{**CALL, "name": "weather.get"}, RESULT]},
            "Invalid 'input[0].name': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            "input[0].name",
            "invalid_value",
        ),
        (
            {"input": user({"type": "input_image", "image_url": "data:image/png;base64,aGVsbG8="})},
            "The image data you provided does not represent a valid image. Please check your input and try again.",
            "input",
            "invalid_value",
        ),
        (
            {"input": [{"role": "user", "content": "x", "phase": "final_answer"}]},
            "Unknown parameter: 'input[0].phase'.",
            "input[0].phase",
            "unknown_parameter",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
            "input[0].content[0]",
            "invalid_value",
        ),
        (
            {"input": user({"type": "output_text", "text": "x"})},
            "Invalid value: 'output_text'. Supported values are: 'input_text', 'input_image', 'input_file', "
            "'scoped_content', and 'input_audio'.",
            "input[0].content[0]",
            "invalid_value",
        ),
        ({"stre": 1, "input": 7}, "Unknown parameter: 'stre'. Did you mean 'store' or 'stream'?", "stre", UNKNOWN),
        (
            {"temperature": "x", "text": "x"},
            "Invalid type for 'text': expected an object, but got a string instead.",
            "text",
            "invalid_type",
        ),
        *(
            (
                {"reasoning": {"effort": effort}},
                f"Invalid type for 'reasoning.effort': expected one of {expected}, but got {given} instead.",
                "reasoning.effort",
                "invalid_type",
            )
            for effort, expected, given in (
                ([], "one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', or 'max' or integer", "an array"),
                (5, "'minimal', 'low', 'medium', or 'high'", "an integer"),
            )
        ),
        (
            {"include": "x"},
            "Invalid type for 'include': expected an array of one of 'fil...lts', 'web...lts', 'web...ces', "
            "'mes...url', 'com...url', 'cod...uts', 'rea...ent', or 'mes...obs', but got a string instead.",
            "include",
            "invalid_type",
        ),
        *(
            (
                {"input": user({"type": f"input_{kind}"})},
                f"Missing required parameter: 'input[0].content[0].{key}'.",
                f"input[0].content[0].{key}",
                "missing_required_parameter",
            )
            for kind, key in (("image", "image_url"), ("file", "file_id"))
        ),
        ({"inputs": "x"}, "Unknown parameter: 'inputs'.", "inputs", "unknown_parameter"),
        (
            {"messages": []},
            "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again "
            "with the new parameter. See the API documentation for more information: "
            "https://platform.openai.com/docs/api-reference/responses/create.",
            None,
            "unsupported_parameter",
        ),
        ({"max_tokens": 5}, "Unknown parameter: 'max_tokens'.", "max_tokens", "unknown_parameter"),
        (
            {"max_output_tokens": 1},
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "x"}}]},
            "Missing required parameter: 'tools[0].name'.",
            "tools[0].name",
            "missing_required_parameter",
        ),
        (
            {"input": [{"role": "tool", "content": "x"}]},
            "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            "input[0]",
            "invalid_value",
        ),
        (
            {"input": user({"type": "text", "text": "x"})},
            "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_audio', 'output_text', "
            "'refusal', 'input_file', 'computer_screenshot', 'summary_text', and 'encrypted_content'.",
            "input[0].content[0].type",
            "invalid_value",
        ),
        ({"input": [RESULT]}, "No tool call found for function call output with call_id call_1.", "input", None),
        ({"input": [CALL]}, "No tool output found for function call call_1.", "input", None),
        *(
            (
                {"input": given},
                "The file type you uploaded is not supported. Please try again with a pdf",
                "input",
                "unsupported_file",
            )
            for given in (
                user(SONG),
                [CALL, {**RESULT, "output": [{**SONG, "file_url": "https://a.b/c/d.MP4?x=.pdf"}]}],
            )
        ),
        (
            {"previous_response_id": "resp_1", "conversation": "conv_1"},
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
            None,
            "mutually_exclusive_parameters",
        ),
        (
            {"previous_response_id": "x"},
            "Invalid 'previous_response_id': 'x'. Expected an ID that begins with 'resp'.",
            "previous_response_id",
            "invalid_value",
        ),
        (
            {"text": {"format": {"type": "json_object"}}},
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            "input",
            None,
        ),
        (
            {"tools": [{"type": "web_search"}], "instructions": "json", "text": {"format": {"type": "json_object"}}},
            "Web Search cannot be used with JSON mode.",
            None,
            None,
        ),
        (
            {"stream_options": {"include_obfuscation": True}},
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            "stream_options",
            None,
        ),
        *(
            ({"tools": tools}, f"Invalid Value: 'tools.{key}'. {why}", f"tools.{key}", None)
            for key, why, tools in (
                ("defer_loading", LATE, [{**TOOL, "defer_loading": True}]),
                ("defer_loading", LATE, [{**SPACE, "tools": [{**TOOL, "defer_loading": True}]}]),
                ("tool_search", UNSEARCHED, [{"type": "tool_search"}, TOOL]),
                ("tool_search", UNSEARCHED, [{"type": "tool_search", "execution": "server"}, SPACE]),
            )
        ),
        *(
            ({"context_management": given}, why, f"context_management{place}", code)
            for given, why, place, code in (
                ([{"type": "tidy"}], "Unsupported context_management type: 'tidy'.", "", None),
                (
                    [{"type": "compaction", "compact_threshold": 999}],
                    "Invalid 'context_management[0].compact_threshold': integer below minimum value. Expected a value "
                    ">= 1000, but got 999 instead.",
                    "[0].compact_threshold",
                    "integer_below_min_value",
                ),
                (
                    [],
                    "Invalid 'context_management': empty array. Expected an array with minimum length 1, but got an "
                    "empty array instead.",
                    "",
                    "empty_array",
                ),
                (
                    [{"type": "compaction", "compact_threshold": 1000.5}],
                    "Invalid type for 'context_management[0].compact_threshold': expected an integer, but got a "
                    "decimal number instead.",
                    "[0].compact_threshold",
                    "invalid_type",
                ),
                (
                    ["compaction"],
                    "Invalid type for 'context_management[0]': expected an object, but got a string instead.",
                    "[0]",
                    "invalid_type",
                ),
                (
                    {"type": "compaction"},
                    "Invalid type for 'context_management': expected an array of objects, but got an object instead.",
                    "",
                    "invalid_type",
                ),
                (
                    [{"compact_threshold": 1000}],
                    "Missing required parameter: 'context_management[0].type'.",
                    "[0].type",
                    "missing_required_parameter",
                ),
                (
                    [{"type": "compaction", "foo": 1}],
                    "Unknown parameter: 'context_management[0].foo'.",
                    "[0].foo",
                    "unknown_parameter",
                ),
            )
        ),
        ({"background": True, "store": False}, "Background mode requires 'store' to be true.", "background", None),
        (
            {"tool_choice": "required"},
            "Tool choice 'required' must be specified with 'tools' parameter.",
            "tool_choice",
            None,
        ),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "name": "other"}},
            "Tool choice 'other' not found in 'tools' parameter.",
            "tool_choice",
            None,
        ),
        (
            {"tools": [], "tool_choice": {"type": "function", "name": "other"}},
            "Tool choice 'function' not found in 'tools' parameter.",
            *CHOSEN,
        ),
        *(
            ({"tools": [TOOL], "tool_choice": chosen}, f"Tool choice '{kind}' not found in 'tools' parameter.", *CHOSEN)
            for kind, chosen in (
                ("web_search", {"type": "web_search"}),
                ("web_search", {"type": "allowed_tools", "mode": "auto", "tools": [TOOL, {"type": "web_search"}]}),
                ("other", {"type": "allowed_tools", "mode": "auto", "tools": [{**TOOL, "name": "other"}]}),
                ("custom", {"type": "custom", "name": "other"}),
            )
        ),
        *(
            (
                {"input": given},
                "Duplicate item found with id msg_1. Remove duplicate items from your input and try again.",
                "input",
                None,
            )
            for given in ([SAID, SAID], [{**SAID, "role": "user"}, CALL, RESULT, SAID])
        ),
        *(
            (
                {"tools": tools, "input": [CALL, RESULT]},
                "Missing namespace for function_call 'get_weather'. It does not exist in the default namespace. "
                "Round-trip the model's function_call item with its namespace field included.",
                "input[0].namespace",
                None,
            )
            for tools in ([SPACE], [{**TOOL, "defer_loading": True}, {"type": "tool_search"}])
        ),
        (
            {"input": [{"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}]},
            "Invalid 'input[0].content': array too long. Expected an array with maximum length 0, but got an array "
            "with length 1 instead.",
            "input[0].content",
            "array_above_max_length",
        ),
        (
            {"tools": [{**TOOL, "output_schema": SCHEMA}], "input": [CALL, RESULT]},
            "Invalid function_call_output.output: expected a JSON string because the function declares output_schema.",
            "input",
            "invalid_value",
        ),
        (
            {"tools": [{"type": "mcp", "server_label": "d"}]},
            "Missing required parameter: 'tools[0].server_url'.",
            "tools[0].server_url",
            "missing_required_parameter",
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "x", "strict": True, "schema": {"type": "object"}}}},
            "Invalid schema for response_format 'x': In context=(), 'additionalProperties' is required to be supplied "
            "and to be false.",
            "text.format.schema",
            "invalid_json_schema",
        ),
    ],
)
def test_validate__says_what_the_api_says(change: JSON, message: str, param: str, code: str | None) -> None:
    with pytest.raises(RequestError) as caught:
        parse(**change)
    assert (caught.value.message, caught.value.param, caught.value.code) == (message, param, code)
    assert parse(validate=False, **change).format == "responses"


@pytest.mark.parametrize(
    "change",
    [
        {"tools": [SPACE], "input": [{**CALL, "namespace": "sky"}, RESULT]},
        {"tools": [SPACE, TOOL], "input": [CALL, RESULT]},
        {"tools": [{**TOOL, "output_schema": SCHEMA}], "input": [CALL, {**RESULT, "output": '"18 degrees"'}]},
        {"tools": [{"type": "web_search_2025_08_26"}], "tool_choice": {"type": "web_search"}},
        {"tools": [SPACE], "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [TOOL]}},
        {"prompt": {"id": "pmpt_1"}, "tool_choice": "required"},
        {"presence_penalty": 0, "frequency_penalty": None, "service_tier": "scale"},
    ],
)
def test_validate__takes_what_comes_back_and_tools_that_are_there(change: JSON) -> None:
    assert parse(**change).messages


@pytest.mark.parametrize(
    ("given", "told"),
    [({"mode": "explicit", "ttl": "12h"}, {"mode": "explicit", "ttl": "12h"}), ({}, None)],
)
def test_options_of_the_cache__are_repeated_where_they_are_given(given: JSON, told: JSON | None) -> None:
    assert WIRE.document(reply(Choice("Hi", "stop")), parse(prompt_cache_options=given)).get(OPTIONS) == told


@pytest.mark.parametrize("url", ["https://a.b/c.pdf", "https://a.b/c", "https://song.mp3", "https://a.b/c?x=d.mp3"])
def test_validate__takes_files_by_addresses_that_do_not_tell_of_sound(url: str) -> None:
    assert parse(input=user({**SONG, "file_url": url})).messages


@pytest.mark.parametrize(
    ("asked", "message", "status", "param"),
    [
        (
            {"previous_response_id": "resp_1"},
            "Previous response with id 'resp_1' not found.",
            400,
            "previous_response_id",
        ),
        ({"conversation": "conv_1"}, "Conversation with id 'conv_1' not found.", 404, None),
        *(
            (
                asked,
                "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with "
                "`store` set to true, or remove this item from your input.",
                404,
                "input",
            )
            for asked in (
                {"input": [{"id": "rs_1"}]},
                {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}], "store": False},
            )
        ),
    ],
)
def test_recall__says_what_is_not_there(asked: JSON, message: str, status: int, param: str | None) -> None:
    prompt = parse(**asked)
    with pytest.raises(RequestError) as caught:
        WIRE.recall(prompt, {}, validate=True)
    assert (caught.value.message, caught.value.status, caught.value.param) == (message, status, param)
    assert WIRE.recall(prompt, {}, validate=False).format == "responses"


def test_render__is_a_response() -> None:
    document = WIRE.document(reply(Choice("Hi", "stop")), parse(metadata={"a": "b"}))
    assert (document["object"], document["status"], document["created_at"]) == ("response", "completed", 5)
    (message,) = document["output"]
    assert message["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hi"}]
    assert document["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 5,
    }
    assert (document["metadata"], document["tool_choice"], document["text"]["format"]) == (
        *({"a": "b"}, "auto", {"type": "text"}),
    )


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_unfinished__is_incomplete(finish: str, reason: str) -> None:
    said = reply(Choice("Hi", finish))
    document = WIRE.document(said, parse())
    assert (document["status"], document["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert document["output"][0]["status"] == "incomplete"
    told = typed_events(b"".join(SSE.frames(WIRE.events(said, parse(stream=True)))))
    assert (
        told[-1]["type"] == "response.incomplete" and fold_response(told) | {"billing": document["billing"]} == document
    )


def test_events__are_in_the_documented_order() -> None:
    said = reply(Choice("It is", "tool_calls", (ToolCall("get_weather", '{"city":"Rome"}', "call_1"),), reasoning="Hm"))
    asked = parse(stream=True, tools=[TOOL], reasoning={"summary": "auto"})
    told = typed_events(b"".join(WIRE.framing(asked).frames(WIRE.events(said, asked))))
    kinds = [event["type"].removeprefix("response.") for event in told]
    assert [kind for at, kind in enumerate(kinds) if not at or kinds[at - 1] != kind] == [
        *("created", "in_progress"),
        *("output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta"),
        *("reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"),
        *("output_item.added", "content_part.added", "output_text.delta"),
        *("output_text.done", "content_part.done", "output_item.done"),
        *("output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"),
        "completed",
    ]


@pytest.mark.parametrize(
    ("tool", "steps"),
    [
        ({"type": "web_search"}, ["in_progress", "searching", "completed"]),
        ({"type": "file_search", "vector_store_ids": ["vs_1"]}, ["in_progress", "searching", "completed"]),
        ({"type": "image_generation"}, ["in_progress", "generating", "completed"]),
        (
            {"type": "code_interpreter", "container": "c"},
            ["in_progress", "delta", "done", "interpreting", "completed"],
        ),
    ],
)
def test_events__tell_the_steps_of_the_api_s_own_tools(tool: JSON, steps: list[str]) -> None:
    asked = parse(stream=True, tools=[tool])
    told = typed_events(b"".join(WIRE.framing(asked).frames(WIRE.events(reply(Choice("Hi", "stop")), asked))))
    mine = [event["type"].rpartition(".")[2] for event in told if event["type"].startswith(f"response.{tool['type']}")]
    assert list(dict.fromkeys(mine)) == steps


@pytest.mark.parametrize(
    ("asked", "beside", "choice", "draws"),
    [
        ("A cat", [], "auto", True),
        ("A cat", [{"type": "web_search"}], "auto", True),
        ("Mend the bug", [TOOL], "auto", False),
        ("Mend the bug", [{"type": "apply_patch"}], "auto", False),
        ("Mend the bug", [TOOL], {"type": "image_generation"}, True),
        ("Draw me a cat", [TOOL], "auto", True),
        ("An Image of a cat", [TOOL], "auto", True),
        ("Draw me a cat", [TOOL], "none", False),
    ],
)
def test_picture__is_drawn_beside_functions_only_if_one_is_asked_for(
    asked: str, beside: list[JSON], choice: Any, draws: bool
) -> None:
    prompt = parse(input=asked, tools=[{"type": "image_generation"}, *beside], tool_choice=choice)
    output = WIRE.document(reply(Choice("Hi", "stop")), prompt)["output"]
    assert ("image_generation_call" in [item["type"] for item in output]) == draws


@pytest.mark.parametrize(
    ("asked", "beside", "choice", "searches"),
    [
        ("Mend the bug", [], "auto", True),
        ("Mend the bug", [TOOL], "auto", False),
        ("Mend the bug", [TOOL], {"type": "web_search"}, True),
        ("Search for the bug", [TOOL], "auto", True),
        ("What is the latest version?", [TOOL], "auto", True),
    ],
)
@pytest.mark.parametrize("kind", ["web_search", "web_search_preview"])
def test_web__is_searched_beside_functions_only_if_asked_for(
    kind: str, asked: str, beside: list[JSON], choice: Any, searches: bool
) -> None:
    chosen = {"type": kind} if isinstance(choice, dict) else choice
    prompt = parse(input=asked, tools=[{"type": kind}, *beside], tool_choice=chosen)
    output = WIRE.document(reply(Choice("Hi", "stop")), prompt)["output"]
    assert ("web_search_call" in [item["type"] for item in output]) == searches


@pytest.mark.parametrize(
    ("model", "called", "phase"),
    [
        ("gpt-4o", False, None),
        ("gpt-5.2", False, None),
        ("gpt-5.3-codex", True, "commentary"),
        ("gpt-5.4", False, "final_answer"),
        ("gpt-6", True, "commentary"),
    ],
)
def test_phase__is_of_the_models_that_tell_it(model: str, called: bool, phase: str | None) -> None:
    calls = (ToolCall("f", "{}"),) if called else ()
    answer = Reply((Choice(text="Yes.", tool_calls=calls),), model=model)
    assert WIRE.document(answer, parse(model=model))["output"][0].get("phase") == phase


def test_reasoning__is_seen_only_where_it_is_asked_for() -> None:
    said = reply(Choice("Hi", "stop", reasoning="Secret"))
    hidden, summed = WIRE.document(said, parse()), WIRE.document(said, parse(reasoning={"summary": "auto"}))
    assert hidden["output"][0]["summary"] == [] and "Secret" not in orjson.dumps(hidden).decode()
    assert summed["output"][0]["summary"] == [{"type": "summary_text", "text": "Secret"}]
    sealed = WIRE.document(said, parse(include=["reasoning.encrypted_content"]))["output"][0]["encrypted_content"]
    assert sealed and "Secret" not in sealed


def test_verbatim__says_the_same_in_this_shape() -> None:
    said = Reply(
        (Choice("Hi", "stop"),), id="chatcmpl-mock", created=5, usage=Usage(5, 7), body={"id": "chatcmpl-mock"}
    )
    document = WIRE.document(said, parse())
    assert (document["id"], document["model"], document["usage"]["total_tokens"]) == ("resp_mock", "gpt-4o", 12)


def test_padding__hides_the_length_of_a_token() -> None:
    said = reply(Choice("Hi there, you", "stop"))

    def sizes(**options: Any) -> set[int]:
        events = WIRE.events(said, parse(stream=True, **options))
        return {len(event.data) for event in events if event.token}

    assert len(sizes()) == 1 < len(sizes(stream_options={"include_obfuscation": False}))


def test_scripted_call__of_the_api_s_own_tool_comes_before_the_text() -> None:
    call = ToolCall("code_interpreter", '{"code":"1+1","logs":"2"}')
    asked = parse(
        tools=[{"type": "code_interpreter", "container": "cntr_1"}], include=["code_interpreter_call.outputs"]
    )
    first, second = WIRE.document(reply(Choice("Two", "stop", (call,))), asked)["output"]
    assert (first["type"], first["code"], first["container_id"]) == ("code_interpreter_call", "1+1", "cntr_1")
    assert first["outputs"] == [{"type": "logs", "logs": "2"}]
    assert second["content"][0]["text"] == "Two"


def test_approval__leads_to_the_call() -> None:
    tool = {"type": "mcp", "server_label": "d", "server_url": "https://example.com", "allowed_tools": ["find"]}
    said = reply(Choice("Found", "stop"))
    asked = WIRE.document(said, parse(tools=[tool]))["output"]
    assert [item["type"] for item in asked] == ["mcp_list_tools", "mcp_approval_request"]
    answer = {"type": "mcp_approval_response", "approval_request_id": asked[1]["id"], "approve": True}
    call, message = WIRE.document(said, parse(tools=[tool], input=[*asked, answer]))["output"]
    assert (call["type"], call["name"], call["approval_request_id"]) == ("mcp_call", "find", asked[1]["id"])
    assert message["type"] == "message"


def test_item__keeps_its_id_and_gets_what_it_lacks() -> None:
    item = stored_responses.complete_item({"id": "msg_1", "role": "assistant", "content": "Hi"})
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hi"}
    assert (item["id"], item["type"], item["status"], item["content"]) == ("msg_1", "message", "completed", [part])
    assert stored_responses.complete_item({"id": None, "role": "user", "content": "Hi"})["id"].startswith("msg_")


def test_text__cites_nothing_without_a_search() -> None:
    blocks = (Block("reasoning", "Hm"), Block("text", "Hi"))
    said = Choice("Hi", "stop", reasoning="Hm", blocks=blocks)
    output = WIRE.document(reply(said), parse(model="gpt-5"))["output"]
    assert [part["annotations"] for item in output if item["type"] == "message" for part in item["content"]] == [[]]


def test_recall__puts_what_was_said_before_the_input() -> None:
    first = parse(instructions="Be kind")
    kept = WIRE.to_store(reply(Choice("Hi", "stop")), first, lambda: (1.0, 2.0))
    record = kept[0].document
    second = parse(input="And?", previous_response_id=record["response"]["id"])
    (place,) = WIRE.references(second)
    recalled = WIRE.recall(second, {place: record}, validate=True)
    assert recalled.messages == (Message("user", "Hello"), Message("assistant", "Hi"), Message("user", "And?"))
    third = WIRE.to_store(reply(Choice("So", "stop")), recalled, lambda: (3.0, 3.0))[0].document
    assert [item["role"] for item in (*third["context"], *third["input"])] == ["user", "assistant", "user"]


def test_stored_response__has_the_status_of_the_hour() -> None:
    prompt = parse(background=True)
    record = WIRE.to_store(reply(Choice("Hi there", "stop")), prompt, lambda: (10.0, 20.0))[0].document
    states = [stored_responses.at(record, now)["status"] for now in (9.0, 10.0, 19.9, 20.0)]
    assert states == ["queued", "in_progress", "in_progress", "completed"]
    events, due = stored_responses.resumed(record, 4, 15.0, obfuscate=False)
    assert len(events) == len(due) and due == sorted(due)
    assert (due[0], due[-1]) == (0.0, 5.0)
    cancelled = stored_responses.cancelled(record, 15.0)
    assert stored_responses.at(cancelled, 30.0)["status"] == "cancelled"
    assert stored_responses.resumed(cancelled, -1, 30.0, obfuscate=False) == ([], [])


def test_nothing__is_kept_without_store() -> None:
    assert WIRE.to_store(reply(Choice("Hi", "stop")), parse(store=False), lambda: (0.0, 0.0)) == ()


@pytest.mark.parametrize(("most", "searches"), [(None, 3), (3, 3), (2, 2), (1, 1)])
@pytest.mark.parametrize("in_order", [False, True])
def test_tools_of_the_api__are_called_as_often_as_a_request_allows(
    most: int | None, searches: int, in_order: bool
) -> None:
    calls = [ToolCall("web_search", f'{{"query": "{at}"}}') for at in range(3)]
    called, mine = [Block("call", call=call) for call in calls], ToolCall("f", "{}")
    usual = Choice("Found.", tool_calls=(*calls, mine))
    choice = Choice(blocks=(*called, Block("call", call=mine), Block("text", "Found."))) if in_order else usual
    tools = [{"type": "web_search"}, {"type": "function", "name": "f"}]
    document = WIRE.document(reply(choice), parse(tools=tools, max_tool_calls=most))
    found = [item["type"] for item in document["output"]]
    assert (found.count("web_search_call"), found.count("function_call")) == (searches, 1)
    assert document["tool_usage"]["web_search"]["num_requests"] == searches
