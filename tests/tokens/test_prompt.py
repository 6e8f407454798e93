"""Prompt tokens against the numbers that OpenAI publishes, and the models' windows."""

import base64
import json
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from completions.conversation import Message, Part, Prompt, ResponseFormat, Thought, Tool, ToolCall
from completions.exceptions import RequestError
from completions.tokens import models as model_table
from completions.tokens import prompt as counting
from completions.tokens import text as tokens
from completions.wire.openai.responses.prompt import read_prompt

COOKBOOK = (
    Message(
        "system",
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    ),
    Message("system", "New synergies will help drive top-line growth.", "example_user"),
    Message("system", "Things working well together will increase revenue.", "example_assistant"),
    Message(
        "system",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
        "example_user",
    ),
    Message("system", "Let's talk later when we're less busy about how to do better.", "example_assistant"),
    Message(
        "user",
        "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    ),
)
"""The conversation of OpenAI's cookbook; the counts beside the models are those that it prints for the API."""


@pytest.mark.parametrize(
    ("model", "count"),
    [("gpt-3.5-turbo", 129), ("gpt-4-0613", 129), ("gpt-4", 129), ("gpt-4o", 124), ("gpt-4o-mini", 124)],
)
def test_messages__count_as_the_cookbook_says(model: str, count: int) -> None:
    assert counting.prompt_tokens(Prompt(model=model, messages=COOKBOOK)) == count


def test_first_chat_model__has_its_own_overhead() -> None:
    assert counting.prompt_tokens(Prompt(model="gpt-3.5-turbo-0301", messages=COOKBOOK)) == 127


CITY = {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}
UNIT = {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}
WEATHER = Tool(
    "get_current_weather",
    "Get the current weather in a given location",
    {"type": "object", "properties": {"location": CITY, "unit": UNIT}, "required": ["location"]},
)
ASKED = (
    Message("system", "You are a helpful assistant that can answer to questions about the weather."),
    Message("user", "What's the weather like in San Francisco?"),
)


@pytest.mark.parametrize(
    ("model", "count"), [("gpt-3.5-turbo", 105), ("gpt-4", 105), ("gpt-4o", 101), ("gpt-4o-mini", 101)]
)
def test_tools__count_as_the_cookbook_says(model: str, count: int) -> None:
    assert counting.prompt_tokens(Prompt(model=model, messages=ASKED, tools=(WEATHER,))) == count


def asked(said: Message, model: str = "gpt-4o", **fields: Any) -> int:
    return counting.prompt_tokens(Prompt(model=model, messages=(Message("user", "Hi"), said), **fields))


def test_tool_calls__name_their_function_twice() -> None:
    call = ToolCall("f", '{"a": 1}', "call_1")
    turn = (
        Message("user", "Hi"),
        Message("assistant", tool_calls=(call,)),
        Message("tool", "2", tool_call_id="call_1"),
    )
    counted = counting.prompt_tokens(Prompt(model="gpt-4o", messages=turn))
    alone = counting.prompt_tokens(Prompt(model="gpt-4o", messages=turn[:1]))
    assert counted - alone == 11 + 2 * tokens.count("functions.f") + tokens.count('{"a":1}') + tokens.count("2")


def test_tool_calls__are_read_without_their_blanks() -> None:
    spaced, tight = (Message("assistant", tool_calls=(ToolCall("f", text),)) for text in ('{ "a" :\n 1 }', '{"a":1}'))
    free = Message("assistant", tool_calls=(ToolCall("f", '{ "a" :\n 1 }', kind="custom"),))
    broken = Message("assistant", tool_calls=(ToolCall("f", '{ "a" :\n 1'),))
    assert asked(spaced) == asked(tight) < min(asked(free), asked(broken))


def test_tool_calls__at_once_are_one_call() -> None:
    two = Message("assistant", tool_calls=(ToolCall("f", "{}"), ToolCall("g", "{}")))
    one, other = (replace(two, tool_calls=(call,)) for call in two.tool_calls)
    assert asked(two) > asked(one) + asked(other) - asked(Message("assistant"))
    assert asked(two, "gpt-5") < asked(two)


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5-mini", "gpt-6.1-sol", "o3-mini", "o4-mini"])
def test_models_that_think__have_a_shorter_beginning(model: str) -> None:
    assert counting.prompt_tokens(Prompt(model=model, messages=(Message("user", "hello"),))) == 7
    assert counting.prompt_tokens(Prompt(model="gpt-4o", messages=(Message("user", "hello"),))) == 8


FLAT = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
UNION = {"type": "object", "properties": {"city": {"anyOf": [FLAT, {"type": "null"}]}}, "required": ["city"]}


@pytest.mark.parametrize("schema", [FLAT, UNION])
def test_schema__costs_more_than_its_text_and_less_than_its_json_with_all_around_it(schema: dict[str, Any]) -> None:
    form = ResponseFormat("json_schema", "answer", schema, strict=True)
    more = asked(Message("user"), response_format=form) - asked(Message("user"))
    assert 15 < more < 25 + tokens.count(json.dumps(schema))


def test_schema__has_a_name_and_a_description() -> None:
    form = ResponseFormat("json_schema", "answer", FLAT)
    told = {"type": "json_schema", "json_schema": {"name": "answer", "description": "What to say", "schema": FLAT}}
    bare, full = (asked(Message("user"), response_format=form, body=body) for body in ({}, {"response_format": told}))
    assert full - bare == tokens.count("// What to say\n")


def test_custom_tool__has_its_grammar_above_it() -> None:
    tool = Tool("run", "Runs it.", kind="custom")
    form = {"type": "grammar", "syntax": "lark", "definition": "start: WORD\nWORD: /[a-z]+/"}
    free = asked(Message("user"), tools=(tool,), body={"tools": [{"type": "custom", "name": "run"}]})
    held = asked(Message("user"), tools=(tool,), body={"tools": [{"type": "custom", "name": "run", "format": form}]})
    assert held - free > tokens.count(form["definition"])


def test_silent_message__before_a_call_is_a_message() -> None:
    call = {"type": "function_call", "name": "f", "call_id": "c", "arguments": "{}"}
    said = {"role": "assistant", "content": ""}

    def count(*items: dict[str, Any]) -> int:
        body = {"model": "gpt-4o", "input": [{"role": "user", "content": "Hi"}, *items]}
        return counting.prompt_tokens(read_prompt(body, {}))

    assert count(said, call) - count(call) == 4
    assert count(said, call, said) == count(said, call) + 4


def test_thoughts__count_until_the_user_speaks_again() -> None:
    thought = Thought(sealed=base64.b64encode(b"I think of a number").decode())
    said = Message("assistant", tool_calls=(ToolCall("f", "{}", "c"),), thoughts=(thought,))
    turn = (Message("user", "Hi"), said, Message("tool", "1", tool_call_id="c"))
    bare = (turn[0], replace(said, thoughts=()), turn[2])
    last = Message("user", "And?")

    def count(messages: tuple[Message, ...]) -> int:
        return counting.prompt_tokens(Prompt(format="responses", model="gpt-5", messages=messages))

    assert count(turn) - count(bare) == tokens.count("I think of a number")
    assert count((*turn, last)) == count((*bare, last))


def test_compaction__stands_for_what_models_and_tools_said_before_it() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "look", "arguments": '{"at":"the moon"}'}
    result = {"type": "function_call_output", "call_id": "c", "output": "It is full. " * 30}
    asks, says = {"role": "user", "content": "And the sun? " * 20}, {"role": "assistant", "content": "It shines. " * 40}
    compacted = {"type": "compaction", "encrypted_content": "gAAAA"}

    def counted(*items: dict[str, Any], **more: Any) -> int:
        return counting.prompt_tokens(read_prompt({"model": "gpt-4.1", "input": list(items), **more}, {}))

    long = {"type": "compaction", "encrypted_content": "gAAAA" * 600}
    assert 50 < counted(long, asks) - counted(long, asks, context_management=[{"type": "compaction"}]) < 60
    assert counted(asks, call, result, says, compacted, asks) == counted(asks, compacted, asks)
    assert counted(asks, says, compacted, asks, says) == counted(asks, compacted, asks, says)
    assert counted(asks, says, compacted, asks) > counted(compacted, asks)
    assert counted(asks, call, compacted, result) > counted(asks, compacted) + 100


