"""How vendors whose tokenizers are not ours count prompts."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from completions.conversation import Message, Part, Prompt, ResponseFormat, Thought, Tool, ToolCall, ToolChoice
from completions.tokens.measures import MEASURES
from completions.tokens.prompt import count, prompt_tokens
from completions.tokens.typescript import walk_schema

HI = Message("user", "Hi")


def asked(*messages: Message, model: str, **fields: Any) -> int:
    return prompt_tokens(Prompt(model=model, messages=(HI, *messages), **fields))


@pytest.mark.parametrize(("messages", "total"), [((), 5), ((Message("assistant", "Hi"), HI), 11)])
def test_deepseek__has_its_marks(messages: tuple[Message, ...], total: int) -> None:
    """Each message of the user costs a token more than its text, each answer three, and the beginning three."""
    assert asked(*messages, model="deepseek-chat") == total


def test_deepseek_flash__reads_more_where_it_thinks() -> None:
    thinking, plain = (asked(model="deepseek-flash", reasoning_effort=effort) for effort in (None, "none"))
    assert (thinking, plain) == (31, 5)


def test_kimi__has_its_marks() -> None:
    tool = Tool("f", "", {"type": "object", "properties": {}})
    assert asked(model="moonshotai/kimi-k2-instruct") == 8 and asked(HI, model="kimi-k2") == 13
    assert 44 < asked(model="kimi-k2", tools=(tool,)) - asked(model="kimi-k2") < 74


def test_kimi_2_5__has_its_tools_as_types_and_reads_what_it_thought() -> None:
    """As Moonshot counted in February 2026 for tmc/langchaingo: half as much more was counted for the tool."""
    model, asked_for = "kimi-k2.5", Message("user", "What is the weather in Beijing?")
    schema = {"type": "object", "properties": {"location": {"type": "string", "description": "The city name"}}}
    tool = Tool("get_weather", "Get current weather for a location", schema | {"required": ["location"]})
    prompt = Prompt(model=model, messages=(asked_for,), tools=(tool,))
    assert prompt_tokens(prompt) == 61
    said = {"role": "assistant", "reasoning_content": "Hm, I need to call it."}
    talk: Any = {"messages": [{"role": "user"}, said]}
    thought, before = (
        replace(prompt, format="chat", body=body) for body in (talk, {"messages": [said, {"role": "user"}]})
    )
    assert prompt_tokens(thought) - prompt_tokens(before) == 8


def test_kimi_3__is_told_more_before_a_prompt_and_its_tools() -> None:
    """A fifth was counted of what vercel/ai recorded in August 2026: 90 and 189 tokens."""
    tools = (Tool("ping", "Return pong", {"type": "object", "properties": {}}),)
    reply, called = (Message("user", said) for said in ("Reply with exactly OK.", "Call the ping tool."))
    assert abs(prompt_tokens(Prompt(model="kimi-k3", messages=(reply,))) - 90) <= 2
    assert abs(prompt_tokens(Prompt(model="kimi-k3", messages=(called,), tools=tools)) - 189) <= 2


def test_glm__counts_tools_calls_and_thoughts() -> None:
    """A sixth too much was counted of what charmbracelet/fantasy recorded in October 2025: 18, 179 and 207 tokens."""
    place = {"type": "object", "properties": {"location": {"description": "the city", "type": "string"}}}
    tool = Tool("weather", "Get weather information for a location", {**place, "required": ["location"]})
    system, asked = Message("system", "You are a helpful assistant"), Message("user", "Say hi in Portuguese")
    weather = Message("user", "What's the weather in Florence,Italy?")
    called = Message("assistant", tool_calls=(ToolCall("weather", '{"location":"Florence,Italy"}', "c"),))
    result = Message("tool", "40 C", tool_call_id="c")
    counted = [
        prompt_tokens(Prompt(model="glm-4.6", messages=messages, tools=tools))
        for messages, tools in (
            ((system, asked), ()),
            ((system, weather), (tool,)),
            ((system, weather, called, result), (tool,)),
        )
    ]
    assert [told - real for told, real in zip(counted, (18, 179, 207), strict=True)] == [0, 1, 1]


def test_gemini_3__counts_the_titles_of_what_tools_take() -> None:
    """A tenth too little was counted for Google's ADK, which has titles (lmnr-ai/lmnr-python, August 2026)."""
    said = (
        "Call get_weather for the city the user asks about, then answer in one short sentence.",
        'You are an agent. Your internal name is "weather_agent".',
    )

    def tool(name: str, description: str) -> Tool:
        city = {"properties": {"city": {"title": "City", "type": "string"}}, "required": ["city"]}
        return Tool(name, description, {**city, "title": f"{name}Params", "type": "object"})

    tools = (
        tool("get_weather", "Returns the weather for a city."),
        tool("get_time", "Returns the local time for a city."),
        Tool("get_default_city", "Returns the default city."),
    )
    messages = (Message("system", "\n\n".join(said)), Message("user", "Weather in Almaty?"))
    prompt = Prompt(format="gemini", model="gemini-3.5-flash-lite", messages=messages, tools=tools)
    assert prompt_tokens(prompt) == 180


