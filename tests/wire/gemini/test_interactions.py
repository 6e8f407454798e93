"""Gemini's interactions: through google-genai, and the shapes that were recorded from May to October 2026."""

import base64
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import types
from google.genai._gaos.types import interactions as types_of_interactions
from google.genai._interactions import APIStatusError
from PIL import Image

from completions.conversation import Reply
from completions.wire.gemini.interactions import rules
from completions.wire.gemini.interactions.answer import is_interaction_id, new_id
from llmclient.lite import load
from tests.leaky import LITELLM
from tests.server import QUICK, LiveServer, serving

pytestmark = LITELLM

MODEL = "gemini-3.8-flash"
WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SCRIPT = """\
version: 1
rules:
  - match: {tool_result: {name: weather}}
    reply: It is {{ prompt.tool_result }}.
  - match: {last_user: weather}
    reply: {reasoning: I have to look., tool_calls: [{name: weather, arguments: {city: Paris}, id: call1}]}
  - match: {last_user: think}
    reply: {reasoning: Let me see., text: Done.}
  - match: {last_user: signed}
    reply: {reasoning: I have to look., tool_calls: [{name: weather, arguments: {city: Paris}}]}
  - match: {last_user: turns}
    reply: Turn {{ prompt.turn }}.
  - match: {last_user: cut}
    reply: {text: one two, finish_reason: length}
  - match: {last_user: slow}
    reply: one two three four
    pacing: {ttft_ms: 60000}
  - match: {last_user: busy}
    error: {status: 503}
  - match: {last_user: breaks}
    reply: one two three
    fault: {error_event: {after_tokens: 1}}
    error: 503
  - match: {format: interactions, last_user: cited}
    reply:
      text: So they say.
      annotations:
        - type: url_citation
          url_citation: {url: "https://a.example/", title: A, start_index: 0, end_index: 2}
  - reply: one two three
"""


server = serving(script=SCRIPT, **QUICK, API_KEYS="good")


@pytest.fixture(scope="module")
def asked(server: LiveServer) -> Iterator[Any]:
    with genai.Client(api_key="good", http_options=types.HttpOptions(base_url=server.url)) as client:
        yield client.interactions


def refused(ask: Any) -> tuple[int, Any]:
    with pytest.raises(APIStatusError) as raised:
        ask()
    body: Any = raised.value.body
    return raised.value.status_code or 0, body["error"] if isinstance(body, dict) else body


def test_whole__has_its_steps_and_costs(server: LiveServer) -> None:
    answer = httpx.post(
        f"{server.url}/v1beta/interactions",
        headers={"x-goog-api-key": "good"},
        json={"model": MODEL, "input": "Please think"},
    )
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    keys = ["id", "status", "usage", "created", "updated", "service_tier", "steps", "object", "model"]
    assert list(found) == keys
    assert (found["status"], found["object"], found["model"]) == ("completed", "interaction", MODEL)
    assert len(found["created"]) == len("2026-10-22T04:29:45Z")
    thought, output = found["steps"]
    assert list(thought) == ["signature", "type"] and thought["type"] == "thought"
    assert output == {"content": [{"text": "Done.", "type": "text"}], "type": "model_output"}
    usage = found["usage"]
    assert usage["input_tokens_by_modality"] == [{"modality": "text", "tokens": usage["total_input_tokens"]}]
    said = ("total_input_tokens", "total_output_tokens", "total_thought_tokens")
    assert usage["total_tokens"] == sum(usage[key] for key in said) and usage["total_thought_tokens"] > 0
    (invoked,) = usage["model_invocation_token_counts"]
    read = usage["total_input_tokens"] + 21
    assert usage["raw_prompt_token"] == read and invoked["prompt_tokens_details"] == [
        {"modality": "text", "tokens": read}
    ]
    assert invoked["candidates_tokens_details"][0]["tokens"] == usage["total_output_tokens"] + 4
    assert usage["non_grounding_model_invocation_token_counts"] == [invoked]
    held = base64.urlsafe_b64decode(found["id"].removeprefix("v1_") + "==")
    assert held[:2] == b"\x0a\x17" and held[2:25] == held[27:] and is_interaction_id(found["id"])