def test_thoughts__that_only_the_api_reads_count_by_their_size() -> None:
    thinks = [counting.thought_tokens(Thought(sealed="gAAAA" + "x" * size), "gpt-5") for size in (0, 5_000, 10_000)]
    assert 0 < thinks[0] < 50 and 500 < thinks[1] < 800 and 1_200 < thinks[2] < 1_800


def test_prompt__that_was_counted_is_not_counted_again() -> None:
    prompt = Prompt(model="gpt-4o", messages=ASKED)
    found = counting.count(prompt)
    assert prompt.counted is found and counting.count(prompt) is found
    assert counting.count(replace(prompt, messages=())).total < found.total, "another prompt is counted for itself"


@pytest.mark.parametrize(
    ("prompt", "count"),
    [("Hello world", 2), (["Hello", "Hello world"], 3), ([1, 2, 3], 3), ([[1], [2, 3]], 3), ("", 0), ({"a": 1}, 0)],
)
def test_legacy__counts_the_text_alone(prompt: object, count: int) -> None:
    assert counting.prompt_tokens(Prompt(format="legacy", messages=ASKED, raw_input=prompt)) == count


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x06\x00\x00\x00"


def jpeg(width: int, height: int) -> bytes:
    preview = b"\xff\xe1" + (30_000).to_bytes(2) + bytes(29_998)
    return b"\xff\xd8" + preview + b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + bytes(12)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + bytes(4)


