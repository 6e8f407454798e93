"""Gemini's format, pure: how requests are read, what answers and streams look like, what is refused and how."""

import contextlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, ToolCall, ToolChoice, Traffic, Usage
from completions.event import Event
from completions.exceptions import KeyRefused, RequestError
from completions.resolve.finish import finish
from completions.script.request.document import document as matched
from completions.wire import registry
from completions.wire.base import StreamFailure
from completions.wire.framing import ServerSentEvents
from completions.wire.gemini import enums
from completions.wire.gemini import models as gemini_models
from completions.wire.gemini.answer import executes_code
from completions.wire.gemini.generate import Gemini
from tests.document import TEXT

GEMINI = Gemini()
EVENTS = ServerSentEvents(line_end=b"\r\n")
HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
WEATHER = {"name": "get_weather", "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}}


def asked(
    body: dict[str, Any], method: str = "generateContent", *, validate: bool = True, model: str = "gemini-2.5-flash"
) -> Prompt:
    """Parse a request; a stream is one of events."""
    route = {"model": model, "method": method, "alt": "sse"}
    return GEMINI.parse(orjson.dumps(body), {}, validate=validate, route=route)


def with_config(**config: Any) -> dict[str, Any]:
    return {**HELLO, "generationConfig": config}


def answered(choice: Choice, body: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """Return the document that says one choice."""
    prompt = asked(body or HELLO)
    document: dict[str, Any] = json.loads(
        orjson.dumps(GEMINI.document(finish(Reply((choice,), **facts), prompt, "seed"), prompt))
    )
    return document


def drawn(**parameters: Any) -> dict[str, Any]:
    return {"instances": [{"prompt": "A cat"}], "parameters": parameters}


def chunks(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Read a stream strictly: events of one line of data each, their lines ended by CR LF, and no terminator."""
    frames = b"".join(EVENTS.frames(events)).decode().split("\r\n\r\n")
    assert frames.pop() == "", "the stream must end in a blank line"
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def fold_gemini(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold chunks into the answer that they stand for, as google-genai's chats and LiteLLM do."""
    candidates: dict[int, dict[str, Any]] = {}
    document: dict[str, Any] = {}
    for chunk in found:
        document |= {key: value for key, value in chunk.items() if key != "candidates"}
        for candidate in chunk["candidates"]:
            whole = candidates.setdefault(candidate.get("index", 0), {"content": {"role": "model"}})
            for part in candidate["content"].get("parts", ()):
                _add(whole["content"].setdefault("parts", []), dict(part))
            for key, entries in candidate.get("logprobsResult", {}).items():
                whole.setdefault("logprobsResult", {}).setdefault(key, []).extend(entries)
            whole |= {key: value for key, value in candidate.items() if key not in ("content", "logprobsResult")}
    return document | {"candidates": [candidates[index] for index in sorted(candidates)]}


def _add(parts: list[dict[str, Any]], part: dict[str, Any]) -> None:
    last = parts[-1] if parts else {}
    if "text" in part and "text" in last and part.get("thought") == last.get("thought"):
        last["text"] += part.pop("text")
        last |= part
    elif part != {"text": ""}:
        parts.append(part)


def test_answer__has_google_s_shape() -> None:
    document = answered(Choice(text=TEXT), usage=Usage(5, 7))
    assert document == {
        "candidates": [
            {"content": {"parts": [{"text": TEXT}], "role": "model"}, "finishReason": "STOP", "index": 0},
        ],
        "usageMetadata": {
            "promptTokenCount": 5,
            "candidatesTokenCount": 7,
            "totalTokenCount": 12,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}],
            "serviceTier": "standard",
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": document["responseId"],
    }
    assert len(document["responseId"]) == 23


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (Choice(text="x"), "STOP"),
        (Choice(text="x", finish_reason="length"), "MAX_TOKENS"),
        (Choice(text="x", finish_reason="content_filter"), "SAFETY"),
        (Choice(tool_calls=(ToolCall("f", "{}"),)), "STOP"),
        (Choice(tool_calls=(ToolCall("f", '{"a'),)), "MALFORMED_FUNCTION_CALL"),
    ],
)
def test_finish_reason__is_google_s(choice: Choice, reason: str) -> None:
    candidate = answered(choice)["candidates"][0]
    assert candidate["finishReason"] == reason
    assert ("finishMessage" in candidate) is bool(choice.tool_calls)
    blocked = [rating for rating in candidate.get("safetyRatings", ()) if rating.get("blocked")]
    assert bool(blocked) is (reason == "SAFETY")


@pytest.mark.parametrize(
    ("model", "said", "signed"),
    [
        ("gemini-2.5-flash", "text", False),
        ("gemini-2.5-flash", "call", True),
        ("gemini-3-pro-preview", "text", True),
        ("gemini-3-pro-preview", "call", True),
    ],
)
def test_signature__is_where_the_recordings_have_it(model: str, said: str, signed: bool) -> None:
    call = (ToolCall("f", "{}"),) if said == "call" else ()
    answer = Reply((Choice(text=None if call else "Yes.", tool_calls=call, reasoning="Hm."),))
    document = GEMINI.document(answer, asked(HELLO, model=model))
    events = GEMINI.events(answer, asked(HELLO, "streamGenerateContent", model=model))
    for data in (orjson.dumps(document), b"".join(each.data for each in events)):
        assert (b"thoughtSignature" in data) is signed


@pytest.mark.parametrize(
    ("model", "last"),
    [("gemini-2.0-flash", ["functionCall"] * 2), ("gemini-2.5-pro", ["functionCall"] * 2), ("gemini-3-pro", ["text"])],
)
def test_calls__end_a_stream_of_an_older_model_together(model: str, last: list[str]) -> None:
    two = Reply((Choice(tool_calls=(ToolCall("f", "{}"), ToolCall("g", "{}"))),))
    made = GEMINI.events(two, asked(HELLO, "streamGenerateContent", model=model))
    ending = orjson.loads(made[-1].data)["candidates"][0]
    assert (ending["finishReason"], [key for part in ending["content"]["parts"] for key in part]) == ("STOP", last)
    assert len(made) == (3 if last == ["text"] else 1)
    if made[-1].unfinished:  # a fault that leaves out why it ends keeps the call
        assert "finishReason" not in orjson.loads(made[-1].unfinished)["candidates"][0]


def test_thoughts__are_shown_only_if_asked_for_but_always_counted() -> None:
    choice = Choice(text="Yes.", reasoning="Let me think.")
    hidden, shown = answered(choice), answered(choice, with_config(thinkingConfig={"includeThoughts": True}))
    answer, thought = {"text": "Yes."}, {"text": "Let me think.", "thought": True}
    signed = [{key: part[key] for key in part if key != "thoughtSignature"} for part in parts(shown)]
    assert signed == [thought, answer]
    assert [part["text"] for part in parts(hidden)] == ["Yes."]
    assert all("thoughtSignature" not in part for part in parts(hidden) + parts(shown))
    for document in (hidden, shown):
        counted = document["usageMetadata"]
        assert counted["thoughtsTokenCount"] == 4
        assert counted["totalTokenCount"] == sum(
            counted[key] for key in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
        )


def parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["candidates"][0]["content"].get("parts", [])
    return found