SECRETS = (
    Message("system", "Use parallel tool calling."),
    Message("user", "Please retrieve the secrets associated with each of these passwords: mellon,radiance"),
)
SECRET = Tool(
    "secret_retrieval_tool",
    "A tool that requires a password to retrieve a secret.",
    {
        "properties": {"password": {"title": "Password", "type": "string"}},
        "required": ["password"],
        "additionalProperties": False,
        "type": "object",
    },
)
FOUND = (
    Message(
        "assistant",
        tool_calls=tuple(ToolCall(SECRET.name, f'{{"password":"{word}"}}', word) for word in ("mellon", "radiance")),
    ),
    Message("tool", "Welcome to Moria!", tool_call_id="mellon"),
    Message("tool", "Life before Death", tool_call_id="radiance"),
)


@pytest.mark.parametrize(
    ("model", "dialect", "with_tool", "after_calls"),
    [
        ("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", None, 187, 237),
        ("meta-llama/llama-4-scout-17b-16e-instruct", "groq", 744, None),
        ("amazon.nova-micro-v1:0", None, 440, 591 - 58),  # without what it said before its calls
    ],
)
def test_tools__are_counted_as_mirascope_recorded_them(
    model: str, dialect: str | None, with_tool: int, after_calls: int | None
) -> None:
    """Llama 4 at Together AI was counted as at Groq, four times as much; Nova's calls cost less than recorded."""
    address = {"dialect": dialect} if dialect else {}
    prompt = Prompt(model=model, messages=SECRETS, tools=(SECRET,), address=address)
    assert prompt_tokens(prompt) == pytest.approx(with_tool, rel=0.02)
    if after_calls is not None:
        assert prompt_tokens(replace(prompt, messages=SECRETS + FOUND)) == pytest.approx(after_calls, rel=0.03)


def test_gemma__has_its_marks_in_ollama() -> None:
    """The marks around a turn were not counted: 3 tokens for 11 (tmc/langchaingo, June 2025)."""
    assert prompt_tokens(Prompt(model="gemma3:1b", messages=(Message("user", "Say hello"),))) == 11
    told = "How many feet are in a nautical mile? Respond with JSON containing the answer."
    assert prompt_tokens(Prompt(model="gemma3", messages=(Message("user", told),))) == 25
    assert asked(model="gemma-3-27b-it") == 2


@pytest.mark.parametrize(("format_", "model", "total"), [("ollama", "gpt-oss:120b", 74), ("chat", "gpt-oss-120b", 78)])
def test_gpt_oss__reads_less_in_ollama(format_: str, model: str, total: int) -> None:
    said = (Message("user", "Count from 1 to 5"),)
    assert prompt_tokens(Prompt(format=format_, model=model, messages=said)) == total


def test_llama_3__has_a_date_before_each_prompt_and_is_told_of_json() -> None:
    model, system = "llama-3.1-8b-instant", Message("system", "Hi")
    assert asked(model=model) == 30 + 6 and asked(system, model=model) == 30 + 7
    assert asked(model=model, response_format=ResponseFormat("json_object")) == 30 + 6 + 16


