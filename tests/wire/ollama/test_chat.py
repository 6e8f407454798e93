"""Ollama's API: shapes, what its server refuses, and its own SDK against a live server."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import ollama
import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.exceptions import BodyTooLarge, RequestError
from completions.resolve.models import check_model
from completions.script.auto.answer import auto
from completions.script.reply.errors import plain
from completions.tokens import text as tokens
from completions.wire.base import StreamFailure, WireFormat
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.ollama.embed import OllamaEmbed, OllamaEmbeddings
from completions.wire.ollama.models import OllamaPull, OllamaShow
from completions.wire.vectors import embed
from tests.server import LiveServer
from tests.wire.test_refusals import ANY

CHAT, GENERATE = OllamaChat(), OllamaGenerate()
MODEL = "llama3.2"
HI = [{"role": "user", "content": "Hi"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def parsed(wire: WireFormat = CHAT, *, validate: bool = True, **body: Any) -> Prompt:
    usual = {"model": MODEL} | ({"messages": HI} if wire is CHAT else {})
    return wire.parse(orjson.dumps(usual | body), {}, validate=validate)


def reply(*choices: Choice) -> Reply:
    return Reply(choices, created=0, model=MODEL, usage=Usage(7, 5), serial="s")


def lines(wire: WireFormat, answer: Reply, prompt: Prompt) -> list[dict[str, Any]]:
    data = b"".join(wire.framing(prompt).frames(wire.events(answer, prompt)))
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data[:-1].split(b"\n")]


END = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 52_400_000,
    "load_duration": 1_000_000,
    "prompt_eval_count": 7,
    "prompt_eval_cached_count": 0,
    "prompt_eval_duration": 1_400_000,
    "eval_count": 5,
    "eval_duration": 50_000_000,
}
HEAD = {"model": MODEL, "created_at": "1970-01-01T00:00:00Z"}


def test_chat__whole_and_streamed() -> None:
    answer, prompt = reply(Choice(text="Hi you", reasoning="Hm", finish_reason="stop")), parsed()
    message = {"role": "assistant", "content": "Hi you", "thinking": "Hm"}
    assert CHAT.document(answer, prompt) == HEAD | {"message": message} | END
    assert lines(CHAT, answer, prompt) == [
        HEAD | {"message": {"role": "assistant", "content": "", "thinking": "Hm"}, "done": False},
        HEAD | {"message": {"role": "assistant", "content": "Hi"}, "done": False},
        HEAD | {"message": {"role": "assistant", "content": " you"}, "done": False},
        HEAD | {"message": {"role": "assistant", "content": ""}} | END,
    ]
    assert CHAT.framing(prompt).media_type == "application/x-ndjson"


@pytest.mark.parametrize(("text", "said"), [(None, "No."), ("Well.", "Well.")])
def test_chat__says_a_refusal_where_there_is_no_text(text: str | None, said: str) -> None:
    answer, prompt = reply(Choice(text=text, refusal="No.", finish_reason="stop")), parsed()
    assert CHAT.document(answer, prompt)["message"]["content"] == said
    assert "".join(line["message"]["content"] for line in lines(CHAT, answer, prompt)) == said


def test_generate__whole_and_streamed() -> None:
    answer, prompt = (
        reply(Choice(text="Hi", finish_reason="length")),
        parsed(GENERATE, prompt="Hello", system="Be kind"),
    )
    end = END | {"done_reason": "length", "context": tokens.ids("Be kind\nHello\nHi", MODEL)}
    assert list(GENERATE.document(answer, prompt))[3:7] == ["done", "done_reason", "context", "total_duration"]
    assert GENERATE.document(answer, prompt) == HEAD | {"response": "Hi"} | end
    assert lines(GENERATE, answer, prompt) == [
        HEAD | {"response": "Hi", "done": False},
        HEAD | {"response": ""} | end,
    ]
    assert (prompt.system, prompt.last_user, prompt.format) == ("Be kind", "Hello", "ollama_generate")


def test_chat__calls_have_objects_for_arguments() -> None:
    calls = (
        ToolCall("add", '{"a":1}', "call_9"),
        ToolCall("cut", '{"a":', "call_8"),
        ToolCall("say", "words", "call_7", "custom"),
    )
    answer, prompt = reply(Choice(tool_calls=calls, finish_reason="tool_calls")), parsed()
    document = CHAT.document(answer, prompt)
    assert document["message"]["tool_calls"] == [
        {"id": "call_9", "function": {"index": 0, "name": "add", "arguments": {"a": 1}}},
        {"id": "call_7", "function": {"index": 2, "name": "say", "arguments": {"input": "words"}}},
    ]
    assert document["done_reason"] == "stop"
    streamed = [line["message"].get("tool_calls", []) for line in lines(CHAT, answer, prompt)]
    assert [call for calls in streamed for call in calls] == document["message"]["tool_calls"]


@pytest.mark.parametrize(("think", "shown"), [(None, True), (True, True), ("high", True), (False, False)])
def test_chat__thinks_unless_told_not_to(think: Any, shown: bool) -> None:
    document = CHAT.document(reply(Choice(text="a", reasoning="b")), parsed(think=think))
    assert ("thinking" in document["message"]) is shown


def test_chat__logprobs_are_those_of_the_tokens() -> None:
    answer = reply(Choice(text="Hi you", logprobs=(-0.5,)))
    document = CHAT.document(answer, prompt := parsed(logprobs=True, top_logprobs=2))
    assert [entry["token"] for entry in document["logprobs"]] == ["Hi", " you"]
    assert list(document)[3:7] == ["done", "done_reason", "logprobs", "total_duration"]
    assert [len(entry["top_logprobs"]) for entry in document["logprobs"]] == [2, 2]
    assert [entry for line in lines(CHAT, answer, prompt) for entry in line.get("logprobs", [])] == document["logprobs"]
    assert "top_logprobs" not in CHAT.document(answer, parsed(logprobs=True))["logprobs"][0]


@pytest.mark.parametrize(
    ("wire", "body", "reason"),
    [
        (CHAT, {"messages": []}, "load"),
        (CHAT, {"messages": [], "keep_alive": 0}, "unload"),
        (GENERATE, {"prompt": ""}, "load"),
        (GENERATE, {"keep_alive": "0s"}, "unload"),
    ],
)
def test_state__without_a_prompt_the_model_is_loaded(wire: WireFormat, body: dict[str, Any], reason: str) -> None:
    prompt = parsed(wire, **body)
    assert (prompt.task, prompt.stream) == ("state", False)
    document = wire.document(reply(), prompt)
    assert (document["done"], document["done_reason"]) == (True, reason)
    assert "eval_count" not in document


def test_prompt__reads_everything() -> None:
    schema = {"type": "object", "properties": {}}
    prompt = parsed(
        messages=[{"role": "system", "content": "S"}, {"role": "user", "content": "U", "images": ["aGk="]}],
        tools=[TOOL],
        format=schema,
        options={"num_predict": 9, "stop": ["x", "y"]},
        think="low",
    )
    assert (prompt.system, prompt.last_user, prompt.stream) == ("S", "U", True)
    assert [part.source for part in prompt.messages[1].parts] == ["aGk="]
    function: Any = TOOL["function"]
    assert (prompt.tools[0].name, prompt.tools[0].parameters) == ("get_weather", function["parameters"])
    assert (prompt.response_format.kind, prompt.response_format.schema) == ("json_schema", schema)
    assert (prompt.max_tokens, prompt.stop, prompt.reasoning_effort) == (9, ("x", "y"), "low")
    assert parsed(format="json").response_format.kind == "json_object"
    assert parsed(options={"num_predict": -1}).max_tokens is None
    assert parsed(stream=False).stream is False


@pytest.mark.parametrize(
    ("result", "name"),
    [
        ({"tool_name": "add"}, "add"),
        ({"tool_name": "get_weather"}, "get_weather"),
        ({}, "get_weather"),
        ({"tool_call_id": "c2"}, "add"),
        ({"tool_call_id": "never said"}, "get_weather"),
    ],
)
def test_prompt__results_find_their_calls(result: dict[str, Any], name: str) -> None:
    calls = [{"function": {"name": "get_weather", "arguments": {}}}, {"id": "c2", "function": {"name": "add"}}]
    prompt = parsed(
        messages=[*HI, {"role": "assistant", "tool_calls": calls}, {"role": "tool", "content": "21", **result}]
    )
    assert prompt.tool_result
    assert (prompt.tool_result.name, prompt.tool_result.text) == (name, "21")


def offered(**parameters: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": ""}, "model is required"),
        ({"model": 1}, "json: cannot unmarshal number into Go struct field ChatRequest.model of type string"),
        ({"messages": "a"}, "json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.M"),
        ({"messages": [1]}, "json: cannot unmarshal number into Go struct field ChatRequest.messages of type api.Me"),
        (
            {"messages": [{"content": []}]},
            "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string",
        ),
        ({"messages": [{"images": ["?"]}]}, "illegal base64 data"),
        ({"stream": "yes"}, "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool"),
        ({"format": "xml"}, 'invalid format: "xml"; expected "json" or a valid JSON Schema object'),
        ({"think": "hard"}, 'invalid think value: "hard"'),
        ({"top_logprobs": 21}, "top_logprobs must be between 0 and 20"),
        ({"keep_alive": []}, "Unsupported type: '[]interface {}'"),
        ({"keep_alive": "soon"}, 'time: invalid duration "soon"'),
        ({"keep_alive": "-1"}, 'time: missing unit in duration "-1"'),
        ({"keep_alive": "5 days"}, 'time: invalid duration "5 days"'),
        ({"keep_alive": "5d"}, 'time: unknown unit "d" in duration "5d"'),
        (
            offered(required=[5]),
            "json: cannot unmarshal number into Go struct field ChatRequest.tools.function.parameters.required of type "
            "string",
        ),
        (
            offered(properties={"a": {"description": {}}}),
            "json: cannot unmarshal object into Go struct field ToolProperty.description of type string",
        ),
        (offered(properties={"a": {"type": {}}}), "json: cannot unmarshal object into Go value of type []string"),
        (offered(properties={"a": {"type": [5]}}), "json: cannot unmarshal number into Go value of type string"),
    ],
)
def test_refuses__what_the_server_refuses(body: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**body)
    assert error.value.message.startswith(message)
    assert CHAT.error(error.value) == {"error": error.value.message}
    parsed(validate=False, **body)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_predict": "9"}, 'option "num_predict" must be of type integer'),
        ({"num_ctx": True}, 'option "num_ctx" must be of type integer'),
        ({"main_gpu": []}, 'option "main_gpu" must be of type integer'),
        ({"temperature": "9"}, 'option "temperature" must be of type float32'),
        ({"use_mmap": 1}, 'option "use_mmap" must be of type boolean'),
        ({"stop": "x"}, 'option "stop" must be of type array'),
        ({"stop": [1]}, 'option "stop" must be of an array of strings'),
    ],
)
def test_option__of_another_type_is_refused_when_the_model_is_loaded(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(options=options)
    assert (error.value.status, error.value.message) == (500, message)
    parsed(validate=False, options=options)
    parsed(OllamaShow(), options=options)


def test_options__are_numbers_of_any_kind_and_others_are_ignored() -> None:
    taken = {"num_predict": 9.7, "num_ctx": 0, "temperature": 1, "seed": -1.5, "use_mmap": False, "top_k": None}
    assert parsed(options=taken | {"mirostat": "x", "numa": 5}).max_tokens == 9
    for unlimited in (-1, -2, 0, 0.5):
        assert parsed(options={"num_predict": unlimited}).max_tokens is None


@pytest.mark.parametrize("lasts", ["5m", "1h30m", "-1s", "0", "1.5h", -1, 0, 300, None])
def test_keep_alive__is_a_duration_or_seconds(lasts: Any) -> None:
    parsed(keep_alive=lasts, **offered(type="object", properties={"a": {"type": ["string", "null"]}, "b": None}))


@pytest.mark.parametrize(("token", "found"), [({}, "object"), (1.5, "number 1.5"), ("1", "string")])
def test_generate__takes_whole_numbers_as_context(token: Any, found: str) -> None:
    said = f"json: cannot unmarshal {found} into Go struct field GenerateRequest.context of type int"
    with pytest.raises(RequestError, match=re.escape(said)):
        OllamaGenerate().parse(orjson.dumps({"model": "m", "prompt": "a", "context": [1, token]}), {}, validate=True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b" ", "missing request body"),
        *((body, "unexpected EOF") for body in (b"{", b'{"a"', b'{"a": 1,', b'{"a": "b', b'{"a": nu')),
        (b"[]", "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        (b"1.5", "json: cannot unmarshal number into Go value of type api.ChatRequest"),
        (b"hello", "invalid character 'h' looking for beginning of value"),
        (b'{"a": NaN}', "invalid character 'N' looking for beginning of value"),
        (b'{"a": [1,]}', "invalid character ']' looking for beginning of value"),
        (b'{"a": tree}', "invalid character 'e' in literal true (expecting 'u')"),
        (b"{'a': 1}", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"a": 1, }', "invalid character '}' looking for beginning of object key string"),
        ("{é: 1}".encode(), "invalid character 'Ã' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a": 1 "b": 2}', "invalid character '\"' after object key:value pair"),
        (b'{"a": [1 2]}', "invalid character '2' after array element"),
        (b'{"a": 1} 2', "invalid character '2' after top-level value"),
        (b'{"a": "b\nc"}', "invalid character '\\n' in string literal"),
    ],
)
def test_refuses__what_is_no_object_in_the_words_of_go(body: bytes, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        CHAT.parse(body, {}, validate=False)
    assert refused.value.message == message


def test_errors__have_the_server_s_words_unless_the_script_has_its_own() -> None:
    prompt = Prompt(model="x")
    said = {status: CHAT.error(plain(status, {})(prompt))["error"] for status in (401, 404, 429, 500, 503)}
    assert said[401] == "unauthorized"
    assert said[404] == "model 'x' not found"
    assert said[503].startswith("server busy")
    assert CHAT.error(plain(503, {"message": "Tea."})(prompt)) == {"error": "Tea."}
    limited = RequestError("Rate limit reached …", status=429, facts={"limit": "5 requests per minute"})
    assert CHAT.error(limited) == {"error": "too many requests: limit of 5 requests per minute reached"}
    assert CHAT.error(BodyTooLarge(9)) == {"error": "http: request body too large"}
    events = CHAT.error_events(StreamFailure(RequestError("a"), name="error", flat=True), Prompt())
    assert [*CHAT.framing(Prompt()).frames(events)] == [b'{"error":"a"}\n']
    assert CHAT.limit_headers({"x-ratelimit-limit-requests": "1", "retry-after": "2"}) == {"retry-after": "2"}


def test_embed__has_the_model_s_dimensions() -> None:
    def vectors(**body: Any) -> Any:
        prompt = parsed(wire := OllamaEmbed(), **body)
        return wire.document(Reply((), usage=Usage(3, 0)), prompt)["embeddings"]

    assert vectors(input=["a", "b"], model="all-minilm:l6-v2") == [embed("a", 384), embed("b", 384)]
    assert vectors(input="a", dimensions=8) == [embed("a", 8)]
    assert vectors(input="") == vectors() == []
    with pytest.raises(RequestError, match="invalid input type"):
        vectors(input=[1])


def test_embeddings__one_vector() -> None:
    prompt = parsed(wire := OllamaEmbeddings(), prompt="a")
    assert wire.document(reply(Choice(embedding=(0.5, 1.0))), prompt) == {"embedding": (0.5, 1.0)}
    assert wire.document(reply(), parsed(wire)) == {"embedding": []}


@pytest.mark.parametrize(
    ("model", "told"), [("gemma3:4b", "gemma3:4b"), ("phi4", "phi4:latest"), ("gemma3n", None), ("llama3.1", None)]
)
def test_tools__are_refused_by_models_without_them_and_not_shown(model: str, told: str | None) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    asked = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "tools": [tool]}
    shown = OllamaShow()
    prompt = shown.parse(orjson.dumps({"model": model}), {}, validate=True)
    assert ("tools" in shown.document(Reply(()), prompt)["capabilities"]) is (told is None)
    if told is None:
        check_model(CHAT.parse(orjson.dumps(asked), {}, validate=True), CHAT, ANY)
        return
    with pytest.raises(RequestError) as caught:
        check_model(CHAT.parse(orjson.dumps(asked), {}, validate=True), CHAT, ANY)
    words = f"registry.ollama.ai/library/{told} does not support tools"
    assert (caught.value.status, CHAT.error(caught.value)) == (400, {"error": words})


@pytest.mark.parametrize("model", ["llama3.1:8b", "qwen3", "gemma3"])
@pytest.mark.parametrize("think", [True, "low", False, None])
def test_thinking__is_refused_by_models_without_it_and_not_shown(model: str, think: Any) -> None:
    shown = OllamaShow()
    can = shown.document(Reply(()), shown.parse(orjson.dumps({"model": model}), {}, validate=True))["capabilities"]
    assert ("thinking" in can) is (model == "qwen3")
    asked = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "think": think}
    prompt = CHAT.parse(orjson.dumps(asked), {}, validate=True)
    if not think or model == "qwen3":
        check_model(prompt, CHAT, ANY)
        return
    with pytest.raises(RequestError) as caught:
        check_model(prompt, CHAT, ANY)
    told = {"error": f'"{model}" does not support thinking'}
    assert (caught.value.status, CHAT.error(caught.value)) == (400, told)


@pytest.mark.parametrize(
    ("model", "think", "thinks"),
    [
        *(("qwen3:4b", think, think is not False) for think in (None, True, False)),
        *((model, None, True) for model in ("qwen3", "qwen3.5:9b", "gemma4:12b", "gpt-oss:20b")),
        *((model, None, False) for model in ("qwen3-coder:30b", "qwen3:4b-instruct", "gemma3", "llama3.2")),
    ],
)
def test_thinking__goes_without_saying(model: str, think: bool | None, thinks: bool) -> None:
    (choice,) = auto(parsed(model=model, think=think))
    assert bool(choice.reasoning) is thinks
    (choice,) = auto(parsed(GENERATE, model=model, prompt="Hi", think=think))
    assert bool(choice.reasoning) is thinks


@pytest.mark.parametrize("wire", [OllamaPull(), OllamaShow(), OllamaEmbed(), OllamaEmbeddings()])
def test_fields_of_other_requests__are_not_looked_at(wire: WireFormat) -> None:
    """A list of options was a 500 where a model was to be pulled."""
    others = {"top_logprobs": "a", "think": 5, "format": []} | ({"options": []} if wire.name == "ollama_pull" else {})
    body = orjson.dumps({"model": "m", "input": "a", "prompt": "a", **others})
    assert wire.parse(body, {}, validate=True).model == "m"


def test_pull__says_that_the_model_is_there(live: LiveServer) -> None:
    for body, told in [({"model": MODEL}, 5), ({"name": MODEL}, 5), ({"model": MODEL, "stream": False}, 1)]:
        key = {"Authorization": "Bearer secret"}
        answer = httpx.post(f"{live.url}/ns/pull/api/pull", json=body, headers=key, trust_env=False)
        steps = [json.loads(line) for line in answer.text.splitlines()]
        assert (len(steps), steps[-1]) == (told, {"status": "success"}), body
    pull = OllamaPull()
    for wrong, said in [
        ({}, "model is required"),
        ({"model": "m", "insecure": 1}, "PullRequest.insecure of type bool"),
    ]:
        with pytest.raises(RequestError, match=said):
            pull.parse(orjson.dumps(wrong), {}, validate=True)


def test_show__says_what_the_model_can() -> None:
    shown = OllamaShow().document(reply(), parsed(OllamaShow(), model="library/llama3.2:1b"))
    assert shown["details"]["family"] == "llama"
    assert shown["model_info"]["llama.context_length"] == 131072
    assert "tools" in shown["capabilities"]
    embedding = OllamaShow().document(reply(), parsed(OllamaShow(), model="", name="nomic-embed-text"))
    assert (embedding["capabilities"], embedding["details"]["family"]) == (["embedding"], "nomic-bert")


@pytest.mark.parametrize(
    ("name", "architecture", "abilities"),
    [
        ("llama3.2:1b", "llama", ["completion", "tools"]),
        ("llama3.2-vision", "llama", ["completion", "vision", "tools", "thinking"]),
        ("qwen3-coder:30b", "qwen3moe", ["completion", "tools"]),
        ("qwen3", "qwen3", ["completion", "tools", "thinking"]),
        ("qwen3-vl", "qwen3vl", ["completion", "vision", "tools", "thinking"]),
        ("gpt-oss:20b", "gptoss", ["completion", "tools", "thinking"]),
    ],
)
def test_show__tells_which_models_see(name: str, architecture: str, abilities: list[str]) -> None:
    """Shown by `ollama run llama3.2 "… ./image.png"`, which sent the image, because the model was said to see it."""
    shown = OllamaShow().document(reply(), parsed(OllamaShow(), model=name))
    assert (shown["details"]["family"], shown["capabilities"]) == (architecture, abilities)
    assert shown["model_info"]["general.architecture"] == architecture


SCRIPT = """
version: 1
defaults: {models: [llama3.2, nomic-embed-text], limits: {rpm: 100000}, keys: [secret]}
rules:
- {match: {format: ollama_embed, last_user: fixed}, reply: {embedding: [0.5, 0.5]}}
- {match: {last_user: down}, error: 500}
- {match: {last_user: busy}, error: {status: 429, retry_after_ms: 10}}
- {match: {last_user: broken}, fault: {error_object: {after_tokens: 2}}, reply: One two three four.}
- {match: {last_user: torn}, fault: malformed_chunk, reply: One two three four.}
- {match: {last_user: dropped}, fault: {disconnect: {after_tokens: 1}}, reply: One two three four.}
- {match: {last_user: endless}, fault: no_done, reply: One two.}
- {match: {last_user: separated}, reply: {echo: true}}
- {match: {format: ollama_generate, last_user: echoed}, reply: "{{ prompt.messages.0.text }}"}
- {match: {format: ollama_generate}, reply: {reasoning: Hm., text: Generated.}}
- {match: {tool_result: {name: get_weather}}, reply: 'It is {{ prompt.tool_result.text }}.'}
- {match: {tools: get_weather}, reply: {text: Let me see., tool_calls: {name: get_weather, arguments: {city: Rome}}}}
- {match: {response_format: json_schema}, reply: {json: {a: 1}}}
- {match: {format: ollama, last_user: think}, reply: {reasoning: Let me think., text: I thought.}}
- {match: {format: ollama}, reply: Hi from Ollama.}
"""


@pytest.fixture(scope="module")
def client(live: LiveServer) -> Iterator[ollama.Client]:
    with ollama.Client(host=live.url, headers={"Authorization": "Bearer secret"}) as client:
        yield client


def said(client: ollama.Client, text: str, **options: Any) -> Any:
    return client.chat(model=MODEL, messages=[{"role": "user", "content": text}], **options)


def test_sdk__chats(client: ollama.Client) -> None:
    answer = said(client, "Hi")
    assert (answer.message.content, answer.done_reason, answer.eval_count) == ("Hi from Ollama.", "stop", 5)
    parts = list(client.chat(model=MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True))
    assert "".join(part.message.content or "" for part in parts) == "Hi from Ollama."
    assert [part.done for part in parts] == [False] * 5 + [True]
    assert parts[-1].eval_count == 5
    assert said(client, "think").message.thinking == "Let me think."
    assert said(client, "think", think=False).message.thinking is None
    assert said(client, "Hi", options={"num_predict": 2}).done_reason == "length"
    with pytest.raises(ollama.ResponseError, match='option "num_ctx" must be of type integer') as refused:
        said(client, "Hi", options={"num_ctx": "4096"})
    assert refused.value.status_code == 500
    assert said(client, "Hi", options={"stop": [" Oll"]}).message.content == "Hi from"


def test_sdk__reads_lines_with_unicode_s_separators(client: ollama.Client) -> None:
    text = "separated\u2028by\u2029 these"
    assert said(client, text).message.content == text
    assert "".join(part.message.content or "" for part in said(client, text, stream=True)) == text


def test_sdk__calls_tools(client: ollama.Client) -> None:
    answer = said(client, "Hi", tools=[TOOL])
    assert answer.message.tool_calls
    assert answer.message.tool_calls[0].function.arguments == {"city": "Rome"}
    result = {"role": "tool", "tool_name": "get_weather", "content": "warm"}
    after = client.chat(model=MODEL, messages=[*HI, answer.message, result], tools=[TOOL])
    assert after.message.content == "It is warm."
    parts = list(client.chat(model=MODEL, messages=HI, tools=[TOOL], stream=True))
    assert [call.function.name for part in parts for call in part.message.tool_calls or ()] == ["get_weather"]


def test_sdk__generates_embeds_and_lists(client: ollama.Client) -> None:
    answer = client.generate(model=MODEL, prompt="Hi")
    assert (answer.response, answer.thinking) == ("Generated.", "Hm.")
    assert "".join(part.response or "" for part in client.generate(MODEL, "Hi", stream=True)) == "Generated."
    assert client.generate(model=MODEL).done_reason == "load"
    assert json.loads(said(client, "Hi", format={"type": "object"}).message.content or "") == {"a": 1}
    assert client.embed(model="nomic-embed-text", input=["a", "fixed"]).embeddings == [[0.5, 0.5], [0.5, 0.5]]
    assert client.embed(model="nomic-embed-text", input="a").embeddings == [embed("a", 768)]
    assert client.embeddings(model="nomic-embed-text", prompt="a").embedding == embed("a", 768)
    assert "tools" in (client.show(MODEL).capabilities or [])


def test_generate__goes_on_from_tokens_alone_where_nothing_is_checked() -> None:
    asked = {"model": MODEL, "prompt": "Hello", "context": [1, True, "a", None, 2.0, 2]}
    prompt = OllamaGenerate().parse(orjson.dumps(asked), {}, validate=False)
    assert prompt.messages[0].text == tokens.join([1, 2], MODEL)


def test_sdk__goes_on_from_the_context_of_an_answer(client: ollama.Client) -> None:
    first = client.generate(MODEL, "My name is Ann.")
    assert first.context
    second = client.generate(MODEL, "echoed", context=first.context)
    assert second.response == "My name is Ann.\nHm.\nGenerated."
    assert (second.prompt_eval_count or 0) - (first.prompt_eval_count or 0) >= 5
    assert (second.context or [])[: len(first.context)] == first.context
    *_, last = client.generate(MODEL, "echoed", context=first.context, stream=True)
    assert last.context == second.context
    assert client.chat(model=MODEL, messages=HI).get("context") is None


def test_sdk__sends_a_raw_prompt_as_it_is(client: ollama.Client) -> None:
    raw, wrapped = client.generate(MODEL, "Hi", raw=True), client.generate(MODEL, "Hi")
    assert raw.context is None
    assert (raw.prompt_eval_count or 0) < (wrapped.prompt_eval_count or 0)
    for around in ({"template": "{{ .Prompt }}"}, {"system": "Be kind"}, {"context": wrapped.context}):
        with pytest.raises(ollama.ResponseError, match="raw mode does not support template, system, or context"):
            client.generate(MODEL, "Hi", raw=True, **around)


def test_sdk__cuts_what_is_embedded_to_the_window(client: ollama.Client) -> None:
    model, options = "nomic-embed-text", {"num_ctx": 2}  # four tokens are the least that there are
    cut = client.embed(model=model, input=["One two three four five", "One"], options=options)
    assert cut.embeddings == [embed("One two three four", 768), embed("One", 768)]
    assert cut.prompt_eval_count == 5
    with pytest.raises(ollama.ResponseError, match="the input length exceeds the context length"):
        client.embed(model=model, input="One two three four five", truncate=False, options=options)
    assert client.embed(model=model, input="One two", truncate=False, options=options).prompt_eval_count == 2


def test_sdk__lists_models_with_their_tags_and_may_use_them(client: ollama.Client) -> None:
    names = [f"{MODEL}:latest", "nomic-embed-text:latest"]
    assert [model.model for model in client.list().models] == names
    assert client.show(names[0]).details
    assert client.chat(model=names[0], messages=HI).model == names[0]
    assert client.embed(model=names[1], input="a").embeddings == [embed("a", 768)]
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.chat(model=f"{MODEL}:1b", messages=HI)


@pytest.mark.parametrize(("text", "status"), [("down", 500), ("busy", 429)])
def test_sdk__errors(client: ollama.Client, text: str, status: int) -> None:
    for stream in (False, True):
        with pytest.raises(ollama.ResponseError) as error:
            list(said(client, text, stream=stream))
        assert error.value.status_code == status
        assert not error.value.error.startswith("{")


def test_sdk__errors_of_models_and_keys(client: ollama.Client, live: LiveServer) -> None:
    for call in (lambda: client.chat(model="none", messages=HI), lambda: client.show("none")):
        with pytest.raises(ollama.ResponseError, match="model 'none' not found") as unknown:
            call()
        assert unknown.value.status_code == 404
    with ollama.Client(host=live.url) as stranger, pytest.raises(ollama.ResponseError, match="unauthorized"):
        stranger.chat(model=MODEL, messages=HI)


def test_sdk__faults(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="model runner has unexpectedly stopped"):
        list(said(client, "broken", stream=True))
    with pytest.raises(json.JSONDecodeError):
        list(said(client, "torn", stream=True))
    with pytest.raises(httpx.RemoteProtocolError):
        list(said(client, "dropped", stream=True))
    assert not any(part.done for part in said(client, "endless", stream=True))


def test_http__other_addresses_and_methods(live: LiveServer) -> None:
    with httpx.Client(base_url=live.url, headers={"Authorization": "Bearer secret"}) as http:
        assert http.get("/api/version").json().keys() == {"version"}
        assert http.get("/api/nope").text == "404 page not found"
        wrong = http.get("/api/chat")
        assert (wrong.status_code, wrong.headers["allow"], wrong.text) == (405, "POST", "405 method not allowed")
        answer = http.post("/ns/other/api/chat", json={"model": MODEL, "messages": HI})
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert answer.headers["x-request-id"].startswith("req_")
        busy = http.post("/api/chat", json={"model": MODEL, "messages": [{"role": "user", "content": "busy"}]})
        assert busy.headers["retry-after"] == "1"
        assert not [name for name in busy.headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        (OllamaChat(), "ChatRequest"),
        (OllamaGenerate(), "GenerateRequest"),
        (OllamaEmbed(), "EmbedRequest"),
        (OllamaEmbeddings(), "EmbeddingRequest"),
        (OllamaShow(), "ShowRequest"),
    ],
)
def test_no_object__is_refused_with_the_type_that_was_wanted(wire: WireFormat, kind: str) -> None:
    with pytest.raises(RequestError, match=f"^json: cannot unmarshal array into Go value of type api.{kind}$"):
        wire.parse(b"[]", {}, validate=True)