def test_call__of_gemini_2_5_has_a_short_id_and_is_signed(server: LiveServer) -> None:
    asked = {"input": "Call it, signed", "tools": [WEATHER]}
    found = {
        model: httpx.post(
            f"{server.url}/v1beta/interactions",
            headers={"x-goog-api-key": "good"},
            json={"model": model, **asked},
        ).json()
        for model in ("gemini-2.5-flash", MODEL)
    }
    thought, called = found["gemini-2.5-flash"]["steps"]
    assert list(called) == ["id", "signature", "type", "name", "arguments"]
    assert re.fullmatch("[a-z0-9]{8}", called["id"]) and called["signature"] == thought["signature"]
    assert list(found["gemini-2.5-flash"]["usage"])[-1] == "total_thought_tokens"
    _, called = found[MODEL]["steps"]
    assert list(called) == ["id", "type", "name", "arguments"] and called["id"].startswith("call_")
    assert "raw_prompt_token" in found[MODEL]["usage"]


def test_stream__has_the_recorded_events(server: LiveServer) -> None:
    body = {"model": MODEL, "input": "think", "stream": True, "generation_config": {"thinking_summaries": "auto"}}
    answer = httpx.post(f"{server.url}/v1beta/interactions", headers={"x-goog-api-key": "good"}, json=body)
    assert answer.headers["content-type"] == "text/event-stream"
    *blocks, last = answer.text.removesuffix("\n\n").split("\n\n")
    assert last == "event: done\ndata: [DONE]"
    told = [(block.split("\n")[0].removeprefix("event: "), json.loads(block.split("data: ")[1])) for block in blocks]
    assert all(document["event_type"] == name and list(document)[-1] == "event_type" for name, document in told)
    deltas = [document["delta"]["type"] for name, document in told if name == "step.delta"]
    summary = deltas.count("thought_summary")
    assert deltas == ["thought_summary"] * summary + ["thought_signature", "text", "text"] and summary > 1
    first, *_, completed = (document for _, document in told)
    assert list(first["interaction"]) == ["id", "object", "model"]
    assert "steps" not in completed["interaction"] and completed["interaction"]["status"] == "completed"
    assert [name for name, _ in told if name != "step.delta"] == [
        *("interaction.created", "interaction.status_update"),
        *("step.start", "step.stop") * 2,
        "interaction.completed",
    ]


def test_turns__are_remembered_or_sent_again(asked: Any) -> None:
    first = asked.create(model=MODEL, input="turns")
    second = asked.create(model=MODEL, input="turns", previous_interaction_id=first.id)
    third = asked.create(model=MODEL, input="turns", previous_interaction_id=second.id)
    assert [each.output_text for each in (first, second, third)] == ["Turn 0.", "Turn 1.", "Turn 2."]
    assert third.usage.total_input_tokens > second.usage.total_input_tokens > first.usage.total_input_tokens
    steps: list[Any] = [{"type": "user_input", "content": [{"type": "text", "text": "turns"}]}]
    alone = asked.create(model=MODEL, input=steps, store=False)
    steps += [step.model_dump(exclude_none=True) for step in alone.steps]
    steps.append({"type": "user_input", "content": [{"type": "text", "text": "turns"}]})
    assert alone.id == "" and asked.create(model=MODEL, input=steps, store=False).output_text == "Turn 1."


@pytest.mark.parametrize(
    "result",
    ["Sunny", {"content": [{"type": "text", "text": "Sunny"}]}, [{"type": "text", "text": "Sunny"}]],
    ids=["text", "object", "contents"],
)
def test_function__is_called_and_answered(asked: Any, result: Any) -> None:
    first = asked.create(model=MODEL, input="weather", tools=[WEATHER])
    call = first.steps[-1]
    assert first.status == "requires_action" and [step.type for step in first.steps] == ["thought", "function_call"]
    assert (call.id, call.name, call.arguments) == ("call1", "weather", {"city": "Paris"})
    answer = {"type": "function_result", "call_id": call.id, "result": result}
    second = asked.create(model=MODEL, input=[answer], tools=[WEATHER], previous_interaction_id=first.id)
    assert second.output_text == "It is Sunny."
    words = "Please ensure that function response turn comes immediately after a function call turn."
    assert refused(lambda: asked.create(model=MODEL, input=[answer], tools=[WEATHER])) == (
        400,
        {"message": words, "code": "invalid_request"},
    )


