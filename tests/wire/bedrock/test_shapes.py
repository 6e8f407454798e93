"""What AWS tells and how it writes it, by model, as it was recorded from 2025 to 2026."""

import base64
import re
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Moderation, Reply, ToolCall, Traffic, Usage
from completions.event import Body, eventstream
from completions.exceptions import RequestError
from completions.wire import registry
from completions.wire.anthropic.thinking import REDACTION_TRIGGER
from completions.wire.base import WireFormat
from completions.wire.bedrock.apply_guardrail import BLOCKED
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.converse import Converse
from completions.wire.bedrock.guardrail import ACTION, INVOKED_UNITS, TRACE
from completions.wire.vertex.claude import VertexClaude

CALLED = Choice(text="Wait.", finish_reason="tool_calls", tool_calls=(ToolCall("look", '{"at": 1}'),))
CACHE_POINT = {"cachePoint": {"type": "default"}}
CACHED = {"messages": [{"role": "user", "content": [{"text": "Hello"}, CACHE_POINT]}]}
MESSAGES = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
CLAUDE, NOVA, LATEST = "us.anthropic.claude-sonnet-4-6", "amazon.nova-pro-v1:0", "us.anthropic.claude-sonnet-5"
FIRST, HAIKU = "anthropic.claude-3-5-sonnet-20240620-v1:0", "global.anthropic.claude-haiku-4-5-20251001-v1:0"
READ, WRITTEN = (
    ["cacheReadInputTokenCount", "cacheReadInputTokens"],
    ["cacheWriteInputTokenCount", "cacheWriteInputTokens"],
)


def asked(wire: WireFormat, model: str, method: str, body: dict[str, Any] | None = None) -> Any:
    """Return a prompt."""
    given = body or (MESSAGES if isinstance(wire, BedrockClaude | VertexClaude) else {"messages": []})
    return wire.parse(orjson.dumps(given), {}, validate=False, route={"model": model, "method": method})


def reply(choice: Choice = CALLED, **more: Any) -> Reply:
    """Return a reply."""
    return Reply((choice,), usage=Usage(30, 20, **more), serial="s")


def converse(model: str, body: dict[str, Any] | None = None, choice: Choice = CALLED, **more: Any) -> dict[str, Any]:
    """Return a whole answer."""
    wire = Converse()
    return wire.document(reply(choice, **more), asked(wire, model, "converse", body))


def streamed(wire: WireFormat, model: str, method: str, choice: Choice = CALLED) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a stream with their names, as they are framed."""
    prompt = asked(wire, model, method)
    frames = wire.framing(prompt).frames(wire.events(reply(choice), prompt))
    return [(each.headers[":event-type"], orjson.loads(each.payload)) for each in eventstream.decode(b"".join(frames))]


def chunks(model: str, choice: Choice = CALLED) -> list[dict[str, Any]]:
    """Return the documents in the chunks of a stream of Claude's."""
    events = streamed(BedrockClaude(), model, "invoke-with-response-stream", choice)
    return [orjson.loads(base64.b64decode(document["bytes"])) for _, document in events]


def test_converse__writes_keys_in_alphabetical_order() -> None:
    document = converse(LATEST, choice=Choice("Hi", reasoning="Hm.", tool_calls=CALLED.tool_calls))
    events = [event for _, event in streamed(Converse(), LATEST, "converse-stream")]
    for each in (document, document["usage"], *document["output"]["message"]["content"], *events):
        assert [*each] == sorted(each)
        for inner in each.values():
            assert not isinstance(inner, dict) or [*inner] == sorted(inner)


@pytest.mark.parametrize(
    ("model", "body", "told"),
    [
        (NOVA, None, []),
        (FIRST, None, []),
        (CLAUDE, None, READ + WRITTEN),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", None, READ + WRITTEN),
        ("us.openai.gpt-5.6-sol", None, READ + WRITTEN),
        ("openai.gpt-oss-120b-1:0", None, []),
        (NOVA, CACHED, READ + WRITTEN),
        (CLAUDE, CACHED, READ + WRITTEN),
        (HAIKU, None, READ),
        (HAIKU, CACHED, READ + WRITTEN),
        (HAIKU.replace("global", "us"), None, READ + WRITTEN),
    ],
)
def test_converse__tells_of_the_cache_and_of_server_tools(model: str, body: Any, told: list[str]) -> None:
    usage = converse(model, body)["usage"]
    assert usage["serverToolUsage"] == {}
    assert [name for name in usage if "cache" in name] == sorted(told)
    assert [converse(model, body, cached_tokens=5)["usage"][name] for name in READ] == [5, 5]