def data(kind: str, raw: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"


def image_tokens(source: str, detail: str = "", model: str = "gpt-4o") -> int:
    prompt = Prompt(model=model, messages=(Message("user", parts=(Part("image", source, detail),)),))
    counted = counting.count(prompt)
    assert counted.image == counted.total - counting.prompt_tokens(replace(prompt, messages=(Message("user"),)))
    return counted.image


@pytest.mark.parametrize(
    ("source", "detail", "count"),
    [
        (data("png", png(1024, 1024)), "high", 765),
        (data("png", png(2048, 4096)), "high", 1105),
        (data("png", png(4096, 8192)), "low", 85),
        (data("png", png(512, 512)), "", 255),
        (data("jpeg", jpeg(1024, 1024)), "", 765),
        (data("jpeg", jpeg(2048, 4096)), "auto", 1105),
        (data("gif", gif(100, 600)), "", 425),
        (base64.b64encode(png(512, 512)).decode(), "", 255),
        ("https://example.com/a.png", "", 425),
        ("https://example.com/a.png", "low", 85),
        ("https://example.com/2560px-a.jpg", "", 1105),
        (data("png", png(0, 0)), "", 425),
        (data("png", b"\x89PNG"), "", 425),
        (data("jpeg", b"\xff\xd8\xff"), "", 425),
        ("data:image/png;base64,?", "", 425),
        ("", "", 425),
    ],
)
def test_images__count_by_tiles(source: str, detail: str, count: int) -> None:
    """The guide's own examples: 1024 x 1024 costs 765, 2048 x 4096 costs 1105, and low detail 85."""
    assert image_tokens(source, detail) == count


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC])
def test_images__a_jpeg_s_tables_are_no_frame(marker: int) -> None:
    table = bytes([0xFF, marker]) + (20).to_bytes(2) + bytes([4] * 18)  # as a size: 1028 x 1028
    raw = jpeg(512, 512)
    assert image_tokens(data("jpeg", raw[:2] + table + raw[2:])) == 255