@pytest.mark.parametrize(
    ("model", "effort", "total", "tool"),
    [
        *(("qwen/qwen3.8-27b", None, 13, 228), ("qwen/qwen3.8-27b", "medium", 11, 228)),
        ("qwen/qwen3.5-122b-a10b", None, 11, 228),
        *(("qwen3:4b", "none", 11, 89), ("qwen3", "none", 13, 89), ("qwen3:8b", None, 9, 89)),
    ],
)
def test_qwen__costs_less_while_it_thinks_and_much_for_tools(
    model: str, effort: str | None, total: int, tool: int
) -> None:
    tools = (Tool("f", "", {"type": "object", "properties": {}}),)
    assert asked(model=model, reasoning_effort=effort) == total
    assert tool < asked(model=model, reasoning_effort=effort, tools=tools) - total < tool + 22


def test_qwen__reads_in_ollama_what_it_thought_since_the_user_spoke() -> None:
    said = Message("assistant", "Yes", thoughts=(Thought("I think of a number"),))
    assert asked(said, model="qwen3:8b") == asked(replace(said, thoughts=()), model="qwen3:8b") + 5


@pytest.mark.parametrize(("model", "total", "tool"), [("ministral-8b-latest", 4, 0), ("ministral-14b-2512", 4, 43)])
def test_ministral__has_the_marks_of_mistral(model: str, total: int, tool: int) -> None:
    """Only the model of 14 billion parameters is known to charge for tools that it may not call."""
    tools = (Tool("f", "", {"type": "object", "properties": {}}),)
    charged = asked(model=model, tools=tools, tool_choice=ToolChoice("none"))
    assert (asked(model=model), charged) == (total, total + tool)


def test_deepseek__counts_thoughts_until_the_user_speaks_again() -> None:
    said = {"role": "assistant", "content": "", "reasoning_content": "I think of a number"}
    body = {"messages": [{"role": "user", "content": "Hi"}, said]}
    thinking, bare = (asked(model="deepseek-chat", body=told) for told in (body, {}))
    later = asked(model="deepseek-chat", body={"messages": [*body["messages"], {"role": "user", "content": "And?"}]})
    assert thinking == bare + 5 and later == bare


def test_gemini__takes_digits_and_marks_one_by_one() -> None:
    plain, numbers, names = (
        asked(Message("user", text), model="gemini-2.5-flash") for text in ("a b", "a 1234567", "get_user_name's")
    )
    assert numbers - plain > 5 and names - plain > 4


def test_gemini_3__counts_little_around_tools_that_take_nothing() -> None:
    """Within 6 % of what Gemini 3.1 Pro counted in September 2026; as if they took something it was 44 % too much."""
    tools = (
        Tool("clock", "Provides the current date and time."),
        Tool("list_european_capitals", "Returns the capitals of a few European countries."),
    )
    messages = Message("system", "You are a helpful assistant."), Message("user", "What is the capital of France?")
    prompt = Prompt(format="gemini", model="gemini-3.1-pro-preview", messages=messages, tools=tools)
    assert prompt_tokens(prompt) == pytest.approx(57, rel=0.06)


def test_gemini__counts_what_is_sealed_by_its_size() -> None:
    def sealed(size: int, model: str, *after: Message) -> int:
        said = Message("assistant", tool_calls=(ToolCall("f", "{}", "c"),), thoughts=(Thought(sealed="x" * size),))
        return asked(said, Message("tool", "1", tool_call_id="c"), *after, model=model)

    assert sealed(1_000, "gemini-3-pro") - sealed(0, "gemini-3-pro") == 185
    assert sealed(44, "gemini-3-pro") == sealed(0, "gemini-3-pro"), "it stands for another model's thoughts"
    assert sealed(1_000, "gemini-3-pro", HI) == sealed(0, "gemini-3-pro", HI)
    assert sealed(1_000, "gemini-3.5-flash", HI) - sealed(0, "gemini-3.5-flash", HI) == 185