def test_converse__streamed_tells_of_the_cache_where_it_is_used() -> None:
    assert not {*READ, *WRITTEN} & streamed(Converse(), CLAUDE, "converse-stream")[-1][1]["usage"].keys()


@pytest.mark.parametrize(
    ("model", "wrote", "details"),
    [
        (CLAUDE, {"cache_creation_tokens": 7}, [{"inputTokens": 7, "ttl": "5m"}]),
        (
            CLAUDE,
            {"cache_creation_tokens": 7, "cache_creation_1h_tokens": 3},
            [{"inputTokens": 4, "ttl": "5m"}, {"inputTokens": 3, "ttl": "1h"}],
        ),
        (CLAUDE, {"cached_tokens": 7}, None),
        (NOVA, {"cache_creation_tokens": 7}, None),
    ],
)
def test_converse__tells_how_long_claude_keeps_what_was_written(model: str, wrote: Any, details: Any) -> None:
    assert converse(model, CACHED, **wrote)["usage"].get("cacheDetails") == details


CHOSEN = {"performanceConfig": {"latency": "optimized"}, "serviceTier": {"type": "flex"}}
GUARD = {"guardrailIdentifier": "g1", "guardrailVersion": "DRAFT", "trace": "enabled"}


@pytest.mark.parametrize(
    ("guard", "traced"), [(GUARD, True), ({**GUARD, "trace": "disabled"}, False), ({}, False), ({"trace": 1}, False)]
)
def test_converse__repeats_how_it_was_asked_for_and_tells_what_a_guardrail_did(guard: Any, traced: bool) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}], **CHOSEN, "guardrailConfig": guard}
    whole, wire = converse(NOVA, body), Converse()
    metadata = orjson.loads(wire.events(reply(), asked(wire, NOVA, "converse-stream", body))[-1].data)
    assert [*whole] == sorted(whole) and [*metadata] == sorted(metadata)
    for told in (whole, metadata):
        assert {name: told[name] for name in CHOSEN} == CHOSEN
        assert ("trace" in told) == traced
    if traced:
        found = whole["trace"]["guardrail"]
        sizes = [
            each["invocationMetrics"]["guardrailCoverage"]["textCharacters"]["guarded"]
            for each in (found["inputAssessment"]["g1"], *found["outputAssessments"]["g1"])
        ]
        assert sizes == [len("Hello"), len(CALLED.text or "")]
        assert not {"trace", *CHOSEN} & converse(NOVA).keys()


FILTERED = Choice("Not that.", finish_reason="content_filter")
HEADERS = {"x-amzn-bedrock-guardrailidentifier": "g1", "x-amzn-bedrock-guardrailversion": "1"}
TRACED = {**HEADERS, "x-amzn-bedrock-trace": "ENABLED"}
TITAN, LLAMA = "amazon.titan-text-lite-v1", "us.meta.llama3-3-70b-instruct-v1:0"


@pytest.mark.parametrize(
    ("guard", "reason", "told", "model"),
    [
        (GUARD, "guardrail_intervened", ["actionReason", "inputAssessment", "modelOutput"], CLAUDE),
        (GUARD, "guardrail_intervened", ["actionReason", "inputAssessment"], NOVA),
        ({**GUARD, "trace": "disabled"}, "guardrail_intervened", None, CLAUDE),
        ({}, "content_filtered", None, CLAUDE),
    ],
)
def test_converse__has_a_guardrail_block_what_a_filter_ends(
    guard: Any, reason: str, told: list[str] | None, model: str
) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}], "guardrailConfig": guard}
    document = converse(model, body, FILTERED)
    assert document["stopReason"] == reason
    found = document.get("trace", {}).get("guardrail")
    assert (None if found is None else [*found]) == told
    if told:
        looked = found["inputAssessment"]["g1"]
        assert found["actionReason"] == "Guardrail blocked." and looked["topicPolicy"]
        used = looked["invocationMetrics"]["usage"]
        assert used["topicPolicyUnits"] == 1 and ("automatedReasoningPolicies" in used) == (model == NOVA)
    free = {"inputTokens": 0, "outputTokens": 0, "serverToolUsage": {}, "totalTokens": 0}
    assert (document["usage"] == free) == bool(guard)


