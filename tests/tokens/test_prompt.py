"""Prompt tokens against the numbers that OpenAI publishes, and the models' windows."""

import base64
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from completions.conversation import Message, Part, Prompt, Tool, ToolCall
from completions.exceptions import RequestError
from completions.tokens import models as model_table
from completions.tokens import prompt as counting
from completions.tokens import text as tokens

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


def parameters(schema: dict[str, Any]) -> int:
    return counting.tool_tokens((Tool("f", "d", schema),)) - counting.tool_tokens((Tool("f", "d"),))


def test_tools__count_objects_in_objects() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}
    own = parameters(inner)
    assert own == 3 + 3 + tokens.count("b:string:")
    outer = 3 + 3 + tokens.count("a:object:")
    assert parameters({"properties": {"a": inner}}) == outer + own
    listed = 3 + 3 + tokens.count("a:array:")
    assert parameters({"properties": {"a": {"type": "array", "items": inner}}}) == listed + own


def test_tools__count_whatever_stands_in_a_schema() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(1000):
        deep = {"type": [deep], "enum": [deep, 1, None], "description": [deep], "properties": {"a": deep, "b": 5}}
        deep["properties"] = {"a": deep["enum"][0]}
    assert parameters({"properties": deep}) > 0
    assert parameters({"properties": []}) == 0


def test_tool_calls__count() -> None:
    said = Message("assistant", tool_calls=(ToolCall("f", '{"a": 1}', "call_1"),))
    without = counting.prompt_tokens(Prompt(messages=(Message("assistant"),)))
    extra = 3 + tokens.count("f") + tokens.count('{"a": 1}')
    assert counting.prompt_tokens(Prompt(messages=(said,))) == without + extra


@pytest.mark.parametrize(
    ("prompt", "count"),
    [("Hello world", 2), (["Hello", "Hello world"], 3), ([1, 2, 3], 3), ([[1], [2, 3]], 3), (None, 0), ({"a": 1}, 0)],
)
def test_legacy__counts_the_text_alone(prompt: object, count: int) -> None:
    assert counting.prompt_tokens(Prompt(format="legacy", messages=ASKED, body={"prompt": prompt})) == count


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x06\x00\x00\x00"


def jpeg(width: int, height: int) -> bytes:
    preview = b"\xff\xe1" + (30_000).to_bytes(2) + bytes(29_998)
    return b"\xff\xd8" + preview + b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + bytes(12)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + bytes(4)


def data(kind: str, raw: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"


def image_tokens(source: str, detail: str | None = None, model: str = "gpt-4o") -> int:
    image = {"url": source} | ({"detail": detail} if detail else {})
    body = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": image}]}]}
    prompt = Prompt(model=model, messages=(Message("user", parts=(Part("image", source),)),), body=body)
    bare = replace(prompt, messages=(Message("user"),))
    return counting.prompt_tokens(prompt) - counting.prompt_tokens(bare)


@pytest.mark.parametrize(
    ("source", "detail", "count"),
    [
        ("https://example.com/a.png", None, 765),
        ("https://example.com/a.png", "high", 765),
        ("https://example.com/a.png", "low", 85),
        (data("png", png(1024, 1024)), "high", 765),
        (data("png", png(2048, 4096)), "high", 1105),
        (data("png", png(4096, 8192)), "low", 85),
        (data("png", png(512, 512)), None, 255),
        (data("jpeg", jpeg(1024, 1024)), None, 765),
        (data("jpeg", jpeg(2048, 4096)), "auto", 1105),
        (data("gif", gif(100, 600)), None, 425),
        (base64.b64encode(png(512, 512)).decode(), None, 255),
        (data("png", png(0, 0)), None, 765),
        (data("png", b"\x89PNG"), None, 765),
        (data("jpeg", b"\xff\xd8\xff"), None, 765),
        ("data:image/png;base64,?", None, 765),
        ("", None, 765),
    ],
)
def test_images__count_by_tiles(source: str, detail: str | None, count: int) -> None:
    """The guide's own examples: 1024 x 1024 costs 765, 2048 x 4096 costs 1105, and low detail 85."""
    assert image_tokens(source, detail) == count


def test_images__of_formats_without_a_detail_cost_the_same() -> None:
    parts = tuple(Part("image", source) for source in ("https://example.com/a.png", data("png", png(512, 512))))
    body = {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}] * 2}]}
    asked, bare = (Prompt(model="gpt-4o", messages=(Message("user", parts=each),), body=body) for each in (parts, ()))
    assert counting.prompt_tokens(asked) - counting.prompt_tokens(bare) == 765 + 255


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC])
def test_images__a_jpeg_s_tables_are_no_frame(marker: int) -> None:
    table = bytes([0xFF, marker]) + (20).to_bytes(2) + bytes([4] * 18)  # as a size: 1028 x 1028
    raw = jpeg(512, 512)
    assert image_tokens(data("jpeg", raw[:2] + table + raw[2:])) == 255


def test_tools__a_final_dot_costs_nothing() -> None:
    def tools(end: str) -> int:
        schema = {"type": "object", "properties": {"city": {"type": "string", "description": f"A city{end}"}}}
        return counting.tool_tokens((Tool("f", f"Finds it{end}", schema),), "gpt-4o")

    assert tools(".") == tools("") != tools("!.")


def test_images__cost_what_the_model_makes_of_them() -> None:
    assert image_tokens("https://example.com/a.png", "low", "gpt-4o-mini") == 2833
    assert image_tokens(data("png", png(512, 512)), "high", "o1") == 225


def cpu_seconds(repeated: int) -> float:
    """Return the CPU time that counting a prompt of so many sentences takes; no other process adds to it."""
    prompt = Prompt(
        model="gpt-4o", messages=(Message("user", "The quick brown fox jumps over the lazy dog. " * repeated),)
    )
    begun = time.thread_time()
    assert counting.prompt_tokens(prompt) > 9 * repeated
    return time.thread_time() - begun


def test_megabyte_prompt__costs_ten_times_what_a_tenth_of_it_does() -> None:
    tokens.warm()
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