@pytest.mark.parametrize(
    ("model", "preamble"),
    [
        ("claude-3-haiku-20240307", 264),
        ("claude-3-5-haiku-latest", 264),
        ("anthropic.claude-3-sonnet-20240229-v1:0", 159),
        ("us.anthropic.claude-3-5-sonnet-20240620-v1:0", 294),
        ("claude-3-7-sonnet-20250219", 346),
        ("claude-3-opus-20240229", 530),
        ("us.amazon.nova-micro-v1:0", 386),
    ],
)
def test_tools__cost_a_preamble_by_model(model: str, preamble: int) -> None:
    tool = Tool("look", "Look at it.", {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]})
    without, with_it = (count(Prompt(model=model, messages=(HI,), tools=tools)).total for tools in ((), (tool,)))
    assert preamble < with_it - without < preamble + 80


CALCULATOR = Tool(
    "calculator",
    "A calculator that can perform basic arithmetic operations",
    {
        "type": "object",
        "properties": {
            "operation": {
                "type": "string",
                "description": "The operation to perform",
                "enum": ["add", "subtract", "multiply", "divide"],
            },
            "a": {"type": "number", "description": "First number"},
            "b": {"type": "number", "description": "Second number"},
        },
        "required": ["operation", "a", "b"],
    },
)


@pytest.mark.parametrize(
    ("model", "plain", "with_tool", "after_call"),
    [
        ("us.amazon.nova-2-lite-v1:0", 61, 980, 1055),
        ("us.amazon.nova-premier-v1:0", 50, 777, 832),
        ("deepseek.v3.2", 19, 375, 468),
        ("qwen.qwen3-next-80b-a3b", 30, 221, 270),
        ("qwen.qwen3-coder-30b-a3b-v1:0", 30, 378, 436),
        ("moonshotai.kimi-k2.5", 28, 114, None),
        ("meta.llama3-3-70b-instruct-v1:0", 51, None, None),
        ("mistral.magistral-small-2509", 22, None, None),
        ("openai.gpt-oss-120b-1:0", 84, 159, 198),
    ],
)
def test_bedrock__counts_its_models_as_converse_was_recorded(
    model: str, plain: int, with_tool: int | None, after_call: int | None
) -> None:
    """What Nova 2 and Qwen's coder read beside tools was half of what they cost, as tmc/langchaingo recorded them."""
    system, asked_for = Message("system", "You know all about AI."), Message("user", "Calculate 15 * 8")
    call = ToolCall("calculator", '{"a":"15","b":"8","operation":"multiply"}', "c")
    talk = (asked_for, Message("assistant", tool_calls=(call,)), Message("tool", "120", tool_call_id="c"))
    told = (system, Message("user", "Explain AI in 10 words or less."))
    assert prompt_tokens(Prompt(model=model, messages=told)) == pytest.approx(plain, abs=2)
    for messages, recorded in ((talk[:1], with_tool), (talk, after_call)):
        if recorded is not None:
            prompt = Prompt(model=model, messages=messages, tools=(CALCULATOR,))
            assert prompt_tokens(prompt) == pytest.approx(recorded, rel=0.04)


PROSE = "Considerable misunderstandings accompany comparatively straightforward explanations."


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-opus-4-8", "claude-sonnet-5", "claude-fable-5-1"])
def test_claude__takes_words_in_pieces_since_opus_4_7(model: str) -> None:
    def cost(text: str, of: str) -> int:
        return asked(Message("user", text), model=of) - asked(model=of)

    assert cost(PROSE, model) > 1.3 * cost(PROSE, "claude-sonnet-4-5")
    assert cost("7" * 100, model) == 112