@pytest.mark.parametrize(
    ("model", "size", "detail", "count"),
    [
        ("gpt-4o-mini", (512, 512), "low", 2833),
        ("o1", (512, 512), "high", 225),
        ("gpt-4.1-nano", (540, 360), "", 503),
        ("gpt-5-nano", (128, 128), "", 24),
        ("gpt-5-nano", (4096, 4096), "", 2282),
        ("gpt-6-astra", (64, 64), "auto", 4),
    ],
)
def test_images__cost_what_the_model_makes_of_them(model: str, size: tuple[int, int], detail: str, count: int) -> None:
    assert image_tokens(data("png", png(*size)), detail, model) == count


def cpu_seconds(repeated: int) -> float:
    """Return the CPU time that counting a prompt of so many sentences takes; no other process adds to it."""
    prompt = Prompt(
        model="gpt-4o", messages=(Message("user", "The quick brown fox jumps over the lazy dog. " * repeated),)
    )
    begun = time.thread_time()
    assert counting.prompt_tokens(prompt) > 9 * repeated
    return time.thread_time() - begun


def test_megabyte_prompt__costs_ten_times_what_a_tenth_of_it_does() -> None:
    tokens.load_default_encoding()
    tenth, whole = (min(cpu_seconds(repeated + number) for number in range(3)) for repeated in (2_300, 23_000))
    assert whole < 40 * tenth, "a hundred times would be the square of its length"