def test_thoughts__may_use_up_all_tokens() -> None:
    document = answered(Choice(text="Yes.", reasoning="Let me think."), with_config(maxOutputTokens=2))
    assert document["candidates"][0] == {"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}
    assert document["usageMetadata"]["thoughtsTokenCount"] == 2


def test_calls__have_objects_as_arguments_and_sign_the_first() -> None:
    calls = (ToolCall("f", '{"a":1}', "id-1"), ToolCall("g", "{}"))
    first, second = parts(answered(Choice(reasoning="Hm.", tool_calls=calls)))
    assert first["functionCall"] == {"name": "f", "args": {"a": 1}, "id": "id-1"}
    assert second["functionCall"] == {"name": "g", "args": {}}, "only Gemini 3 gives its calls ids"
    assert "thoughtSignature" in first and "thoughtSignature" not in second


def test_call__cut_by_the_limit_is_left_out() -> None:
    call = ToolCall("get_weather", '{"city":"a very long name of a city"}')
    candidate = answered(Choice(tool_calls=(call,)), with_config(maxOutputTokens=5))["candidates"][0]
    assert candidate == {"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}


def test_logprobs__are_those_of_the_tokens() -> None:
    candidate = answered(Choice(text=TEXT), with_config(responseLogprobs=True, logprobs=2))["candidates"][0]
    result = candidate["logprobsResult"]
    assert "".join(entry["token"] for entry in result["chosenCandidates"]) == TEXT
    for chosen, tops in zip(result["chosenCandidates"], result["topCandidates"], strict=True):
        assert tops["candidates"][0] == chosen
        assert len(tops["candidates"]) == 2
    chances = [entry["logProbability"] for entry in result["chosenCandidates"]]
    assert candidate["avgLogprobs"] == pytest.approx(sum(chances) / len(chances))


def test_citations__are_google_s() -> None:
    note = {
        "type": "url_citation",
        "url_citation": {"start_index": 0, "end_index": 4, "url": "https://a.b", "title": "A"},
    }
    candidate = answered(Choice(text="Rain", annotations=(note,)))["candidates"][0]
    assert candidate["citationMetadata"] == {
        "citationSources": [{"startIndex": 0, "endIndex": 4, "uri": "https://a.b"}],
    }


def test_enum__comes_without_quotes() -> None:
    config = with_config(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a", "b"]})
    assert parts(answered(Choice(text='"b"'), config)) == [{"text": "b"}]


SEARCH: dict[str, Any] = {**HELLO, "tools": [{"googleSearch": {}}]}
CALLED = Choice(tool_calls=(ToolCall("get_weather", "{}"),), finish_reason="tool_calls")
SHOWN: dict[str, Any] = {**SEARCH, "toolConfig": {"includeServerSideToolInvocations": True}}


def told(body: dict[str, Any], choice: Choice, model: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the candidate of an answer and the chunks of the same in a stream, which say the same."""
    prompt = asked(body, model=model)
    reply = finish(Reply((choice,)), prompt, "seed")
    document = json.loads(orjson.dumps(GEMINI.document(reply, prompt)))
    found = chunks(GEMINI.events(reply, prompt))
    assert fold_gemini(found)["candidates"][0]["content"] == document["candidates"][0]["content"]
    assert found[-1]["candidates"][0].get("groundingMetadata") == document["candidates"][0].get("groundingMetadata")
    return document["candidates"][0], found


@pytest.mark.parametrize("tool", ["codeExecution", "code_execution"])
@pytest.mark.parametrize(("model", "marks"), [("gemini-2.5-flash", set()), ("gemini-3-flash-preview", {"id"})])
def test_tools__code_is_run_before_a_text(tool: str, model: str, marks: set[str]) -> None:
    candidate, found = told({**HELLO, "tools": [{tool: {}}]}, Choice(text="It is 42."), model)
    code, printed, text = candidate["content"]["parts"]
    assert set(code["executableCode"]) == {"language", "code"} | marks
    assert set(printed["codeExecutionResult"]) == {"outcome", "output"} | marks
    assert code["executableCode"].get("id") == printed["codeExecutionResult"].get("id")
    assert text["text"] == "It is 42." and ("thoughtSignature" in code) is bool(marks)
    opening = found[0]["candidates"][0]["content"]["parts"]
    assert [next(iter(part)) for part in opening] == ["executableCode", *(["text"] if marks else [])]


@pytest.mark.parametrize(
    ("body", "choice"),
    [
        ({**SEARCH, "tools": [{"codeExecution": {}}, {"googleSearch": {}}]}, CALLED),
        ({**HELLO, "tools": [{"functionDeclarations": [WEATHER]}]}, Choice(text="Hello")),
        ({**HELLO, "tools": [{"urlContext": {}}]}, Choice(text="Hello")),
        ({**SEARCH, "toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}, Choice(text="Hello")),
    ],
    ids=["calls", "functions", "no page", "none"],
)
def test_tools__are_not_run_where_they_are_of_no_use(body: dict[str, Any], choice: Choice) -> None:
    candidate, _ = told(body, choice, "gemini-2.5-flash")
    assert not {"groundingMetadata", "urlContextMetadata"} & candidate.keys()
    assert all("text" in part or "functionCall" in part for part in candidate["content"]["parts"])


def test_tools__a_search_has_its_sources() -> None:
    said = Choice(text="Übung. Cologne.")
    grounded = told(SEARCH, said, "gemini-2.5-flash")[0]["groundingMetadata"]
    assert grounded["webSearchQueries"] == ["Hello"] and "Hello" in grounded["searchEntryPoint"]["renderedContent"]
    assert grounded["groundingSupports"] == [
        {"segment": {"endIndex": 16, "text": said.text}, "groundingChunkIndices": [0]}
    ]
    cited = {"url": "https://a.example/x", "start_index": 7, "end_index": 15}
    choice = replace(said, annotations=({"type": "url_citation", "url_citation": cited},))
    grounded = told(SEARCH, choice, "gemini-2.5-flash")[0]["groundingMetadata"]
    assert grounded["groundingChunks"] == [{"web": {"uri": "https://a.example/x", "title": "a.example"}}]
    segment = {"startIndex": 8, "endIndex": 16, "text": "Cologne."}
    assert grounded["groundingSupports"] == [{"segment": segment, "groundingChunkIndices": [0]}]


def test_tools__pages_that_are_named_are_read() -> None:
    contents = [{"role": "user", "parts": [{"text": "See https://a.example/b, and (http://c.example)."}]}]
    candidate, _ = told({"contents": contents, "tools": [{"urlContext": {}}]}, Choice(text="Read."), "gemini-2.5-pro")
    pages = [page["retrievedUrl"] for page in candidate["urlContextMetadata"]["urlMetadata"]]
    assert pages == [chunk["web"]["uri"] for chunk in candidate["groundingMetadata"]["groundingChunks"]]
    assert pages == ["https://a.example/b", "http://c.example"]


@pytest.mark.parametrize(
    ("tools", "told_first"),
    [
        ([{"urlContext": {}}], {"groundingMetadata", "urlContextMetadata"}),
        ([{"googleSearch": {}}], {"groundingMetadata"}),
        ([{"googleSearch": {}}, {"urlContext": {}}], {"groundingMetadata", "urlContextMetadata"}),
    ],
)
@pytest.mark.parametrize(
    "text", ["It says a great deal about what there is to read in it, and about who wrote it.", "No"]
)
def test_tools__a_stream_tells_pages_at_first_and_sources_at_last(
    tools: list[dict[str, Any]], told_first: set[str], text: str
) -> None:
    contents = [{"role": "user", "parts": [{"text": "See https://a.example/b."}]}]
    candidate, found = told({"contents": contents, "tools": tools}, Choice(text=text), "gemini-2.5-flash")
    spoken = [chunk["candidates"][0] for chunk in found]
    assert told_first <= spoken[0].keys() and spoken[0].get("urlContextMetadata") == candidate.get("urlContextMetadata")
    assert not any("urlContextMetadata" in each for each in spoken[1:])
    assert all(each["groundingMetadata"] == {} for each in spoken[:-1])
    read = {chunk["usageMetadata"]["toolUsePromptTokenCount"] for chunk in found}
    assert len(read) == 1 and len(spoken) == (1 if text == "No" else len(spoken))
    totals = [chunk["usageMetadata"]["totalTokenCount"] for chunk in found]
    assert totals == sorted(set(totals))


def test_tools__their_calls_are_shown_on_demand_and_accepted_back() -> None:
    candidate, found = told(SHOWN, Choice(text="Found."), "gemini-3-flash-preview")
    call, result, _ = candidate["content"]["parts"]
    assert call["toolCall"] | {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["Hello"]}} == call["toolCall"]
    assert call["toolCall"]["id"] == result["toolResponse"]["id"]
    assert call["thoughtSignature"] and result["thoughtSignature"] and len(found) > 3
    back = [*HELLO["contents"], candidate["content"], *HELLO["contents"]]
    assert asked({**SHOWN, "contents": back}, model="gemini-3-flash-preview").last_user == "Hello"


@pytest.mark.parametrize(
    ("model", "ending"), [("gemini-2.5-flash", {"text"}), ("gemini-3-flash-preview", {"text", "thoughtSignature"})]
)
def test_stream__says_a_short_text_in_one_chunk(model: str, ending: set[str]) -> None:
    prompt = replace(asked(HELLO, model=model), short_text=7)
    reply = finish(Reply((Choice(text=TEXT, reasoning="Hm."),)), prompt, "seed")
    (only,) = chunks(GEMINI.events(reply, prompt))
    (part,) = only["candidates"][0]["content"]["parts"]
    assert part["text"] == TEXT and part.keys() == ending and only["candidates"][0]["finishReason"] == "STOP"
    assert GEMINI.events(reply, prompt)[0].token == 6
    longer = finish(Reply((Choice(text=TEXT + " And more."),)), prompt, "seed")
    assert len(GEMINI.events(longer, prompt)) > 7


def test_stream__as_an_array_is_one_document_with_the_same_chunks() -> None:
    body = orjson.dumps(HELLO)
    route = {"model": "gemini-2.5-flash", "method": "streamGenerateContent"}
    array = GEMINI.parse(body, {}, validate=True, route=route)
    events = GEMINI.parse(body, {}, validate=True, route=route | {"alt": "sse"})
    reply = finish(Reply((Choice(text=TEXT),)), array, "seed")
    found = json.loads(b"".join(GEMINI.framing(array).frames(GEMINI.events(reply, array))))
    assert found == chunks(GEMINI.events(reply, events))
    framing = GEMINI.framing(array)
    assert (framing.media_type, GEMINI.framing(events).media_type) == ("application/json", "text/event-stream")
    error = GEMINI.error_events(StreamFailure(RequestError("No.", status=500)), array)
    assert len(json.loads(b"".join(framing.frames(error)))) == 1
    broken = json.loads(b"".join(framing.frames([*GEMINI.events(reply, array)[:2], *error])))
    assert [next(iter(item)) for item in broken] == ["candidates", "candidates", "error"]


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-flash-preview"])
def test_stream__counts_what_has_been_said_so_far(model: str) -> None:
    prompt = replace(asked(HELLO, "streamGenerateContent"), model=model)
    reply = finish(Reply((Choice(text=TEXT, reasoning="Hm. Well."),)), prompt)
    found = [chunk["usageMetadata"] for chunk in chunks(GEMINI.events(reply, prompt))]
    said = [usage["candidatesTokenCount"] for usage in found]
    thought = reply.usage.reasoning_tokens if reply.usage else 0
    assert said == [*range(1, 7)] + [6] * (len(said) - 6)
    for usage in found:
        assert usage["thoughtsTokenCount"] == thought > 0
        assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"] + thought
        assert list(usage)[:5] == [
            *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "promptTokensDetails"),
            "thoughtsTokenCount",
        ]


def test_stream__of_an_old_model_counts_the_prompt_first_and_all_at_the_end() -> None:
    prompt = replace(asked(HELLO, "streamGenerateContent"), model="gemini-2.0-flash")
    found = chunks(GEMINI.events(finish(Reply((Choice(text=TEXT),)), prompt), prompt))
    assert ["candidatesTokenCount" in chunk["usageMetadata"] for chunk in found] == [False] * 5 + [True]
    assert list(found[-1]["candidates"][0]) == ["content", "finishReason"]


def test_stream__of_vertex_counts_nothing_before_its_end() -> None:
    prompt = replace(asked(HELLO, "streamGenerateContent"), address={"vertex": "p", "alt": "sse"})
    found = chunks(GEMINI.events(finish(Reply((Choice(text=TEXT),)), prompt), prompt))
    assert [chunk["usageMetadata"] for chunk in found[:-1]] == [{"trafficType": "ON_DEMAND"}] * 5
    assert list(found[-1]) == ["candidates", "usageMetadata", "modelVersion", "createTime", "responseId"]
    assert list(found[-1]["candidates"][0]["content"]) == ["role", "parts"]
    assert list(found[-1]["usageMetadata"])[:4] == [
        *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "trafficType"),
    ]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found[0]["createTime"])


@pytest.mark.parametrize(
    ("model", "vertex", "told"),
    [
        ("gemini-2.5-flash", True, True),
        ("gemini-3-flash-preview", True, False),
        ("gemini-2.5-flash", False, False),
        ("gemini-2.0-flash", False, True),
    ],
)
def test_average_of_the_chances__is_told_by_vertex_and_by_old_models(model: str, vertex: bool, told: bool) -> None:
    prompt = replace(asked(HELLO), model=model, address={"vertex": "p"} if vertex else {})
    for choice in (Choice(text=TEXT), Choice(tool_calls=(ToolCall("f", "{}"),))):
        answer = GEMINI.document(finish(Reply((choice,), serial="s"), prompt), prompt)
        assert ("avgLogprobs" in answer["candidates"][0]) is told


def test_usage__of_nothing_said_leaves_its_count_out() -> None:
    prompt = asked(HELLO)
    told = GEMINI.document(Reply((Choice(text=""),), usage=Usage(9, 4, reasoning_tokens=4), serial="s"), prompt)
    assert "candidatesTokenCount" not in told["usageMetadata"]
    assert told["usageMetadata"]["thoughtsTokenCount"] == 4


def test_call__of_gemini_3_has_an_id() -> None:
    calls = Choice(tool_calls=(ToolCall("f", "{}"), ToolCall("f", "{}")))
    for model, ids in (("gemini-3-flash-preview", 2), ("gemini-2.5-pro", 0)):
        prompt = replace(asked(HELLO), model=model)
        told = parts(GEMINI.document(finish(Reply((calls,), serial="s"), prompt), prompt))
        assert len({part["functionCall"].get("id") for part in told} - {None}) == ids


@pytest.mark.parametrize(
    ("model", "pieces"), [("gemini-2.5-flash", ["Yes", "."]), ("gemini-3-flash-preview", ["Yes", ".", ""])]
)
def test_stream__ends_with_the_last_piece_of_the_text_but_of_strict_models(model: str, pieces: list[str]) -> None:
    prompt = replace(asked(HELLO, "streamGenerateContent"), model=model)
    events = GEMINI.events(finish(Reply((Choice(text="Yes."),)), prompt), prompt)
    ends = [chunk["candidates"][0] for chunk in chunks(events)]
    assert [end["content"]["parts"][0]["text"] for end in ends] == pieces
    assert ["finishReason" in end for end in ends] == [False] * (len(pieces) - 1) + [True]
    assert sum(event.token for event in events) == 2


CONVERSATION: dict[str, Any] = {
    "system_instruction": {"parts": {"text": "Be kind."}},
    "contents": [
        {"parts": [{"text": "Weather?"}, {"inline_data": {"mime_type": "image/png", "data": "iVBORw0KGgo="}}]},
        {"role": "model", "parts": [{"text": "Hm", "thought": True}, {"text": "One "}]},
        {"role": "model", "parts": [{"text": "moment."}, {"function_call": {"name": "f", "args": {"a": 1}}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "g", "args": {}}}]},
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "g", "response": {"result": "sunny"}}},
                {"function_response": {"name": "f", "response": {"temp": 21}}},
            ],
        },
    ],
}


def test_prompt__is_the_conversation() -> None:
    prompt = asked(CONVERSATION)
    assert [message.role for message in prompt.messages] == ["system", "user", "assistant", "tool", "tool"]
    assert (prompt.system, prompt.last_user, prompt.turn) == ("Be kind.", "Weather?", 1)
    assert prompt.messages[1].parts[0].source == "data:image/png;base64,iVBORw0KGgo="
    said = prompt.messages[2]
    assert said.text == "One moment."
    assert [(call.name, call.arguments) for call in said.tool_calls] == [("f", '{"a":1}'), ("g", "{}")]
    assert [message.text for message in prompt.messages[3:]] == ["sunny", '{"temp":21}']
    assert [message.tool_call_id for message in prompt.messages[3:]] == ["call_1", "call_0"]
    assert prompt.tool_result is not None and prompt.tool_result.name == "f"


@pytest.mark.parametrize("spelled", ["camel", "snake"])
def test_prompt__reads_the_fields_under_both_names(spelled: str) -> None:
    config = {
        "candidateCount": 2,
        "stopSequences": ["a"],
        "maxOutputTokens": "100",
        "responseLogprobs": True,
        "logprobs": 3,
        "thinkingConfig": {"thinkingBudget": 512},
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object", "title": "T"},
    }
    tools = [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}]
    choice = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}
    body = {**HELLO, "generationConfig": config, "tools": tools, "toolConfig": choice}
    prompt = asked(body if spelled == "camel" else snaked(body), model="gemini-3-pro-preview")
    assert (prompt.n, prompt.stop, prompt.max_tokens, prompt.top_logprobs) == (2, ("a",), 100, 3)
    assert prompt.reasoning_effort == "low"
    assert (prompt.response_format.kind, prompt.response_format.name) == ("json_schema", "T")
    assert prompt.tool_choice == ToolChoice("required", ("f",))
    assert prompt.tools[0].parameters == {"type": "object"}


SHAPE = {"type": "object", "properties": {"a": {"type": "integer"}}}
PACKAGE = "type.googleapis.com/google.ai.generativelanguage.v1beta"


@pytest.mark.parametrize(
    ("format_", "kind", "schema"),
    [
        ({"text": {"mimeType": "APPLICATION_JSON", "schema": SHAPE}}, "json_schema", SHAPE),
        ({"text": {"mime_type": "APPLICATION_JSON"}}, "json_object", {}),
        ({"text": {"mimeType": "MIME_TYPE_UNSPECIFIED", "schema": SHAPE}}, "json_schema", SHAPE),
        ({"text": {"mimeType": "TEXT_PLAIN", "schema": SHAPE}}, "text", {}),
        ({"image": {"aspectRatio": "ASPECT_RATIO_UNSPECIFIED"}}, "text", {}),
        ({"audio": {}}, "text", {}),
    ],
)
def test_prompt__reads_the_format_as_it_is_asked_for_since_2026(
    format_: dict[str, Any], kind: str, schema: dict[str, Any]
) -> None:
    for name in ("responseFormat", "response_format"):
        found = asked(with_config(**{name: format_})).response_format
        assert (found.kind, found.schema or {}) == (kind, schema)


def test_prompt__reads_the_formats_of_vertex() -> None:
    formats = [{"image": {}}, {"text": {"mimeType": "application/json", "schema": SHAPE}}]
    route = {"model": "gemini-2.5-flash", "method": "generateContent", "vertex": "p"}
    found = GEMINI.parse(orjson.dumps(with_config(responseFormat=formats)), {}, validate=True, route=route)
    assert found.response_format.schema == SHAPE


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"responseFormat": {"text": {"mimeType": "application/json", "schema": {}}}},
            "Invalid value at 'generation_config.response_format.text.mime_type' "
            f'({PACKAGE}.TextResponseFormat.MimeType), "application/json"',
        ),
        (
            {"responseFormat": {"image": {"aspectRatio": "1:1", "imageSize": "1K"}}},
            "Invalid value at 'generation_config.response_format.image.aspect_ratio' "
            f'({PACKAGE}.ImageResponseFormat.AspectRatio), "1:1"\n'
            "Invalid value at 'generation_config.response_format.image.image_size' "
            f'({PACKAGE}.ImageResponseFormat.ImageSize), "1K"',
        ),
        (
            {"responseFormat": {"aspectRatio": "9:16", "imageSize": "1K"}},
            "Invalid JSON payload received. Unknown name \"aspectRatio\" at 'generation_config.response_format': "
            "Cannot find field.\n"
            "Invalid JSON payload received. Unknown name \"imageSize\" at 'generation_config.response_format': "
            "Cannot find field.",
        ),
        (
            {"mediaResolution": "HIGH"},
            f"Invalid value at 'generation_config.media_resolution' ({PACKAGE}.GenerationConfig.MediaResolution), "
            '"HIGH"',
        ),
    ],
)
def test_config__is_refused_by_the_names_of_its_enums(config: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        asked(with_config(**config))
    assert caught.value.message == said


def test_task__is_one_that_embeddings_are_for() -> None:
    text = {"content": {"parts": [{"text": "Hello"}]}}
    assert asked({**text, "taskType": "RETRIEVAL_QUERY"}, "embedContent").last_user == "Hello"
    said = rf"Invalid value at 'task_type' \({PACKAGE}.TaskType\), \"NOT_A_REAL_TASK_TYPE\""
    with pytest.raises(RequestError, match=said):
        asked({**text, "taskType": "NOT_A_REAL_TASK_TYPE"}, "embedContent")


LIST = "Proto field is not repeating, cannot start list."
OBJECT = "Starting an object on a scalar field"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"tools": [{"functionDeclarations": [{**WEATHER, "parameters": {"type": ["string", "null"]}}]}]},
            'Invalid JSON payload received. Unknown name "type" at '
            f"'tools[0].function_declarations[0].parameters': {LIST}",
        ),
        (
            {"tools": [{"functionDeclarations": [{**WEATHER, "parameters": {"type": "object", "properties": []}}]}]},
            "Invalid value at 'tools[0].function_declarations[0].parameters' (Map), "
            "Cannot bind a list to map for field 'properties'.",
        ),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": [1]}}]}]},
            'Invalid JSON payload received. Unknown name "response" at '
            f"'contents[0].parts[0].function_response': {LIST}",
        ),
        (
            {"contents": [{"parts": [{"text": {"a": 1}}]}]},
            f"Invalid value at 'contents[0].parts[0]' (text), {OBJECT}",
        ),
        (
            {"generationConfig": {"stopSequences": {}}},
            f"Invalid value at 'generation_config' (stop_sequences), {OBJECT}",
        ),
        ({"systemInstruction": []}, f'Invalid JSON payload received. Unknown name "systemInstruction": {LIST}'),
        ({"cachedContent": {}}, f"Invalid value (cached_content), {OBJECT}"),
    ],
)
def test_field__takes_no_list_or_object(body: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        asked({**HELLO, **body})
    assert caught.value.message == said


def test_service_tier__is_one_of_four() -> None:
    assert asked({**HELLO, "serviceTier": "priority"}) and asked({**HELLO, "service_tier": "SERVICE_TIER_FLEX"})
    with pytest.raises(RequestError, match=r"Invalid value at 'service_tier' .*, \"not-a-tier\""):
        asked({**HELLO, "serviceTier": "not-a-tier"})


def snaked(value: Any) -> Any:
    """Write the names of fields in snake case."""
    if isinstance(value, dict):
        named = {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): item for key, item in value.items()}
        return {key: snaked(item) for key, item in named.items()}
    return [snaked(item) for item in value] if isinstance(value, list) else value


def test_schema__becomes_json_schema() -> None:
    schema = {
        "type": "OBJECT",
        "properties": {
            "b": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "2"},
            "a": {"type": "STRING", "nullable": True, "enum": ["x"]},
            "c": {"anyOf": [{"type": "NUMBER"}, {"type": "NULL"}]},
        },
        "propertyOrdering": ["a", "b"],
        "required": ["a"],
    }
    found = asked(with_config(responseMimeType="application/json", responseSchema=schema)).response_format.schema
    properties = found["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["a", "b", "c"]
    assert found == {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": ["string", "null"], "enum": ["x"]},
            "b": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
            "c": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        },
    }


FUNCTIONS = {**HELLO, "tools": [{"functionDeclarations": [WEATHER]}]}
FORCED = {"functionCallingConfig": {"mode": "ANY"}}

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "* GenerateContentRequest.contents: contents is not specified\n"),
    ({**HELLO, "content": 1}, 'Invalid JSON payload received. Unknown name "content": Cannot find field.'),
    (
        {"contents": [{"parts": [{"txt": "x"}]}]},
        "Invalid JSON payload received. Unknown name \"txt\" at 'contents[0].parts[0]': Cannot find field.",
    ),
    (with_config(temperature="hot"), "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"hot\""),
    (with_config(seed=2**31), "Invalid value at 'generation_config.seed' (TYPE_INT32), 2147483648"),
    (with_config(candidateCount=1.5), "Invalid value at 'generation_config.candidate_count' (TYPE_INT32), 1.5"),
    *(
        (
            {"contents": [{"parts": [{"text": "", name: {"mimeType": "image/png", "data": ""}}]}]},
            f"Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set '{name}'",
        )
        for name in ("inlineData", "inline_data")
    ),
    (
        {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]},
        "Please use a valid role: user, model.",
    ),
    (
        {"contents": [{"parts": [{}]}]},
        "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized "
        "field\n",
    ),
    (
        with_config(temperature=3),
        "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n",
    ),
    (
        {"contents": [*HELLO["contents"], {"parts": [{"functionResponse": {"name": "f"}}]}]},
        "Please ensure that function response turn comes immediately after a function call turn.",
    ),
    (
        {**CONVERSATION, "contents": [*CONVERSATION["contents"][:4], HELLO["contents"][0]]},
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
        "function call turn.",
    ),
    (
        {**FUNCTIONS, "generationConfig": {"responseMimeType": "application/json"}},
        "Function calling with a response mime type: 'application/json' is unsupported",
    ),
    (
        {**FUNCTIONS, "generationConfig": {"responseMimeType": "application/json"}, "toolConfig": FORCED},
        "Forced function calling (ANY mode) with a response mime type: 'application/json' is unsupported",
    ),
    (
        {**HELLO, "tools": [{"functionDeclarations": [WEATHER, WEATHER]}]},
        "Duplicate function declaration found: get_weather",
    ),
    (
        {**HELLO, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        "Function calling config is set without function_declarations.",
    ),
    (
        {**HELLO, "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}},
        "Function calling config is set without function_declarations.",
    ),
    (
        {**HELLO, "tools": [{"functionDeclarations": [WEATHER]}, {"googleSearch": {}}]},
        "Tool use with function calling is unsupported by the model.",
    ),
    (
        {"contents": [{"parts": [{"inlineData": {"mimeType": "application/zip", "data": "aGk="}}]}]},
        "Unsupported MIME type: application/zip",
    ),
    ({"contents": [{"parts": [{"inline_data": {"mime_type": "png", "data": "aGk="}}]}]}, "Unsupported MIME type: png"),
]


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-flash-preview"])
def test_googles_tools__that_are_null_are_not_there(model: str) -> None:
    """Rig sends `codeExecution: null` beside functions."""
    prompt = asked({**HELLO, "tools": [{"functionDeclarations": [WEATHER], "codeExecution": None}]}, model=model)
    assert (len(prompt.tools), executes_code(prompt)) == (1, False)
    assert [tool["name"] for tool in matched(prompt)["tools"]] == ["get_weather"]


@pytest.mark.parametrize(
    ("model", "more", "refused"),
    [
        ("gemini-3-flash-preview", {}, True),
        ("gemini-3-flash-preview", {"toolConfig": {"includeServerSideToolInvocations": True}}, False),
        ("tuned-of-mine", {}, False),
    ],
)
def test_functions_beside_googles_tools__are_asked_for(model: str, more: dict[str, Any], refused: bool) -> None:
    body = {**HELLO, "tools": [{"functionDeclarations": [WEATHER]}, {"codeExecution": {}}], **more}
    if not refused:
        assert asked(body, model=model).tools
        return
    with pytest.raises(RequestError, match="Please enable tool_config"):
        asked(body, model=model)


@pytest.mark.parametrize(
    ("model", "refused"), [("gemini-1.5-flash", False), ("gemini-2.0-flash", True), ("gemini-3.1-pro-preview", True)]
)
def test_first_search__is_refused_by_later_models(model: str, refused: bool) -> None:
    body = {**HELLO, "tools": [{"googleSearchRetrieval": {}}]}
    expected = pytest.raises(RequestError, match="google_search_retrieval is not supported")
    with expected if refused else contextlib.nullcontext():
        asked(body, model=model)


EMPTY = "EmbedContentRequest.content contains an empty Part."


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("countTokens", {}, "* CountTokensRequest.contents: contents is not specified\n"),
        ("embedContent", {}, "* EmbedContentRequest.content: contents is not specified\n"),
        (
            "embedContent",
            {"content": HELLO["contents"][0], "outputDimensionality": 3073},
            "* EmbedContentRequest.output_dimensionality: output_dimensionality must be in the range [1, 3072].\n",
        ),
        ("embedContent", {"content": {"parts": [{"text": "a"}, {"text": ""}]}}, EMPTY),
        ("batchEmbedContents", {"requests": [{"content": {"parts": [{"text": ""}]}}]}, EMPTY),
        ("batchEmbedContents", {}, "* BatchEmbedContentsRequest.requests: at least one request is required.\n"),
        (
            "batchEmbedContents",
            {"requests": [{"content": {"parts": []}}]},
            "* BatchEmbedContentsRequest.requests[0].content.parts: contents.parts must not be empty.\n",
        ),
        (
            "batchEmbedContents",
            {"requests": [{"content": HELLO["contents"][0]}] * 101},
            "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
        ),
        ("predict", {}, "Empty instances."),
        ("predict of imagen", {}, "Empty instances."),
        (
            "predict of imagen",
            {"instances": [{"prompt": " "}]},
            "instances[0].prompt must be a text that is not empty.",
        ),
        ("predict of imagen", drawn(sampleCount=5), "sampleCount must be in the range [1, 4]."),
        ("predict of imagen", drawn(sampleCount=0), "sampleCount must be in the range [1, 4]."),
        ("predict of imagen", drawn(aspectRatio="2:1"), "aspectRatio must be one of 1:1, 3:4, 4:3, 9:16, 16:9."),
        ("predict of imagen", drawn(sampleImageSize="4K"), "sampleImageSize must be one of 1K, 2K."),
    ],
)
def test_methods__are_refused_in_google_s_words(method: str, body: dict[str, Any], said: str) -> None:
    method, _, model = method.partition(" of ")
    with pytest.raises(RequestError) as caught:
        asked(body, method, model=f"{model or 'gemini-2.5'}-4")
    assert caught.value.message == said


def test_imagen__draws_as_many_as_are_asked_for_at_most() -> None:
    prompt = asked(drawn(sampleCount=4, aspectRatio="16:9", sampleImageSize="1K"), "predict", model="imagen-4")
    assert (prompt.task, prompt.n, prompt.last_user) == ("draw", 4, "A cat")


FUNCTION = "tools[0].function_declarations[0].{}"
CONFIG_SCHEMA = "generation_config.response_schema"
APP_JSON = "application/json"
WITHIN: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda inner: {"type": "OBJECT", "properties": {"a": inner}},
    lambda inner: {"type": "ARRAY", "items": inner},
    lambda inner: {"anyOf": [inner]},
    lambda inner: {"type": "OBJECT", "additionalProperties": inner},
]


STRAY: list[tuple[dict[str, Any], str, str]] = [
    ({"additionalProperties": False}, "additionalProperties", ""),
    ({"additional_properties": False}, "additional_properties", ""),
    ({"$defs": {"a": {"type": "STRING"}}}, "$defs", ""),
    ({"properties": {"a": {"type": "STRING"}, "b": {"$ref": "#/$defs/a"}}}, "$ref", ".properties[1].value"),
    ({"anyOf": [{"type": "ARRAY", "items": {"ref": "#/defs/a"}}]}, "ref", ".any_of[0].items"),
]


@pytest.mark.parametrize(("schema", "name", "where"), STRAY)
def test_schema__has_at_the_gemini_api_no_fields_of_vertex(schema: dict[str, Any], name: str, where: str) -> None:
    said = "Invalid JSON payload received. Unknown name \"{}\" at '{}': Cannot find field."
    schema = {"type": "OBJECT", **schema}
    for body, path in (
        ({"tools": [{"functionDeclarations": [{**WEATHER, "parameters": schema}]}]}, FUNCTION.format("parameters")),
        ({"tools": [{"functionDeclarations": [{**WEATHER, "response": schema}]}]}, FUNCTION.format("response")),
        ({"generationConfig": {"responseMimeType": APP_JSON, "responseSchema": schema}}, CONFIG_SCHEMA),
    ):
        with pytest.raises(RequestError) as caught:
            asked({**HELLO, **body})
        assert caught.value.message == said.format(name, path + where)
        raw = orjson.dumps({**HELLO, **body})
        route = {"model": "gemini-2.5-flash", "method": "countTokens", "vertex": "p"}
        assert GEMINI.parse(raw, {}, validate=True, route=route).last_user == "Hello"
    for taken in ("parametersJsonSchema", "responseJsonSchema"):
        declared = {"name": "f", "description": "", taken: schema}
        assert asked({**HELLO, "tools": [{"functionDeclarations": [declared]}]}).tools


@pytest.mark.parametrize("within", WITHIN)
def test_schema__may_be_deeper_than_it_is_looked_into(within: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    deep: dict[str, Any] = {"type": "STRING"}
    for _ in range(90):
        deep = within(deep)
    tools = [{"functionDeclarations": [{"name": "f", "parameters": deep}]}]
    route = {"model": "m", "method": "generateContent", "vertex": "p"}
    body = json.dumps({**HELLO, "tools": tools}).encode()
    assert GEMINI.parse(body, {}, validate=True, route=route).tools[0].name == "f"


@pytest.mark.parametrize(
    "config",
    [
        {"temperature": 0, "topP": 1, "candidateCount": 8, "stopSequences": list("abcde"), "topK": 0.5},
        {"temperature": 2.0, "topP": 0.5, "maxOutputTokens": 1, "responseLogprobs": True, "logprobs": 20},
    ],
)
def test_request__is_taken_at_its_bounds(config: dict[str, Any]) -> None:
    assert asked(with_config(**config)).last_user == "Hello"


@pytest.mark.parametrize(("body", "said"), REFUSED, ids=[said[:70] for _, said in REFUSED])
def test_request__is_refused_in_google_s_words(body: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        asked(body)
    document = GEMINI.error(GEMINI.adapt_error(caught.value))["error"]
    assert (document["code"], document["status"], document["message"]) == (400, "INVALID_ARGUMENT", said)
    asked(body, validate=False)


def test_violations__are_told_all_at_once() -> None:
    with pytest.raises(RequestError) as caught:
        asked({"a": 1, "contents": [{"b": 1, "parts": [{"text": 1}]}]})
    document = GEMINI.error(caught.value)["error"]
    assert document["message"].count("\n") == 2
    (detail,) = document["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [each.get("field") for each in detail["fieldViolations"]] == [
        None,
        "contents[0]",
        "contents[0].parts[0].text",
    ]


@pytest.mark.parametrize(
    ("exc", "code", "status", "kinds"),
    [
        (KeyRefused("Incorrect", "sk-1"), 400, "INVALID_ARGUMENT", ["ErrorInfo", "LocalizedMessage"]),
        (KeyRefused("None", ""), 403, "PERMISSION_DENIED", []),
        (RequestError("No.", status=401), 401, "UNAUTHENTICATED", []),
        (RequestError("No.", status=404), 404, "NOT_FOUND", []),
        (RequestError("Big.", status=413), 413, "INVALID_ARGUMENT", []),
        (RequestError("Wait.", status=429), 429, "RESOURCE_EXHAUSTED", ["Help", "QuotaFailure"]),
        (
            RequestError("Wait.", status=429, headers={"retry-after-ms": "1500", "retry-after": "2"}),
            429,
            "RESOURCE_EXHAUSTED",
            ["Help", "QuotaFailure", "RetryInfo"],
        ),
        (RequestError("Oh.", status=500), 500, "INTERNAL", []),
        (RequestError("Oh.", status=503), 503, "UNAVAILABLE", []),
        (RequestError("Oh.", status=504), 504, "DEADLINE_EXCEEDED", []),
        (RequestError("Oh.", status=400, code="FAILED_PRECONDITION"), 400, "FAILED_PRECONDITION", []),
        (RequestError("Oh.", status=400, code="BILLING_DISABLED"), 400, "INVALID_ARGUMENT", ["ErrorInfo"]),
    ],
)
def test_error__has_google_s_status_and_details(exc: RequestError, code: int, status: str, kinds: list[str]) -> None:
    refused = GEMINI.adapt_error(exc)
    document = GEMINI.error(refused)["error"]
    assert (refused.status, document["code"], document["status"]) == (code, code, status)
    assert [detail["@type"].rpartition(".")[2] for detail in document.get("details", ())] == kinds
    for detail in document.get("details", ()):
        assert detail.get("retryDelay", "1.5s") == "1.5s"


def test_headers__of_others_are_left_out() -> None:
    sent = {"x-ratelimit-limit-requests": "1", "retry-after-ms": "5", "retry-after": "1", "openai-project": "p"}
    assert GEMINI.limit_headers(sent) == {"retry-after": "1"}
    assert GEMINI.limit_headers({"x-should-retry": "false"}) == {"x-should-retry": "false"}  # only scripts ask for it
    assert "openai-version" not in GEMINI.headers(1.0, "req_1", 200, "gemini-2.5-flash")


def test_embeddings__of_one_and_of_many() -> None:
    content = {"parts": [{"text": "a cat"}]}
    one = asked({"content": content, "outputDimensionality": 8}, "embedContent", model="gemini-embedding-001")
    batch = {
        "model": "models/gemini-embedding-001",
        "requests": [{"content": content, "outputDimensionality": 8}, {"content": content}],
    }
    many = asked(batch, "batchEmbedContents", model="gemini-embedding-001")
    vector = GEMINI.document(Reply(()), one)["embedding"]["values"]
    first, second = GEMINI.document(Reply(()), many)["embeddings"]
    assert first["values"] == vector
    assert (len(vector), len(second["values"])) == (8, 3072)


@pytest.mark.parametrize(("model", "rated"), [("gemini-1.5-flash", True), ("gemini-2.5-flash", False)])
def test_answer__rates_what_is_safe_in_old_models_alone(model: str, rated: bool) -> None:
    settings = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    asked = orjson.dumps(HELLO | {"safetySettings": settings})
    prompt = GEMINI.parse(asked, {}, validate=True, route={"model": model, "method": "generateContent"})
    told = orjson.loads(GEMINI.render(Reply((Choice(text="Hi"),), usage=Usage(3, 4)), prompt).data)
    assert ("safetyRatings" in told["candidates"][0]) == rated


@pytest.mark.parametrize("name", ["alt", "$alt"])
def test_answer__has_numbers_for_enumerations_where_they_are_asked_for(name: str) -> None:
    call = ToolCall("get_weather", '{"modality": "TEXT", "finishReason": "STOP"}')
    reply = Reply((Choice(text="STOP", tool_calls=(call,), finish_reason="tool_calls"),), usage=Usage(3, 4))
    for method in ("generateContent", "streamGenerateContent"):
        route = {"model": "gemini-2.0-flash", "method": method, name: "json;enum-encoding=int"}
        prompt = GEMINI.parse(orjson.dumps(HELLO | {"safetySettings": [{}]}), {}, validate=False, route=route)
        stream = "stream" in method
        framing = GEMINI.framing(prompt)
        data = b"".join(framing.frames(GEMINI.events(reply, prompt))) if stream else GEMINI.render(reply, prompt).data
        told = orjson.loads(data)
        last = told[-1] if stream else told
        assert last["candidates"][0]["finishReason"] == 1
        assert last["usageMetadata"]["promptTokensDetails"][0]["modality"] == 1
        assert {rating["category"] for rating in last["candidates"][0]["safetyRatings"]} <= {7, 8, 9, 10}
        parts = [
            part for each in (told if stream else [told]) for part in each["candidates"][0]["content"].get("parts", [])
        ]
        assert parts[-1]["functionCall"]["args"] == {"modality": "TEXT", "finishReason": "STOP"}
        path = f"/v1beta/models/gemini-2.0-flash:{method}"
        said = registry.read(Traffic("POST", path, orjson.dumps(HELLO), (data,))).reply
        assert said is not None and said.choices[0].finish_reason == "tool_calls"


def test_request__may_have_numbers_for_enumerations() -> None:
    """Shown by Google's older Go client, which sends them: a requested number was made up as a text."""

    def parsed(body: dict[str, Any], method: str = "generateContent") -> Any:
        route = {"model": "gemini-2.5-flash", "method": method, "$alt": "json;enum-encoding=int"}
        return GEMINI.parse(orjson.dumps(body), {}, validate=True, route=route)

    made: dict[str, Any] = {"type": 6, "properties": {"type": {"type": 3}, "tags": {"type": 5, "items": {"type": 1}}}}
    formed = parsed(HELLO | {"generationConfig": {"responseMimeType": "application/json", "responseSchema": made}})
    assert formed.response_format.schema == {
        "type": "object",
        "properties": {"type": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
    }
    tool = {"name": "rate", "parameters": made, "response": {"type": 6}}
    config = {"functionCallingConfig": {"mode": 2}}
    called = parsed(HELLO | {"tools": [{"functionDeclarations": [tool]}], "toolConfig": config})
    assert called.tools[0].parameters == formed.response_format.schema
    assert called.body["tools"][0]["functionDeclarations"][0]["response"] == {"type": "OBJECT"}
    assert called.body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}
    turn = {"role": "model", "parts": [{"functionCall": {"name": "rate", "args": {"type": 3}}}]}
    assert parsed({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, turn]}).body["contents"][1] == turn
    retrieval = {"googleSearchRetrieval": {"dynamicRetrievalConfig": {"mode": 1}}}
    assert enums.named({"tools": [retrieval]}) == {"tools": [retrieval]}
    content = {"content": {"parts": [{"text": "a"}]}, "taskType": 8}
    assert parsed(content, "embedContent").body["taskType"] == "CODE_RETRIEVAL_QUERY"


def test_count__is_what_generating_counts() -> None:
    generated = answered(Choice(text="x"), CONVERSATION)["usageMetadata"]["promptTokenCount"]
    for body in (CONVERSATION, {"generateContentRequest": {"model": "models/x", **CONVERSATION}}):
        prompt = asked(body, "countTokens")
        assert prompt.task == "count"
        assert GEMINI.document(finish(Reply(()), prompt), prompt)["totalTokens"] == generated


def test_models__come_in_pages() -> None:
    names = [f"m{at}" for at in range(5)]
    seen: list[str] = []
    query = {"pageSize": "2"}
    while True:
        page = gemini_models.model_list(names, query)
        seen += [model["name"] for model in page["models"]]
        if "nextPageToken" not in page:
            break
        query["pageToken"] = page["nextPageToken"]
    assert seen == [f"models/{name}" for name in names]
    assert gemini_models.model_list(names, {"page_size": "2", "page_token": "3"})["models"][-1]["name"] == "models/m4"
    assert gemini_models.model_list(names, {"pageToken": "5"}) == {}
    sampling = {"temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2}
    assert gemini_models.find("gemini-2.5-pro", ()).items() >= sampling.items()
    assert "topK" not in gemini_models.find("gemini-embedding-001", ())
    with pytest.raises(RequestError):
        gemini_models.model_list(names, {"pageSize": "x"})
    with pytest.raises(RequestError):
        gemini_models.find("other", names)


def test_count__of_vertex_has_the_characters_that_are_billed() -> None:
    tools = [{"functionDeclarations": [{"name": "get_user_country", "description": ""}]}]
    body = {"contents": [{"role": "user", "parts": [{"text": "What is it? "}]}], "tools": tools}
    prompt = replace(asked(body, "countTokens"), address={"method": "countTokens", "vertex": "p"})
    told = GEMINI.document(finish(Reply(()), prompt), prompt)
    assert list(told) == ["totalTokens", "totalBillableCharacters", "promptTokensDetails"]
    assert told["totalBillableCharacters"] == len("Whatisit?") + len("get_user_country")
    plain = replace(prompt, address={"method": "countTokens"})
    assert "totalBillableCharacters" not in GEMINI.document(finish(Reply(()), plain), plain)


def declares(**schema: Any) -> dict[str, Any]:
    """Return a request with a function whose parameter is of a schema."""
    parameters = {"type": "OBJECT", "properties": {"at": schema}}
    return {"tools": [{"functionDeclarations": [{"name": "f", "parameters": parameters}]}]}


AT = "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties[at]"
HARMS = (
    "HarmCategory.HARM_CATEGORY_HATE_SPEECH, HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT, "
    "HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT, HarmCategory.HARM_CATEGORY_HARASSMENT, "
    "HarmCategory.HARM_CATEGORY_CIVIC_INTEGRITY"
)


@pytest.mark.parametrize(
    ("fields", "model", "message"),
    [
        (declares(type="ARRAY"), "gemini-2.5-flash", f"{AT}.items: missing field\n"),
        (
            declares(type="STRING", enum=["a", ""]) | {"generationConfig": {}},
            "gemini-3.8-flash",
            f"{AT}.enum[1]: cannot be empty\n",
        ),
        (
            declares(type="INTEGER", enum=["1", ""]),
            "gemini-2.5-flash",
            f"{AT}.enum: only allowed for STRING type\n{AT}.enum[1]: cannot be empty\n",
        ),
        (
            declares(type="ARRAY", items={"type": "OBJECT", "properties": {}, "required": ["a"]}),
            "gemini-2.5-flash",
            f"{AT}.items.required[0]: property is not defined\n",
        ),
        (
            {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseSchema": {"type": "OBJECT", "properties": {"a": {"anyOf": [{"type": "ARRAY"}]}}},
                }
            },
            "gemini-2.5-flash",
            '* GenerateContentRequest.generation_config.response_schema.properties["a"].any_of[0].items: missing '
            "field\n",
        ),
        (
            {"safetySettings": [{"category": "HARM_CATEGORY_VIOLENCE", "threshold": "BLOCK_NONE"}]},
            "gemini-2.5-flash",
            f"* GenerateContentRequest.safety_settings[0]: element predicate failed: $.category in ({HARMS})\n",
        ),
        (
            {"safetySettings": [{"category": "HARM_CATEGORY_RUDE", "threshold": "BLOCK_NONE"}]},
            "gemini-2.5-flash",
            "Invalid value at 'safety_settings[0].category' "
            '(type.googleapis.com/google.ai.generativelanguage.v1beta.HarmCategory), "HARM_CATEGORY_RUDE"',
        ),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "PGh0bWw+"}}]}]},
            "gemini-2.5-flash",
            "Unable to process input image. Please retry or report in "
            "https://developers.generativeai.google/guide/troubleshooting",
        ),
        (
            {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}},
            "gemini-2.5-flash-image",
            "Media resolution is not enabled for models/gemini-2.5-flash-image",
        ),
        (
            {"tools": [{"urlContext": {}}], "generationConfig": {"responseMimeType": "application/json"}},
            "gemini-2.5-flash",
            "Tool use with a response mime type: 'application/json' is unsupported",
        ),
        ({}, "models/gemini-2.5-flash", "* GenerateContentRequest.model: unexpected model name format\n"),
    ],
    ids=lambda value: repr(value)[:100],
)
def test_request__is_refused_for_schemas_safety_and_pictures(fields: Any, model: str, message: str) -> None:
    body = {"contents": [{"parts": [{"text": "Hi"}]}], **fields}
    with pytest.raises(RequestError) as refused:
        GEMINI.parse(orjson.dumps(body), {}, validate=True, route={"model": model, "method": "generateContent"})
    assert refused.value.message == message