def invoked(model: str, choice: Choice, headers: dict[str, str]) -> tuple[Body, dict[str, Any], list[dict[str, Any]]]:
    """Return an answer of `invoke` with its headers, its document, and those in the chunks of its stream."""
    found = registry.format_at(f"/model/{model}/invoke")
    assert found is not None
    wire, route = found
    bodies = {"titan": {"inputText": "Hello"}, "llama": {"prompt": "Hello"}}
    nova = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    body = next((body for name, body in bodies.items() if name in model), nova if "nova" in model else MESSAGES)
    prompt = wire.parse(orjson.dumps(body), headers, validate=False, route=route)
    whole = wire.render(reply(choice), prompt)
    events = [orjson.loads(event.data) for event in wire.events(reply(choice), prompt)]
    return whole, orjson.loads(whole.data), [orjson.loads(base64.b64decode(event["bytes"])) for event in events]


@pytest.mark.parametrize("model", [TITAN, LLAMA, NOVA, CLAUDE])
@pytest.mark.parametrize(("choice", "action"), [(Choice("Hi"), "NONE"), (FILTERED, "INTERVENED")])
def test_invoke__tells_what_a_guardrail_did_in_the_answer_and_at_the_end_of_a_stream(
    model: str, choice: Choice, action: str
) -> None:
    for headers, told in (({}, []), (HEADERS, [ACTION]), (TRACED, [ACTION, TRACE])):
        _, document, chunks = invoked(model, choice, headers)
        for each in (document, chunks[-1]):
            assert [name for name in (ACTION, TRACE) if name in each] == told
            assert each.get(ACTION) in (None, action)
        assert not any(ACTION in each for each in chunks[:-1])
    found = document[TRACE]["guardrail"]
    assert found == chunks[-1][TRACE]["guardrail"]
    assert [*found] == (["input", "outputs", "actionReason"] if action == "NONE" else ["input", "actionReason"])
    assert ("topicPolicy" in found["input"]["g1"]) == (action == "INTERVENED")
    assert "automatedReasoningPolicyUnits" in found["input"]["g1"]["invocationMetrics"]["usage"]


def test_invoke__costs_nothing_where_a_guardrail_blocks_claude_or_llama() -> None:
    body, document, chunks = invoked(CLAUDE, FILTERED, HEADERS)
    start = chunks[0]["message"]
    assert document["id"].startswith("bedrock-guardrails-") and not body.headers
    assert document | {"content": [], "stop_reason": None} == start | {ACTION: "INTERVENED"}
    assert document["content"] == [{"type": "text", "text": "Not that."}] and document["stop_reason"] == "end_turn"
    assert document["usage"] == {"input_tokens": 0, "output_tokens": 0}
    assert [each["type"] for each in chunks[1:]] == [
        *("content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop")
    ]
    assert "usage" not in chunks[-2] and "amazon-bedrock-invocationMetrics" not in chunks[-1]
    body, document, _ = invoked(LLAMA, FILTERED, HEADERS)
    assert document == {"generation": "Not that.", ACTION: "INTERVENED"}
    assert [*body.headers] == ["x-amzn-bedrock-invocation-latency"]