def test_function__is_streamed_in_pieces(asked: Any) -> None:
    events = list(asked.create(model=MODEL, input="weather", tools=[WEATHER], stream=True))
    starts = [event.step for event in events if event.event_type == "step.start"]
    assert starts[-1].arguments == {} and starts[-1].name == "weather"
    pieces = [event.delta.arguments for event in events if getattr(event, "delta", None) and event.index == 1]
    assert json.loads("".join(pieces)) == {"city": "Paris"} and len(pieces) > 1
    assert events[-1].interaction.status == "requires_action"


def test_background__is_polled_streamed_resumed_and_removed(asked: Any) -> None:
    begun = asked.create(model=MODEL, input="Hello", background=True)
    assert begun.status == "in_progress" and begun.steps is None and begun.usage is None
    done = asked.get(begun.id)
    assert done.status == "completed" and [step.type for step in done.steps] == ["user_input", "model_output"]
    events = list(asked.get(begun.id, stream=True))
    [said] = [event for event in events if event.event_type == "step.delta"]
    assert said.delta.text == "one two three" and base64.b64decode(f"{said.event_id[3:]}==") == b"0_text_2"
    assert events[0].interaction.status == "in_progress"
    rest = list(asked.get(begun.id, stream=True, last_event_id=said.event_id))
    assert [event.event_type for event in rest] == ["step.stop", "interaction.completed"]
    middle = "v1_" + base64.urlsafe_b64encode(b"0_text_0").decode().rstrip("=")
    rest = list(asked.get(begun.id, stream=True, last_event_id=middle))
    assert "".join(event.delta.text for event in rest if event.event_type == "step.delta") == " two three"
    assert refused(lambda: list(asked.get(begun.id, stream=True, last_event_id="x")))[0] == 400
    assert asked.cancel(begun.id).status == "completed"
    asked.delete(begun.id)
    gone = (404, {"message": "Requested entity was not found.", "code": "not_found"})
    assert refused(lambda: asked.get(begun.id)) == gone
    assert refused(lambda: asked.create(model=MODEL, input="Hi", previous_interaction_id=begun.id)) == gone


def test_background__is_cancelled(asked: Any) -> None:
    begun = asked.create(model=MODEL, input="slow", background=True)
    assert asked.get(begun.id).status == "in_progress"
    assert asked.cancel(begun.id).status == asked.get(begun.id).status == "cancelled"
    whole = asked.create(model=MODEL, input="Hello")
    assert refused(lambda: asked.cancel(whole.id))[0] == 400


def test_tokens__are_counted_as_recorded(asked: Any) -> None:
    level = {"thinking_level": "low"}  # which `generateContent` refuses of this model
    joke = asked.create(
        model="gemini-2.5-flash", input="Tell me a short joke about programming.", generation_config=level
    )
    drawn = io.BytesIO()
    Image.new("1", (8, 8)).save(drawn, "png")
    contents = [
        {"type": "text", "text": "Describe the image in one sentence."},
        {
            "type": "image",
            "data": base64.b64encode(drawn.getvalue()).decode(),
            "mime_type": "image/png",
            "resolution": "low",
        },
    ]
    seen = asked.create(model="gemini-2.5-flash-lite", input=contents)
    counts = [(each.modality, each.tokens) for each in seen.usage.input_tokens_by_modality]
    assert (joke.usage.total_input_tokens, counts) == (9, [("text", 8), ("image", 258)])
    cheaper = asked.create(model="gemini-3-flash-preview", input=contents).usage.input_tokens_by_modality
    assert [each.tokens for each in cheaper][1:] == [280]


def test_cache_and_files__are_those_of_the_other_api(server: LiveServer) -> None:
    with genai.Client(api_key="good", http_options=types.HttpOptions(base_url=server.url)) as client:
        long = types.CreateCachedContentConfig(contents="Every change is read by somebody else. " * 600)
        cache: Any = client.caches.create(model=MODEL, config=long)
        file: Any = client.files.upload(file=io.BytesIO(b"a"), config={"mime_type": "text/plain"})
        content = [{"type": "text", "text": "Hi"}, {"type": "document", "uri": file.uri, "mime_type": "text/plain"}]
        asked: Any = client.interactions
        whole = asked.create(model=MODEL, input=content, cached_content=cache.name)
        events = list(asked.create(model=MODEL, input=content, cached_content=cache.name, stream=True))
        store: Any = client.file_search_stores.create(config={"display_name": "facts"})
        client.file_search_stores.upload_to_file_search_store(
            file_search_store_name=store.name,
            file=io.BytesIO(b"three cheeses"),
            config={"mime_type": "text/plain", "display_name": "a.txt"},
        )
        search = {"type": "file_search", "file_search_store_names": [store.name]}
        found = asked.create(model=MODEL, input="three", tools=[search])
    assert whole.usage.total_cached_tokens == cache.usage_metadata.total_token_count
    assert whole.usage.cached_tokens_by_modality[0].modality == "text"
    assert events[-1].interaction.usage.total_tokens == whole.usage.total_tokens
    [note] = found.steps[-1].content[0].annotations
    assert (note.type, note.file_name, note.source, note.end_index) == ("file_citation", "a.txt", "three cheeses", 13)


