"""Gemini's format through its users' clients: google-genai, of the Gemini API and of Vertex AI, and LiteLLM."""

import base64
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from llmclient import LLMClient
from llmclient.lite import load
from tests.document import TEXT
from tests.leaky import LITELLM
from tests.server import QUICK, LiveServer, serving

pytestmark = LITELLM

MODEL = "gemini-2.5-flash"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

SCRIPT = """\
version: 1
rules:
  - name: count
    match: {format: gemini, last_user: count me}
    reply: {text: Counted., usage: {prompt_tokens: 77, completion_tokens: 1}}
  - match: {tool_result: {name: add}}
    reply: The sum is {{ prompt.tool_result.sum }}.
  - match: {last_user: sum}
    reply:
      reasoning: I should add.
      tool_calls:
        - {name: add, arguments: {a: 2, b: 40}}
        - {name: add, arguments: {a: 1, b: 1}}
  - match: {last_user: think}
    reply: {reasoning: Let me see., text: Done.}
  - match: {last_user: image}
    reply: I see {{ prompt.messages.0.parts|length }} of them.
  - match: {last_user: unsafe}
    reply: {text: "", finish_reason: content_filter}
  - match: {last_user: busy}
    error: {status: 429, retry_after_ms: 1500}
  - match: {last_user: down}
    error: 500
  - match: {last_user: twice}
    replies: [{error: {status: 503}}, Here I am.]
  - match: {last_user: again}
    replies: [{error: {status: 503}}, {error: {status: 429}}, Here I am.]
  - match: {last_user: long}
    reply: one two three four five six
  - match: {last_user: turns}
    reply: Turn {{ prompt.turn }}.
  - match: {last_user: plain}
    reply: This is a mock response.
"""


class Unit(StrEnum):
    """An enum that an answer must be one of."""

    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"


class Forecast(BaseModel):
    """What a structured answer must be."""

    city: str
    days: list[int]
    unit: Unit
    note: str | None


gemini_server = serving(script=SCRIPT, **QUICK, API_KEYS="good")


def client_of(server: LiveServer, key: str = "good", **options: Any) -> genai.Client:
    vertex = options.pop("vertexai", False)
    return genai.Client(api_key=key, vertexai=vertex, http_options=types.HttpOptions(base_url=server.url, **options))


@pytest.fixture(scope="module", params=["v1", "v1beta", "vertex"])
def client(gemini_server: LiveServer, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    if request.param == "vertex":
        made = client_of(gemini_server, vertexai=True)
    else:
        made = client_of(gemini_server, api_version=request.param)
    with made:
        yield made


@pytest.fixture(scope="module")
def only(gemini_server: LiveServer) -> Iterator[genai.Client]:
    """One client, for what does not depend on the address."""
    with client_of(gemini_server) as made:
        yield made


def said(client: genai.Client, stream: bool, contents: Any, **config: Any) -> list[types.GenerateContentResponse]:
    """Return the answer, or its chunks."""
    settings = types.GenerateContentConfig(**config)
    if not stream:
        return [client.models.generate_content(model=MODEL, contents=contents, config=settings)]
    return list(client.models.generate_content_stream(model=MODEL, contents=contents, config=settings))


def parts(answers: list[types.GenerateContentResponse]) -> list[types.Part]:
    contents = [(answer.candidates or [types.Candidate()])[0].content for answer in answers]
    return [part for content in contents if content for part in content.parts or []]


BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
ADD = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="add",
            parameters_json_schema={
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            },
        )
    ]
)
NO_LOOP = types.AutomaticFunctionCallingConfig(disable=True)