def test_converse__runs_what_is_offered_as_a_system_tool() -> None:
    name, wire, model = "nova_code_interpreter", Converse(), "us.amazon.nova-2-lite-v1:0"
    tools = [{"systemTool": {"name": name}}, {"toolSpec": {"name": "look", "inputSchema": {"json": {}}}}]
    body = {"messages": [{"role": "user", "content": [{"text": "6 * 7?"}]}], "toolConfig": {"tools": tools}}
    ran = ToolCall(name, '{"snippet": "6 * 7"}', "t1", result='"42"')
    document = converse(model, body, Choice("It is 42.", "tool_calls", tool_calls=(ran,)))
    blocks = document["output"]["message"]["content"]
    use, result = (
        {name: value for block in blocks for name, value in block.items()}[key] for key in ("toolUse", "toolResult")
    )
    assert use == {"input": {"snippet": "6 * 7"}, "name": name, "toolUseId": "t1", "type": "server_tool_use"}
    printed = {"exitCode": 0, "isError": False, "stdErr": "", "stdOut": "42"}
    head = {"status": "success", "toolUseId": "t1", "type": "nova_code_interpreter_result"}
    assert result == {"content": [{"json": printed}], **head} and document["stopReason"] == "end_turn"
    events = [
        orjson.loads(event.data)
        for event in wire.events(reply(Choice(tool_calls=(ran,))), asked(wire, model, "converse-stream", body))
    ]
    assert [event["start"] for event in events if "start" in event][1] == {"toolResult": head}
    assert {"toolResult": [{"json": printed}]} in [event.get("delta") for event in events]
    back = {**body, "messages": [*body["messages"], document["output"]["message"], *body["messages"]]}
    assert wire.parse(orjson.dumps(back), {}, validate=True, route={"model": model, "method": "converse"})
    both = converse(model, body, Choice(finish_reason="tool_calls", tool_calls=(ran, ToolCall("look", "{}"))))
    assert both["stopReason"] == "tool_use"


@pytest.mark.parametrize(("model", "is_aws_s"), [(HAIKU, True), (CLAUDE, False)])
def test_invoke__names_a_message_as_aws_does_of_haiku(model: str, is_aws_s: bool) -> None:
    body, document, chunks = invoked(model, Choice("Hi"), {})
    start = chunks[0]["message"]
    assert (document["id"], document["model"]) == (start["id"], start["model"])
    assert (len(document["id"]) == 61) == is_aws_s == ("service_tier" in document["usage"])
    assert document["model"] == ("anthropic.claude-haiku-4-5-20251001-v1:0" if is_aws_s else "claude-sonnet-4-6")
    assert ("x-amzn-bedrock-cache-write-input-token-count" in body.headers) != is_aws_s


def documented(enabled: bool, **source: Any) -> dict[str, Any]:
    """Return a question about two documents, the second of which is to be cited."""
    documents = [
        {"document": {"format": kind, "name": name, "source": given, "citations": {"enabled": enabled and name == "b"}}}
        for name, kind, given in (("a", "txt", {"text": "No."}), ("b", "pdf" if "bytes" in source else "txt", source))
    ]
    return {"messages": [{"role": "user", "content": [{"text": "Hello"}, *documents]}]}


@pytest.mark.parametrize(
    ("source", "location", "quoted"),
    [
        ({"bytes": "JVBERg=="}, {"documentPage": {"documentIndex": 1, "end": 2, "start": 1}}, "Hi"),
        ({"text": "Hi there."}, {"documentChar": {"documentIndex": 1, "end": 9, "start": 0}}, "Hi there."),
        ({"content": [{"text": "Hi."}]}, {"documentChunk": {"documentIndex": 1, "end": 1, "start": 0}}, "Hi."),
    ],
)
def test_converse__cites_the_documents_that_are_to_be_cited(source: Any, location: Any, quoted: str) -> None:
    cites = {"location": location, "sourceContent": [{"text": quoted}], "title": "b"}
    body, wire = documented(True, **source), Converse()
    answer = converse(CLAUDE, body, Choice("Hi"))["output"]["message"]
    assert answer["content"] == [{"citationsContent": {"citations": [cites], "content": [{"text": "Hi"}]}}]
    prompt = asked(wire, CLAUDE, "converse-stream", body)
    deltas = [orjson.loads(event.data).get("delta") for event in wire.events(reply(Choice("Hi")), prompt)]
    assert [delta for delta in deltas if delta] == [{"citation": cites}, {"text": "Hi"}]
    back = {"messages": [*body["messages"], answer, {"role": "user", "content": [{"text": "And?"}]}]}
    read = wire.parse(orjson.dumps(back), {}, validate=True, route={"model": CLAUDE, "method": "converse"})
    assert read.messages[1].text == "Hi"
    for other in (converse(NOVA, body, Choice("Hi")), converse(CLAUDE, documented(False, **source), Choice("Hi"))):
        assert other["output"]["message"]["content"] == [{"text": "Hi"}]