def test_id__of_a_script_gets_the_prefix_of_the_api() -> None:
    given = {"chatcmpl-mock": "v1_mock", "mine": "mine"}
    assert {name: new_id(Reply((), id=name)) for name in given} == given


def test_agent__is_asked_in_place_of_a_model(asked: Any) -> None:
    begun = asked.create(agent="deep-research-pro-preview-12-2025", input="Hello", background=True)
    assert (begun.agent, begun.model, begun.service_tier) == ("deep-research-pro-preview-12-2025", None, None)
    assert asked.get(begun.id).output_text == "one two three"


SUPPORTED = "The value '{}' is not supported for '{}'. Supported values: {}."
DRAWN = {"model": "gemini-3.1-flash-image", "response_format": {"type": "image", "delivery": "uri"}}
FOREGROUND = "Model 'gemini-2.5-flash' does not support background interactions."
LEVELS = "'minimal', 'low', 'medium', 'high'"
WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"generation_config": {"thinking_level": "max"}},
        SUPPORTED.format("max", "generation_config.thinking_level", LEVELS),
    ),
    ({"generation_config": {"topP": 1}}, "Unknown parameter 'generation_config.topP'. Did you mean 'top_p'?"),
    ({"input": [{"type": "video", "uri": "a", "processing": 1}]}, "Invalid input at 'input[0].processing'."),
    (
        {"response_format": {"type": "image", "delivery": "bogus"}},
        SUPPORTED.format("bogus", "response_format.delivery", "'inline', 'uri'"),
    ),
    (DRAWN, "Image delivery mode is not supported."),
    ({"model": "gemini-2.5-flash", "background": True}, FOREGROUND),
    ({"input": [{"role": "user", "content": "Hi"}]}, "The legacy Interactions API schema is no longer supported."),
    ({"input": None}, "Missing required parameter 'input'."),
    ({"model": None}, "Missing required parameter 'model'."),
    ({"tools": [{"type": "function"}]}, "Missing required parameter 'tools[0].name'."),
    ({"previous_interaction_id": "v1_bogus"}, "Invalid interaction name: interactions/v1_bogus"),
    ({"stream": "yes"}, "Invalid input at 'stream'."),
    ({"generation_config": {"max_output_tokens": -3}}, "max_output_tokens must be positive."),
    ({"generation_config": {"temperature": 99}}, "temperature must be in the range [0.0, 2.0]."),
    ({"tools": [{"type": "function", "name": "bad name!"}]}, "Invalid function name."),
    ({"tools": [WEATHER, WEATHER]}, "Duplicate function declaration found: weather"),
    ({"response_modalities": ["image"]}, "Model does not support the requested response modalities: image"),
]


@pytest.mark.parametrize(("more", "words"), WRONG)
def test_wrong__is_refused_in_the_words_of_the_api(server: LiveServer, more: dict[str, Any], words: str) -> None:
    body = {"model": MODEL, "input": "Hello", **more}
    answer = httpx.post(f"{server.url}/v1beta/interactions", headers={"x-goog-api-key": "good"}, json=body)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid_request"
    assert answer.json()["error"]["message"].startswith(words)


PARAMS = [(rules.REQUEST, kind, "") for kind in ("CreateModelInteractionParam", "CreateAgentInteractionParam")]
PARAMS += [(rules.CONFIG, "GenerationConfigParam", "")]
PARAMS += [
    (check, f"{each.title().replace('_', '')}{end}Param", each)
    for check, end, kinds in (
        (rules.CONTENT, "Content", ("text", "image", "audio", "document", "video")),
        (rules.STEP, "Step", ("user_input", "model_output", "thought", "function_call", "function_result")),
        (rules.STEP, "Step", ("google_search_call", "google_search_result", "retrieval_call", "tool_search_result")),
        (rules.TOOL, "", ("function", "google_search", "file_search")),
    )
    for each in kinds
]