@pytest.mark.parametrize(
    ("model", "window", "output"),
    [
        ("gpt-4o", 128_000, 16_384),
        ("gpt-4", 8_192, 4_096),
        ("ft:gpt-4o-2024-08-06:mine::abc", 128_000, 16_384),
        ("no-such-model", None, None),
        ("sample_spec", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_model_table__knows_the_limits(model: str | None, window: int | None, output: int | None) -> None:
    assert (model_table.context_window(model), model_table.max_output(model)) == (window, output)


@pytest.mark.parametrize(
    ("prompt", "answer", "model"),
    [
        (128_000, None, "gpt-4o"),
        (127_000, 1_000, "gpt-4o"),
        (10**9, 10**9, "no-such-model"),
        (272_000, 128_000, "gpt-5"),
    ],
)
def test_context__fits(prompt: int, answer: int | None, model: str) -> None:
    model_table.check_context(prompt, answer, model)


@pytest.mark.parametrize(
    ("prompt", "answer", "message"),
    [
        (
            130_001,
            None,
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens."
            " Please reduce the length of the messages.",
        ),
        (
            127_000,
            2_000,
            "This model's maximum context length is 128000 tokens. However, you requested 129000 tokens (127000 in the"
            " messages, 2000 in the completion). Please reduce the length of the messages or completion.",
        ),
    ],
)
def test_context__exceeded(prompt: int, answer: int | None, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        model_table.check_context(prompt, answer, "gpt-4o")
    error = caught.value
    assert (error.status, error.type, error.code, error.param) == (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "messages",
    )
    assert error.message == message


def test_model_table__is_read_without_litellm() -> None:
    code = "import sys; from completions.tokens import models; models.max_output('o3'); print('litellm' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_parts__of_one_message_are_one_text() -> None:
    parts = [{"type": "input_text", "text": text} for text in ("What is in it?", "<file>Ruby</file>")]
    whole = read_prompt({"model": "gpt-5-nano", "input": "What is in it?<file>Ruby</file>"}, {})
    apart = read_prompt({"model": "gpt-5-nano", "input": [{"role": "user", "content": parts}]}, {})
    assert counting.prompt_tokens(apart) == counting.prompt_tokens(whole)


@pytest.mark.parametrize(("model", "more"), [("gpt-5-nano", 78), ("gpt-4o", 0)])
def test_serial_calls__are_told_to_models_that_reason(model: str, more: int) -> None:
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}]
    body = {"model": model, "input": "Hi", "tools": tools}
    serial = counting.prompt_tokens(read_prompt(body | {"parallel_tool_calls": False}, {}))
    assert serial - counting.prompt_tokens(read_prompt(body, {})) == more


def test_embeddings__at_azure_count_as_openai_s_whatever_the_deployment_s_name() -> None:
    def embedded(model: str, **address: str) -> int:
        return counting.prompt_tokens(
            Prompt(model=model, format="embeddings", task="embed", raw_input="opentelemetry", address=address)
        )

    assert embedded("mine", dialect="azure") == embedded("text-embedding-3-small") != embedded("mine")


def test_embeddings__have_marks_at_mistral() -> None:
    def count(model: str, given: object) -> int:
        return counting.prompt_tokens(Prompt(model=model, task="embed", raw_input=given))

    assert count("mistral-embed", ["Hello", "World"]) == count("text-embedding-3-small", ["Hello", "World"]) + 4


@pytest.mark.parametrize(("given", "tokens"), [("", 1), (["", "Hello"], 2), ([[1, 2]], 2)])
def test_embeddings__of_nothing_cost_one(given: object, tokens: int) -> None:
    assert counting.prompt_tokens(Prompt(format="embeddings", task="embed", raw_input=given)) == tokens


@pytest.mark.parametrize(("model", "alone", "beside"), [("gpt-4o", 0, 4), ("gpt-5-mini", 1, 5)])
def test_file__without_words_is_a_message_of_its_own(model: str, alone: int, beside: int) -> None:
    file = Part("file", "data:text/plain;base64,SGVsbG8=", media_type="text/plain")

    def counted(text: str, *parts: Part) -> int:
        return counting.prompt_tokens(Prompt(model=model, messages=(Message("user", text, parts=parts),)))

    assert counted("", file) - counted("") == alone + 1
    assert counted("Hi", file) - counted("Hi") == beside + 1
    assert counted("Hi", replace(file, source="data:text/plain;base64,")) - counted("Hi") == beside


def test_pdf__is_read_with_its_gaps_by_the_smallest_models() -> None:
    raw = base64.b64encode(b"%PDF-1.4\n<< /Type /Page >>\nstream\nBT (One  two   three) Tj ET\nendstream\n").decode()
    said = Message("user", "Hi", parts=(Part("file", f"data:application/pdf;base64,{raw}"),))
    small, large = (
        counting.prompt_tokens(Prompt(format="responses", model=model, messages=(said,)))
        for model in ("gpt-5-nano", "gpt-5-mini")
    )
    assert small > large


@pytest.mark.parametrize(("name", "model"), [("openai/gpt-4o-mini", "gpt-4o-mini"), ("ft:gpt-4:a::b", "gpt-4")])
def test_names__with_a_vendor_or_an_owner_count_as_the_model(name: str, model: str) -> None:
    said = Message("user", "Nietzsche", parts=(Part("image", "https://a.b/c.png"),))
    first, second = (counting.prompt_tokens(Prompt(model=each, messages=(said,))) for each in (name, model))
    assert first == second
    assert tokens.encoding_name("openai/text-embedding-3-small") == "cl100k_base"


@pytest.mark.parametrize(
    ("model", "vendor", "window"),
    [
        ("openai/gpt-4o", "openrouter", 128_000),
        ("anthropic/claude-haiku-4.5", "openrouter", 200_000),
        ("mistral-large-latest", "mistral", 262_144),
        ("openai/gpt-oss-20b", "groq", 131_072),
        ("grok-4.3", "xai", 1_000_000),
        ("gpt-4o", "openai", 128_000),
        ("somebody/model-of-mine", "openrouter", None),
        (None, "openai", None),
        ("x-ai/grok-4.5", "openrouter", 500_000),
        ("mistralai/mistral-large-2512", "openrouter", 262_144),
    ],
)
def test_context_window__is_that_of_the_vendor_or_of_the_maker(
    model: str | None, vendor: str, window: int | None
) -> None:
    assert model_table.context_window(model, vendor) == window