def test_converse__cites_the_document_that_a_script_names() -> None:
    body = documented(True, text="Hi.")
    body["messages"][0]["content"][1]["document"]["citations"]["enabled"] = True
    choice = Choice("Hi", annotations=({"type": "url_citation", "url_citation": {"url": "b"}},))
    (block,) = converse(CLAUDE, body, choice)["output"]["message"]["content"]
    assert [each["title"] for each in block["citationsContent"]["citations"]] == ["b"]
    assert "citationsContent" not in converse(CLAUDE, body)["output"]["message"]["content"][0], "before a call"
    sent = orjson.dumps(converse(CLAUDE, body, choice))
    said = registry.read(Traffic("POST", f"/model/{CLAUDE}/converse", orjson.dumps(body), (sent,)))
    assert said.reply and said.reply.choices[0].text == "Hi"


@pytest.mark.parametrize("model", [NOVA, "moonshot.kimi-k2-thinking", "openai.gpt-oss-120b-1:0", CLAUDE])
def test_thinking__is_signed_by_claude_alone(model: str) -> None:
    thinks = Choice("Hi", reasoning="Hm.")
    whole = converse(model, choice=thinks)["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"]
    deltas = [event["delta"] for _, event in streamed(Converse(), model, "s", thinks) if "delta" in event]
    signed = [delta for delta in deltas if "signature" in delta.get("reasoningContent", {})]
    assert ("signature" in whole) == bool(signed) == (model == CLAUDE)


def test_call__of_kimi_is_told_by_its_tool_and_its_number() -> None:
    calls = Choice(finish_reason="tool_calls", tool_calls=(ToolCall("look", "{}"), ToolCall("ask", "{}")))
    content = converse("moonshot.kimi-k2-thinking", choice=calls)["output"]["message"]["content"]
    assert [block["toolUse"]["toolUseId"] for block in content] == ["functions.look:0", "functions.ask:1"]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (LATEST, "tool_use"),
        (CLAUDE, "tool_use"),
        ("us.amazon.nova-2-lite-v1:0", "tool_use"),
        (FIRST, None),
        (NOVA, None),
    ],
)
def test_call__says_its_type_by_model(model: str, kind: str | None) -> None:
    call = converse(model)["output"]["message"]["content"][-1]["toolUse"]
    starts = [
        event["start"]["toolUse"] for name, event in streamed(Converse(), model, "s") if name == "contentBlockStart"
    ]
    assert call.get("type") == starts[0].get("type") == kind


@pytest.mark.parametrize(("model", "pieces"), [(NOVA, ['{"at": 1}']), (CLAUDE, ["", '{"', "at", '":', " ", "1", "}"])])
def test_call__comes_in_the_pieces_of_its_model(model: str, pieces: list[str]) -> None:
    events = streamed(Converse(), model, "converse-stream")
    deltas = [event["delta"] for name, event in events if name == "contentBlockDelta"]
    assert [delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta] == pieces


@pytest.mark.parametrize(
    ("wire", "method"), [(Converse(), "converse-stream"), (BedrockClaude(), "invoke-with-response-stream")]
)
def test_events__are_padded_each_in_its_way(wire: WireFormat, method: str) -> None:
    said = Choice('"p":"" and a {"p":""}. ' + " ".join(map(str, range(200))))
    paddings = [event["p"] for _, event in streamed(wire, LATEST, method, said)]
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    assert all(letters.startswith(each) and 2 <= len(each) <= 61 for each in paddings)
    assert len(set(paddings)) > 40
    assert paddings == [event["p"] for _, event in streamed(wire, LATEST, method, said)]
    texts = (
        chunks(LATEST, said)
        if isinstance(wire, BedrockClaude)
        else [e for _, e in streamed(wire, LATEST, method, said)]
    )
    assert "".join(each.get("delta", {}).get("text", "") for each in texts) == said.text