@pytest.mark.parametrize(
    ("model", "least"),
    [("claude-opus-4-8", 291), ("claude-opus-5-5", 291), ("claude-sonnet-5", 359), ("claude-fable-5-1", 229)],
)
def test_claude__has_its_own_preamble_for_tools_in_each_later_model(model: str, least: int) -> None:
    """One small tool cost two fifths more than the API charged; a tool that is deferred stands nowhere."""
    tool = Tool("f", "", {"type": "object", "properties": {}})
    deferred = {"tools": [{"name": "f", "defer_loading": True}]}
    assert least + 15 < asked(model=model, tools=(tool,)) - asked(model=model) < least + 60
    assert asked(model=model, tools=(tool,), body=deferred) - asked(model=model) == least + 95


WEATHER = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
GET_WEATHER = Tool("get_weather", "Get weather", WEATHER)


@pytest.mark.parametrize(
    ("model", "fields", "recorded"),
    [
        ("claude-sonnet-5", {}, 432),
        ("claude-sonnet-5", {"parallel_tool_calls": False}, 432),
        ("claude-sonnet-5", {"tool_choice": ToolChoice("required")}, 552),
        ("claude-sonnet-5", {"tool_choice": ToolChoice("required", ("get_weather",))}, 558),
        ("claude-haiku-4-5", {}, 558),
        ("claude-haiku-4-5", {"tool_choice": ToolChoice("required")}, 650),
        ("claude-haiku-4-5", {"tool_choice": ToolChoice("required", ("get_weather",))}, 655),
    ],
)
def test_claude__counts_a_tool_and_how_it_must_be_called(model: str, fields: dict[str, Any], recorded: int) -> None:
    """Recorded in July 2026 (activeagents/activeagent)."""
    question = Message("user", "What's the weather?")
    told = prompt_tokens(Prompt(model=model, messages=(question,), tools=(GET_WEATHER,), **fields))
    assert told == pytest.approx(recorded, rel=0.008)


def test_claude__counts_a_call_of_sonnet_5_without_its_tool() -> None:
    said = "I'll check the weather for you."
    call = ToolCall("get_weather", '{"location":"San Francisco, CA"}', "toolu_123")
    talk = (
        Message("user", "What's the weather in San Francisco?"),
        Message("assistant", said, tool_calls=(call,)),
        Message("tool", "72°F and sunny", tool_call_id="toolu_123"),
    )
    assert prompt_tokens(Prompt(model="claude-sonnet-5", messages=talk)) == pytest.approx(96, abs=3)


def png(width: int, height: int) -> str:
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x06\x00\x00\x00"
    return f"data:image/png;base64,{base64.b64encode(head).decode()}"


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gemini-2.0-flash", (128, 128), 258),
        ("gemini-2.0-flash", (540, 360), 7 * 258),
        ("gemini-2.5-flash", (540, 360), 258),
        ("gemini-3-pro", (540, 360), 1102),
        ("claude-sonnet-4-5", (128, 128), 28),
    ],
)
def test_images__cost_by_the_vendor(model: str, size: tuple[int, int], tokens: int) -> None:
    image = Message("user", parts=(Part("image", png(*size)),))
    assert count(Prompt(model=model, messages=(image,))).image == tokens


def test_document__of_a_page_costs_more_for_gemini_where_it_is_alone() -> None:
    raw = base64.b64encode(b"%PDF-1.4\n<< /Type /Page >>\nstream\nBT (Hi) Tj ET\nendstream\n").decode()
    part = Part("file", f"data:application/pdf;base64,{raw}", media_type="application/pdf")
    alone, both = (
        count(Prompt(model="gemini-2.0-flash", messages=(Message("user", parts=parts),))).document
        for parts in ((part,), (part, part))
    )
    assert (alone, both) == (1290, 2 * 258)


TREE = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/Node"}},
    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "name": {"type": "string"}}}},
}


def test_schema__that_refers_to_itself_is_gone_through_a_few_times() -> None:
    assert 5 < len(list(walk_schema(TREE))) < 50
    wide = {"$defs": {"N": {"properties": {str(number): {"$ref": "#/$defs/N"} for number in range(50)}}}}
    assert len(list(walk_schema({"$ref": "#/$defs/N", **wide}))) <= 5_000
    prompt = Prompt(tools=(Tool("f", parameters=TREE),))
    assert MEASURES["property"](prompt) > 2 and MEASURES["object"](prompt) > 1