@pytest.mark.parametrize(
    "fields",
    [
        declares(type="ARRAY", items={}),
        declares(type="OBJECT", properties={}),
        declares(anyOf=[{"type": "STRING", "enum": ["a"]}, {"type": "NULL"}]),
        {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}, {"category": 8}]},
        {"contents": [{"parts": [{"inlineData": {"mimeType": "image/heic", "data": "AAAAGGZ0eXBoZWlj"}}]}]},
        {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_HIGH", "thinkingConfig": {"thinkingBudget": 0}}},
        {"tools": [{"googleSearch": {}}], "generationConfig": {"responseMimeType": "text/plain"}},
    ],
    ids=lambda value: repr(value)[:100],
)
def test_request__is_taken_with_schemas_safety_and_pictures(fields: Any) -> None:
    body = {"contents": [{"parts": [{"text": "Hi"}]}], **fields}
    GEMINI.parse(
        orjson.dumps(body), {}, validate=True, route={"model": "gemini-2.5-flash", "method": "generateContent"}
    )


@pytest.mark.parametrize(
    ("number", "effort"), [(1, "low"), (2, "medium"), ("3", "high"), (4, "minimal"), ("LOW", "low")]
)
def test_thinking_level__may_be_a_number(number: Any, effort: str) -> None:
    config = {"thinkingConfig": {"thinkingLevel": number}}
    body = {"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": config}
    route = {"model": "gemini-3.8-flash", "method": "generateContent"}
    assert GEMINI.parse(orjson.dumps(body), {}, validate=True, route=route).reasoning_effort == effort