@pytest.mark.parametrize(("wire", "mark"), [(BedrockClaude(), "bdrk"), (VertexClaude(), "vrtx")])
def test_claude__has_the_ids_and_the_usage_of_its_cloud(wire: BedrockClaude | VertexClaude, mark: str) -> None:
    document = wire.document(reply(), asked(wire, LATEST, "invoke"))
    for given, prefix in ((document["id"], "msg"), (document["content"][-1]["id"], "toolu")):
        assert re.fullmatch(rf"{prefix}_{mark}_01[1-9A-HJ-NP-Za-km-z]{{22}}", given)
    assert not {"service_tier", "inference_geo"} & document["usage"].keys()
    own = wire.document(
        Reply((Choice(tool_calls=(ToolCall("a", "{}", "mine"),)),), id="x"), asked(wire, LATEST, "invoke")
    )
    assert (own["id"], own["content"][0]["id"]) == ("msg_x", "mine")


def test_invoke__tells_of_a_cache_by_model() -> None:
    wire = BedrockClaude()
    first, later = (wire.document(reply(), asked(wire, model, "invoke"))["usage"] for model in (FIRST, LATEST))
    assert first == {"input_tokens": 30, "output_tokens": 20}
    assert "cache_read_input_tokens" in later
    assert chunks(FIRST)[-2]["usage"] == {"output_tokens": 20}


def test_invoke__says_in_headers_what_it_cost() -> None:
    wire = BedrockClaude()
    first, later = (wire.render(reply(), asked(wire, model, "invoke")).headers for model in (FIRST, LATEST))
    assert first == {
        "x-amzn-bedrock-input-token-count": "30",
        "x-amzn-bedrock-output-token-count": "20",
        "x-amzn-bedrock-invocation-latency": "200",
    }
    uncached = {f"x-amzn-bedrock-cache-{done}-input-token-count": "0" for done in ("read", "write")}
    assert later == {**first, **uncached}


def test_invoke__tells_in_headers_what_the_cache_did() -> None:
    wire = BedrockClaude()
    body = wire.render(reply(cached_tokens=8, cache_creation_tokens=12), asked(wire, LATEST, "invoke"))
    told = {name.removeprefix("x-amzn-bedrock-"): value for name, value in (body.headers or {}).items()}
    assert told["input-token-count"] == "10"
    assert (told["cache-read-input-token-count"], told["cache-write-input-token-count"]) == ("8", "12")


def test_request_id__is_a_uuid() -> None:
    given = Converse().headers(1.0, "req_0123456789abcdef0123456789abcdef", 200, None)
    assert given == {"x-amzn-requestid": "01234567-89ab-cdef-0123-456789abcdef"}


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "adaptive"}}, "high"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "high"),
        ({"reasoning_config": {"type": "enabled", "budget_tokens": 1024}}, "high"),
        ({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, "low"),
        ({"reasoningConfig": {"type": "disabled"}}, None),
        ({"reasoning_config": "high"}, "high"),
        ({"reasoning_effort": "medium"}, "medium"),
        ({}, None),
    ],
)
def test_converse__thinks_where_the_models_own_fields_say_so(fields: dict[str, Any], effort: str | None) -> None:
    body = {"messages": [], "additionalModelRequestFields": fields}
    assert asked(Converse(), CLAUDE, "converse", body).reasoning_effort == effort


@pytest.mark.parametrize("source", [{"text": "Cats sleep."}, {"content": [{"text": "Cats"}, {"text": "sleep."}]}])
def test_document__that_is_a_text_is_read(source: dict[str, Any]) -> None:
    document = {"document": {"format": "txt", "name": "cats", "source": source, "citations": {"enabled": True}}}
    body = {"messages": [{"role": "user", "content": [document, {"text": "Who?"}]}]}
    prompt = asked(Converse(), CLAUDE, "converse", body)
    assert prompt.last_user.split() == ["Cats", "sleep.", "Who?"]


