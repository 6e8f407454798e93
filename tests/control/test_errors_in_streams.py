"""An error that strikes within a stream: the script's own, at its place, in the shape of the API that is called."""

import json
from typing import Any

import pytest

from completions.receive.handler import Handler
from tests.asgi import Answer, call
from tests.control.client import control, told

pytestmark = pytest.mark.usefixtures("world")

HI = [{"role": "user", "content": "Hi"}]
CHAT = {"model": "m", "stream": True, "messages": HI}
ASKED: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "chat": ("/v1/chat/completions", CHAT, {}),
    "vllm": ("/vllm/v1/chat/completions", CHAT, {}),
    "openrouter": ("/openrouter/api/v1/chat/completions", CHAT, {}),
    "responses": ("/v1/responses", {"model": "m", "stream": True, "input": "Hi"}, {}),
    "anthropic": ("/v1/messages", {**CHAT, "max_tokens": 50}, {"anthropic-version": "2023-06-01"}),
    "gemini": (
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
        {},
    ),
    "gemini array": (
        "/v1beta/models/m:streamGenerateContent",
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
        {},
    ),
    "ollama": ("/api/chat", CHAT, {}),
}
RULE = {
    "reply": "one two three four",
    "error": {"status": 529, "type": "overloaded_error", "code": "overloaded", "message": "Too much."},
    "fault": {"error_event": {"after_tokens": 3}},
}


async def use(*rules: dict[str, Any]) -> None:
    await told("PUT", "script", json.dumps({"version": 1, "rules": rules}))