@BOTH
def test_genai__hears_the_text(client: genai.Client, stream: bool) -> None:
    answers = said(client, stream, "plain")
    assert "".join(part.text or "" for part in parts(answers)) == TEXT
    if stream:
        assert [part.text for part in parts(answers)] == [TEXT]  # as the API does with short ones
    usage = answers[-1].usage_metadata
    assert usage and (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (2, 6, 8)
    assert answers[-1].candidates and answers[-1].candidates[0].finish_reason is types.FinishReason.STOP
    assert answers[-1].model_version == MODEL and answers[-1].response_id


@BOTH
def test_genai__calls_tools_and_tells_what_they_said(client: genai.Client, stream: bool) -> None:
    called = parts(said(client, stream, "sum", tools=[ADD], automatic_function_calling=NO_LOOP))
    calls = [part.function_call for part in called if part.function_call]
    assert [(call.name, call.args) for call in calls] == [("add", {"a": 2, "b": 40}), ("add", {"a": 1, "b": 1})]
    assert called[0].thought_signature and not called[1].thought_signature
    results = [types.Part.from_function_response(name="add", response={"sum": each}) for each in (42, 2)]
    for result, call in zip(results, calls, strict=True):
        assert result.function_response
        result.function_response.id = call.id
    contents = [
        types.UserContent("sum"),
        types.Content(role="model", parts=[part for part in called if part.function_call]),
        types.UserContent(results),
    ]
    assert "".join(part.text or "" for part in parts(said(client, stream, contents, tools=[ADD]))) == "The sum is 2."


@BOTH
def test_genai__keeps_a_chat(only: genai.Client, stream: bool) -> None:
    chat = only.chats.create(model=MODEL)
    heard = []
    for _ in range(3):
        if stream:
            heard.append("".join(chunk.text or "" for chunk in chat.send_message_stream("turns")))
        else:
            heard.append(chat.send_message("turns").text or "")
    assert heard == ["Turn 0.", "Turn 1.", "Turn 2."]


@BOTH
def test_genai__sees_thoughts_if_it_asks(only: genai.Client, stream: bool) -> None:
    for shown in (True, False):
        answers = said(only, stream, "think", thinking_config=types.ThinkingConfig(include_thoughts=shown))
        thought = "".join(part.text or "" for part in parts(answers) if part.thought)
        text = "".join(part.text or "" for part in parts(answers) if not part.thought)
        assert (thought, text) == ("Let me see." if shown else "", "Done.")
        assert answers[-1].usage_metadata and answers[-1].usage_metadata.thoughts_token_count == 4


@BOTH
def test_genai__gets_as_many_candidates_and_tokens_as_it_asks(only: genai.Client, stream: bool) -> None:
    answers = said(only, stream, "long", candidate_count=2, max_output_tokens=3)
    texts = ["", ""]
    for candidate in (found for answer in answers for found in answer.candidates or ()):
        content = candidate.content.parts if candidate.content else None
        texts[candidate.index or 0] += "".join(part.text or "" for part in content or ())
    assert texts == ["one two three"] * 2
    assert [found.finish_reason for found in answers[-1].candidates or ()][-1] is types.FinishReason.MAX_TOKENS
    assert "".join(part.text or "" for part in parts(said(only, stream, "long", stop_sequences=[" four"]))) == texts[0]


@BOTH
@pytest.mark.parametrize("shape", [Forecast, Forecast.model_json_schema(), Unit])
def test_genai__gets_what_its_schema_says(server_auto: genai.Client, stream: bool, shape: Any) -> None:
    config: dict[str, Any] = {"response_mime_type": "text/x.enum" if shape is Unit else "application/json"}
    config["response_json_schema" if isinstance(shape, dict) else "response_schema"] = shape
    answers = said(server_auto, stream, "Weather?", **config)
    text = "".join(part.text or "" for part in parts(answers))
    if shape is Unit:
        assert Unit(text)
    else:
        assert Forecast.model_validate_json(text)
    if not stream and not isinstance(shape, dict):
        assert isinstance(answers[0].parsed, shape)


@pytest.fixture(scope="module")
def server_auto() -> Iterator[genai.Client]:
    with LiveServer(MOCK_SCRIPT="auto", **QUICK) as live, client_of(live) as made:
        yield made


def test_genai__runs_functions_by_itself(server_auto: genai.Client) -> None:
    seen: list[str] = []

    def get_weather(city: str) -> dict[str, int]:
        """Get the weather of a city."""
        seen.append(city)
        return {"temp": 21}

    chat = server_auto.chats.create(model=MODEL, config=types.GenerateContentConfig(tools=[get_weather]))
    answer = chat.send_message("What is the weather?")
    assert len(seen) == 1
    assert answer.text and "21" in answer.text


def test_genai__shows_images(only: genai.Client) -> None:
    contents = ["image", types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")]
    assert parts(said(only, False, contents))[0].text == "I see 1 of them."


LOW, HIGH, ULTRA = "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_HIGH", "MEDIA_RESOLUTION_ULTRA_HIGH"


@pytest.mark.parametrize(
    ("model", "resolution", "of_part", "tokens"),
    [
        (MODEL, None, None, 258),
        (MODEL, LOW, None, 66),
        (MODEL, HIGH, None, 258),
        (MODEL, None, LOW, 258),
        ("gemini-3-flash-preview", LOW, None, 280),
        ("gemini-3-flash-preview", "MEDIA_RESOLUTION_MEDIUM", None, 560),
        ("gemini-3-flash-preview", HIGH, None, 1102),
        ("gemini-3-flash-preview", LOW, ULTRA, 2240),
    ],
)
def test_genai__pays_for_images_by_their_resolution(
    client: genai.Client, model: str, resolution: str | None, of_part: str | None, tokens: int
) -> None:
    part = types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png", media_resolution=of_part)
    config = types.GenerateContentConfig(media_resolution=types.MediaResolution(resolution) if resolution else None)
    contents = types.Content(role="user", parts=[types.Part(text="image"), part])
    usage = client.models.generate_content(model=model, contents=contents, config=config).usage_metadata
    assert usage and usage.prompt_tokens_details
    counted = {each.modality: each.token_count for each in usage.prompt_tokens_details}
    assert counted[types.MediaModality.IMAGE] == tokens


def test_genai__is_told_what_is_unsafe(only: genai.Client) -> None:
    (answer,) = said(only, False, "unsafe")
    assert answer.text is None
    assert answer.candidates and answer.candidates[0].finish_reason is types.FinishReason.SAFETY
    assert any(rating.blocked for rating in answer.candidates[0].safety_ratings or ())


def test_genai__counts_and_embeds(client: genai.Client) -> None:
    counted = client.models.count_tokens(model=MODEL, contents="plain")
    assert counted.total_tokens == 2
    assert client.models.count_tokens(model=MODEL, contents="count me").total_tokens == 77
    model = "gemini-embedding-001"
    config = types.EmbedContentConfig(output_dimensionality=64)
    for text in ("a cat", "a dog"):
        embedded = client.models.embed_content(model=model, contents=text, config=config).embeddings or []
        assert [len(each.values or ()) for each in embedded] == [64]


def test_genai__lists_models(only: genai.Client, gemini_server: LiveServer) -> None:
    names = [model.name for model in only.models.list()]
    assert f"models/{MODEL}" in names
    found = only.models.get(model=MODEL)
    assert found.input_token_limit == 1_048_576 and "generateContent" in (found.supported_actions or ())
    openai = httpx.get(f"{gemini_server.url}/v1/models", headers={"Authorization": "Bearer good"}).json()
    google = httpx.get(f"{gemini_server.url}/v1/models?key=good").json()
    assert (openai["object"], list(google)) == ("list", ["models"])


@BOTH
@pytest.mark.parametrize(
    ("contents", "key", "code", "status"),
    [
        ("plain", "bad", 400, "INVALID_ARGUMENT"),
        ("busy", "good", 429, "RESOURCE_EXHAUSTED"),
        ("down", "good", 500, "INTERNAL"),
    ],
)
def test_genai__raises_errors(
    gemini_server: LiveServer, stream: bool, contents: str, key: str, code: int, status: str
) -> None:
    kind = errors.ClientError if code < 500 else errors.ServerError
    with client_of(gemini_server, key) as made, pytest.raises(kind) as caught:
        said(made, stream, contents)
    assert (caught.value.code, caught.value.status) == (code, status)
    details = caught.value.details["error"].get("details", [])
    if code == 429:
        assert details[-1] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}


def test_genai__tries_again(gemini_server: LiveServer) -> None:
    retries = types.HttpRetryOptions(attempts=2, initial_delay=0.01, max_delay=0.01)
    with client_of(gemini_server, retry_options=retries) as made:
        assert parts(said(made, False, "twice"))[0].text == "Here I am."


STREAM_FAULTS: dict[str, tuple[str | None, str]] = {
    "disconnect": ("RemoteProtocolError", "This"),
    "error_object": ("ServerError", "This"),
    "malformed_chunk": ("UnknownApiResponseError", "This"),
    "no_finish": (None, TEXT),
    "comments": ("UnknownApiResponseError", ""),
    "split_bytes": (None, TEXT),
    "empty_stream": (None, ""),
}
"""The name of the SDK's error (it brings an HTTP client of its own), and the text that comes before it."""


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_genai__sees_faults(gemini_server: LiveServer, fault: str) -> None:
    error, text = STREAM_FAULTS[fault]
    came: list[str] = []
    with client_of(gemini_server, headers={"X-Mock-Fault": fault}) as made:
        stream = made.models.generate_content_stream(model=MODEL, contents="plain")
        if error is None:
            came += [chunk.text or "" for chunk in stream]
        else:
            with pytest.raises(Exception) as caught:
                came.extend(chunk.text or "" for chunk in stream)
            assert type(caught.value).__name__ == error
    assert "".join(came) == text


@pytest.mark.filterwarnings("ignore:Inheritance class")  # of the SDK's own, over aiohttp
async def test_genai__hears_the_text_without_blocking(gemini_server: LiveServer) -> None:
    made = client_of(gemini_server)
    stream = await made.aio.models.generate_content_stream(model=MODEL, contents="plain")
    assert "".join([chunk.text or "" async for chunk in stream]) == TEXT
    await made.aio.aclose()
    made.close()


@pytest.fixture(scope="module")
def lite(gemini_server: LiveServer) -> Iterator[LLMClient]:
    base = f"{gemini_server.url}/v1beta"
    with LLMClient(base_url=base, model=f"gemini/{MODEL}", api_key="good", max_retries=0) as made:
        yield made


def completion(server: LiveServer, message: str, **params: Any) -> Any:
    """Call LiteLLM itself, for it tells our client only in a stream that its Gemini request was refused."""
    settings = {"model": f"gemini/{MODEL}", "api_base": f"{server.url}/v1beta", "api_key": "good"}
    return load().completion(messages=[{"role": "user", "content": message}], **{**settings, **params})


def test_litellm__tries_again(gemini_server: LiveServer) -> None:
    answer = completion(gemini_server, "again", num_retries=2)
    assert answer.choices[0].message.content == "Here I am."


def test_litellm__sees_an_error_in_a_stream(lite: LLMClient) -> None:
    with pytest.raises(Exception, match="Internal error encountered"):
        lite.stream("plain", extra_headers={"X-Mock-Fault": "error_object"}).read()


def test_litellm__embeds(gemini_server: LiveServer) -> None:
    answer = load().embedding(
        model="gemini/gemini-embedding-001", input=["a cat"], api_base=f"{gemini_server.url}/v1beta", api_key="good"
    )
    assert len(answer.data[0]["embedding"]) == 3072