def test_converse__reads_what_a_guardrail_checks() -> None:
    image = {"format": "png", "source": {"bytes": "aGk="}}
    content = [{"text": "Hi."}, {"guardContent": {"text": {"text": "Who?"}}}, {"guardContent": {"image": image}}]
    body = {
        "system": [{"guardContent": {"text": {"text": "Be brief."}}}],
        "messages": [{"role": "user", "content": content}],
    }
    system, user = asked(Converse(), CLAUDE, "converse", body).messages
    assert (system.text, user.text, [part.kind for part in user.parts]) == ("Be brief.", "Hi.\nWho?", ["image"])


def test_converse__reads_a_cache_point_after_a_result_as_no_message() -> None:
    call = {"toolUse": {"toolUseId": "t1", "name": "look", "input": {}}}
    result = {"toolResult": {"toolUseId": "t1", "content": [{"text": "12"}]}}
    said = (("user", [{"text": "What is it?"}]), ("assistant", [call]), ("user", [result, CACHE_POINT]))
    body = {"messages": [{"role": role, "content": content} for role, content in said]}
    prompt = asked(Converse(), CLAUDE, "converse", body)
    assert [message.role for message in prompt.messages] == ["user", "assistant", "tool"]
    assert prompt.last_user == "What is it?"


@pytest.mark.parametrize("data", ["é", "!", "/w=="])
def test_converse__refuses_hidden_thinking_that_is_no_blob(data: str) -> None:
    said = [{"reasoningContent": {"redactedContent": data}}, {"text": "Hm."}]
    messages = [{"role": "user", "content": [{"text": "Hi"}]}, {"role": "assistant", "content": said}]
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    body = {"messages": [*messages, messages[0]], "additionalModelRequestFields": thinking}
    with pytest.raises(RequestError, match="Invalid `data` in `redacted_thinking` block"):
        Converse().parse(orjson.dumps(body), {}, validate=True, route={"model": CLAUDE, "method": "converse"})


KIMI, OSS, LUNA = "moonshot.kimi-k2-thinking", "openai.gpt-oss-120b-1:0", "us.openai.gpt-5.6-luna"
THOUGHT = Choice("Hi.", reasoning="Hm.")
THOUGHT_CALL = Choice(finish_reason="tool_calls", reasoning="Hm.", tool_calls=CALLED.tool_calls)


def kinds(model: str, choice: Choice) -> list[str]:
    """Return what the blocks of a stream say, in turn: the names of their first deltas, and of empty texts `-`."""
    found: dict[int, str] = {}
    for name, event in streamed(Converse(), model, "converse-stream", choice):
        if name == "contentBlockDelta" and event["contentBlockIndex"] not in found:
            [kind] = event["delta"]
            found[event["contentBlockIndex"]] = "-" if event["delta"] == {"text": ""} else kind
    return [found[at] for at in sorted(found)]


@pytest.mark.parametrize(
    ("model", "choice", "said"),
    [
        (OSS, THOUGHT, ["-", "reasoningContent", "text"]),
        (KIMI, THOUGHT, ["-", "reasoningContent", "text"]),
        (KIMI, THOUGHT_CALL, ["-", "reasoningContent", "-", "toolUse", "-"]),
        (KIMI, CALLED, ["-", "toolUse", "-"]),
        (CLAUDE, THOUGHT_CALL, ["reasoningContent", "toolUse"]),
        ("us.deepseek.r1-v1:0", THOUGHT, ["reasoningContent", "text"]),
    ],
)
def test_converse__streams_empty_texts_between_blocks_of_open_models(
    model: str, choice: Choice, said: list[str]
) -> None:
    assert kinds(model, choice) == said
    whole = converse(model, choice=choice)["output"]["message"]["content"]
    assert {"text": ""} not in whole and {next(iter(block)) for block in whole} >= {*said} - {"-"}


@pytest.mark.parametrize(("model", "first"), [("us.deepseek.r1-v1:0", "text"), (OSS, "reasoningContent")])
def test_converse__has_the_answer_of_r1_before_what_it_thought(model: str, first: str) -> None:
    assert next(iter(converse(model, choice=THOUGHT)["output"]["message"]["content"][0])) == first