async def post(path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
    address, _, query = path.partition("?")
    return await call(
        Handler(), "POST", address, json.dumps(body).encode(), headers=headers or {}, query=query.encode()
    )


async def ask(api: str, **more: str) -> tuple[int, str]:
    path, body, headers = ASKED[api]
    answer = await post(path, body, {**headers, **more})
    return answer.status, answer.body.decode()


def events(text: str) -> list[tuple[str, Any]]:
    """Return the names and the documents of a stream, however it is framed."""
    if text.startswith("["):
        return [("", each) for each in json.loads(text)]
    if text.startswith("{"):
        return [("", json.loads(line)) for line in text.splitlines()]
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            data = fields["data"]
            found.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return found


FACTS = {"message": "Too much.", "type": "overloaded_error", "param": None, "code": "overloaded"}


@pytest.mark.parametrize("api", ASKED)
async def test_error__of_the_rule_strikes_after_its_text(api: str) -> None:
    await use(RULE)
    status, text = await ask(api)
    found = events(text)
    assert status == 200
    assert "three" in text
    assert "four" not in text
    done = found[-1] == ("", "[DONE]")
    name, error = found[-2] if done else found[-1]
    assert done == (api == "vllm")
    match api:
        case "chat":
            assert (name, error) == ("error", {"error": FACTS})
        case "vllm":
            assert error["error"]["message"] == "Too much."
        case "openrouter":
            first = found[0][1]
            assert {key: error[key] for key in ("id", "model", "created")} == {
                key: first[key] for key in ("id", "model", "created")
            }
            assert (error["error"]["code"], error["choices"][0]["finish_reason"]) == (529, "error")
        case "responses":
            number = found[-2][1]["sequence_number"] + 1
            said = {"code": "overloaded", "message": "Too much.", "param": None}
            assert (name, error) == ("error", {"type": "error", **said, "sequence_number": number})
        case "anthropic":
            told = {"details": None, "type": "overloaded_error", "message": "Too much."}
            assert (name, error["error"], error["request_id"][:4]) == ("error", told, "req_")
        case "ollama":
            assert error == {"error": "Too much."}
        case _:
            assert error["error"]["message"] == "Too much."


async def test_error__alone_strikes_after_a_text_that_is_made() -> None:
    await use({"error": 503, "fault": {"error_object": {"after_tokens": 2}}})
    status, text = await ask("chat")
    *before, (_, error) = events(text)
    assert (status, len(before), error["error"]["code"]) == (200, 3, "service_unavailable")


async def test_error__is_the_whole_answer_where_nothing_is_streamed() -> None:
    await use(RULE)
    answer = await post("/v1/chat/completions", {**CHAT, "stream": False})
    assert (answer.status, json.loads(answer.body)["error"]) == (529, FACTS)


async def test_error__that_a_request_asks_for_strikes_within_what_its_rule_says() -> None:
    await use({"reply": "one two three four"})
    headers = {"X-Mock-Error": "429; message=Slow down.", "X-Mock-Fault": "error_object; after_tokens=2"}
    status, text = await ask("chat", **headers)
    said = "".join(chunk["choices"][0]["delta"].get("content", "") for _, chunk in events(text)[:-1])
    assert (status, said, events(text)[-1][1]["error"]["message"]) == (200, "one two", "Slow down.")


async def test_journal__has_the_error_and_what_was_said_before_it() -> None:
    await use(RULE)
    await ask("chat")
    (listed,) = (await told("GET", "exchanges"))["exchanges"]
    seen = await told("GET", f"exchanges/{listed['id']}")
    assert (seen["status"], seen["fault"], seen["error"]["status"]) == (200, "error_event", 529)
    assert seen["said"]["answer"] == "one two three"
    rule = (await told("GET", f"exchanges/{listed['id']}/rule"))["rule"]
    assert (rule["reply"]["text"], rule["error"]) == ("one two three", {"status": 529, "message": "Too much."})


async def test_response__that_ended_with_an_error_is_not_kept() -> None:
    await use(RULE)
    _, text = await ask("responses")
    made = events(text)[0][1]["response"]["id"]
    assert (await call(Handler(), "GET", f"/v1/responses/{made}")).status == 404


FAILED = {"reply": {"text": "I began", "failure": {"code": "rate_limit_exceeded", "message": "Too much."}}}


async def test_failure__is_an_answer_that_says_so() -> None:
    await use(FAILED)
    response = {"code": "rate_limit_exceeded", "message": "Too much."}
    _, text = await ask("responses")
    (name, last) = events(text)[-1]
    assert (name, last["response"]["status"], last["response"]["error"]) == ("response.failed", "failed", response)
    path, body, _ = ASKED["responses"]
    whole = json.loads((await post(path, {**body, "stream": False})).body)
    assert (whole["status"], whole["error"], whole["completed_at"]) == ("failed", response, None)
    assert whole["output"][0]["content"][0]["text"] == "I began"
    (seen, streamed) = (await told("GET", "exchanges?said=true"))["exchanges"]
    assert (seen["said"]["answer"], streamed["said"]["answer"]) == ("I began", "I began")


@pytest.mark.parametrize(
    ("api", "ending"),
    [("chat", {}), ("openrouter", {"native_finish_reason": "error", "error": {"code": 502, "message": "Too much."}})],
)
async def test_failure__is_a_finish_reason_of_chats(api: str, ending: dict[str, Any]) -> None:
    await use(FAILED)
    path, body, _ = ASKED[api]
    choice = json.loads((await post(path, {**body, "stream": False})).body)["choices"][0]
    assert (choice["finish_reason"], ending.items() <= choice.items()) == ("error", True)
    _, text = await ask(api)
    finishes = [chunk["choices"][0] for _, chunk in events(text)[:-1] if chunk["choices"][0]["finish_reason"]]
    assert ending.items() <= finishes[0].items()


async def test_failure__is_refused_beside_another_ending() -> None:
    answer = await control(
        "PUT",
        "script",
        json.dumps({"version": 1, "rules": [{"reply": {**FAILED["reply"], "finish_reason": "stop"}}]}),
    )
    assert "cannot be combined with `finish_reason: stop`" in answer.body.decode()