@pytest.mark.parametrize(("check", "name", "kind"), PARAMS, ids=[name for _, name, _ in PARAMS])
def test_fields__of_the_sdk_are_all_known(check: Any, name: str, kind: str) -> None:
    fields = getattr(types_of_interactions, name).__annotations__
    given = {field.rstrip("_"): None for field in fields if field != "type"} | ({"type": kind} if kind else {})
    assert len(given) > 1 and not (check(given, "") or "").startswith("Unknown parameter")


def test_key__is_refused_as_google_does(server: LiveServer) -> None:
    url = f"{server.url}/v1beta/interactions/v1_a"
    [wrong] = httpx.get(url, headers={"x-goog-api-key": "bad"}).json()
    assert (wrong["error"]["code"], wrong["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    answer = httpx.get(url, headers={"x-goog-api-key": "good"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "Invalid interaction name: interactions/v1_a",
    )


def test_error__ends_a_stream_as_an_event(server: LiveServer) -> None:
    body = {"model": MODEL, "input": "breaks", "stream": True}
    answer = httpx.post(f"{server.url}/v1beta/interactions", headers={"x-goog-api-key": "good"}, json=body)
    name, data = answer.text.removesuffix("\n\n").split("\n\n")[-1].split("\n")
    assert name == "event: error" and data.endswith('"code":"service_unavailable"},"event_type":"error"}')


def test_status__tells_how_it_ended_and_citations_stand_beside_the_text(asked: Any) -> None:
    assert asked.create(model=MODEL, input="cut").status == "incomplete"
    [note] = asked.create(model=MODEL, input="cited").steps[-1].content[0].annotations
    assert (note.type, note.url, note.start_index, note.end_index) == ("url_citation", "https://a.example/", 0, 2)
    assert refused(lambda: asked.create(model=MODEL, input="busy")) == (
        503,
        {
            "message": "This model is currently experiencing high demand. Spikes in demand are usually temporary. "
            "Please try again later.",
            "code": "service_unavailable",
        },
    )


def test_formats__json_pictures_and_searches(asked: Any) -> None:
    drawn = asked.create(
        model="gemini-3.1-flash-image",
        input="A cat",
        response_format={"type": "image", "aspect_ratio": "1:1", "image_size": "512"},
    )
    assert drawn.output_image.mime_type == "image/jpeg"
    assert [each.modality for each in drawn.usage.output_tokens_by_modality] == ["image"]
    found = asked.create(model=MODEL, input="Hello", tools=[{"type": "google_search"}, {"type": "code_execution"}])
    kinds = [step.type for step in found.steps]
    assert kinds == [
        *("code_execution_call", "code_execution_result", "google_search_call", "google_search_result"),
        "model_output",
    ]
    calls = {step.id for step in found.steps if step.type.endswith("_call")}
    assert {step.call_id for step in found.steps if step.type.endswith("_result")} == calls and len(calls) == 2
    first, last = found.usage.model_dump()["model_invocation_token_counts"]
    assert (
        list(last) == ["candidates_tokens_details", "prompt_tokens_details"] and "thoughts_tokens_details" not in first
    )
    again = asked.create(model=MODEL, input="turns", previous_interaction_id=found.id)
    assert again.output_text == "Turn 1."


def test_litellm__asks_streams_shows_and_removes(server: LiveServer) -> None:
    load()
    from litellm import interactions

    facts: dict[str, Any] = {"api_key": "good", "api_base": server.url}
    whole: Any = interactions.create(model=f"gemini/{MODEL}", input="think", **facts)
    assert (whole.status, whole.steps[-1]["content"][0]["text"]) == ("completed", "Done.")
    events: Any = interactions.create(model=f"gemini/{MODEL}", input="Hello", stream=True, **facts)
    assert [event.event_type for event in events].count("step.delta") == 3
    kept: Any = {"custom_llm_provider": "gemini", **facts}
    assert interactions.get(whole.id, **kept).status == "completed"
    assert interactions.delete(whole.id, **kept).success