@pytest.mark.parametrize(
    ("model", "said", "beginning"),
    [(LUNA, "Hello", "rsn_"), ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", REDACTION_TRIGGER, "E")],
)
def test_converse__hides_thinking_in_a_blob_that_comes_back(model: str, said: str, beginning: str) -> None:
    question = [{"role": "user", "content": [{"text": said}]}]
    thinks = {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}}
    body = {"messages": question, **(thinks if model != LUNA else {})}
    [hidden, _] = converse(model, body, THOUGHT)["output"]["message"]["content"]
    blob = hidden["reasoningContent"]["redactedContent"]
    assert base64.b64decode(blob).decode().startswith(beginning)
    turns = [*question, {"role": "assistant", "content": [hidden, {"text": "Hi."}]}, *question]
    again = orjson.dumps({**body, "messages": turns})
    prompt = Converse().parse(again, {}, validate=True, route={"model": model, "method": "converse"})
    assert prompt.messages[1].thoughts[0].sealed


def test_converse__names_calls_of_openai_s_gpts_as_they_do() -> None:
    [call] = [block for block in converse(LUNA)["output"]["message"]["content"] if "toolUse" in block]
    assert re.fullmatch("call_[0-9a-f]{32}", call["toolUse"]["toolUseId"])
    fields = {"messages": [], "additionalModelRequestFields": {"reasoning": {"effort": "high"}}}
    assert asked(Converse(), LUNA, "converse", fields).reasoning_effort == "high"


def applied(choice: Choice, body: dict[str, Any]) -> dict[str, Any]:
    """Return what a guardrail that is asked alone answers."""
    found = registry.format_at("/guardrail/g1/version/1/apply")
    assert found is not None
    wire, route = found
    prompt = wire.parse(orjson.dumps(body), {}, validate=True, route=route)
    document: dict[str, Any] = orjson.loads(wire.render(reply(choice), prompt).data)
    said = registry.read(Traffic("POST", "/guardrail/g1/version/1/apply", b"{}", (orjson.dumps(document),)))
    assert said.reply and said.reply.choices[0].moderation == Moderation({}, bool(document["outputs"]))
    return document


VIOLENT = Moderation({"violence": 0.95, "violence/graphic": 0.8, "hate": 0.4, "illicit": 0.6})


@pytest.mark.parametrize(
    ("choice", "filters", "said"),
    [
        (Choice("Hi"), None, None),
        (Choice(moderation=Moderation({"violence": 0.4})), None, None),
        (Choice(moderation=Moderation({"violence": 0.9}, flagged=False)), None, None),
        (Choice(moderation=VIOLENT), [("VIOLENCE", "HIGH"), ("MISCONDUCT", "LOW")], BLOCKED),
        (Choice("No.", moderation=Moderation({"hate": 0.1}, flagged=True)), [("HATE", "LOW")], "No."),
        (Choice(moderation=Moderation(flagged=True)), [("MISCONDUCT", "HIGH")], BLOCKED),
        (FILTERED, None, "Not that."),
    ],
)
def test_guardrail__blocks_what_a_script_flags(choice: Choice, filters: Any, said: str | None) -> None:
    document = applied(choice, {"source": "INPUT", "content": [{"text": {"text": "Hello"}}]})
    assert [*document] == sorted(document) and document["usage"].keys() == set(INVOKED_UNITS)
    assert document["action"] == ("GUARDRAIL_INTERVENED" if said else "NONE")
    assert document["blockedResponse"] == said and document["outputs"] == ([{"text": said}] if said else [])
    (found,) = document["assessments"]
    assert [*found] == sorted(found) and found["appliedGuardrailDetails"]["guardrailId"] == "g1"
    assert document["guardrailCoverage"] == {"images": None, "textCharacters": {"guarded": 5, "total": 5}}
    told = found["contentPolicy"] and [(each["type"], each["confidence"]) for each in found["contentPolicy"]["filters"]]
    assert told == filters and bool(found["topicPolicy"]) == (choice is FILTERED)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Value at 'source' failed to satisfy constraint: Member must not be null"),
        ({"source": "INPUT"}, "Value at 'content' failed"),
        ({"source": "IN", "content": []}, "Member must satisfy enum value set: [INPUT, OUTPUT]"),
        ({"source": "INPUT", "content": {}}, "MAP_VALUE can not be converted to List"),
    ],
)
def test_guardrail__refuses_what_is_no_request(body: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=re.escape(said)):
        applied(Choice(), body)
