"""`mock_llm` as a test's author uses it, in this very test run."""

import asyncio
import os
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.exceptions import ControlError, RequestError
from completions.pytest_plugin.caller import MockLLMWarning
from completions.pytest_plugin.control import Control
from completions.pytest_plugin.exchanges import described
from completions.pytest_plugin.mock import MockLLM
from llmclient.lite import load
from tests.patience import PATIENCE


def asked(text: str = "Hello", **more: Any) -> str:
    """Ask as an application does that knows nothing of the mock, and return what was answered."""
    with OpenAI(max_retries=0) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}], **more)
        return str(answer.choices[0].message.content)


async def aasked(text: str = "Hello") -> str:
    async with AsyncOpenAI(max_retries=0) as client:
        answer = await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])
        return str(answer.choices[0].message.content)


def test_reply__rules_are_tried_in_the_order_in_which_they_were_made(mock_llm: MockLLM) -> None:
    mock_llm.script("version: 1\nrules:\n- reply: the script's own\n")
    mock_llm.reply("first", times=1)
    mock_llm.reply("about refunds", when="refund")
    mock_llm.reply("by mini", when={"model": "gpt-4o-mini"})
    mock_llm.reply("second", times=1)
    assert [asked(), asked(), asked("a refund!"), asked()] == [
        "first",
        "second",
        "about refunds",
        "the script's own",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{{ not }} a {% template",
        "{{{%#} {# b #} {% c %} {",
        "{# no more #}",
        "a\u2028b\x7f 🎉 é\n",
        "/no regex/",
        "- no: yaml",
    ],
)
def test_reply__a_text_stands_as_it_is(mock_llm: MockLLM, text: str) -> None:
    mock_llm.reply(text, when="Hello " + text)
    assert asked(f"Well, Hello {text}!") == text
    mock_llm.assert_called(times=1, when="Hello " + text)


def test_reply__takes_the_language_of_scripts(mock_llm: MockLLM) -> None:
    mock_llm.reply({"text": "You said {{ prompt.last_user }}", "finish_reason": "length"}, name="mine")
    assert asked() == "You said Hello"
    assert mock_llm.last.rule == "mine"


def test_reply__a_list_is_in_order(mock_llm: MockLLM) -> None:
    mock_llm.reply(["one", {"error": {"status": 503}}, lambda prompt: "three"])
    assert asked() == "one"
    with pytest.raises(openai.InternalServerError):
        asked()
    assert [asked(), asked()] == ["three", "three"]


def test_reply__a_wrong_one_says_what_is_wrong(mock_llm: MockLLM) -> None:
    with pytest.raises(ControlError, match=r"`rule.reply.txt` is not known here.*Did you mean `text`"):
        mock_llm.reply({"txt": "a"})
    with pytest.raises(TypeError, match="`when` takes a text"):
        mock_llm.reply("a", when=3)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("{{ plain }}", "{{ plain }}"),
        ({"json": {"a": "{{ b }}"}}, '{"a":"{{ b }}"}'),
        (Choice("chosen", "length"), "chosen"),
        ([Choice("chosen")], "chosen"),
        (Reply((Choice("whole"),), model="gpt-5"), "whole"),
    ],
)
def test_callable__may_return_what_a_reply_can_be(mock_llm: MockLLM, result: object, said: str) -> None:
    mock_llm.reply(lambda prompt: result)
    assert asked() == said


def test_reply__takes_objects(mock_llm: MockLLM) -> None:
    mock_llm.reply([Choice("{{ chosen }}"), Reply((Choice("whole"),), model="gpt-5")])
    assert [asked(), asked()] == ["{{ chosen }}", "whole"]
    assert mock_llm.last.response["body"]["model"] == "gpt-5"


def test_callable__gets_the_prompt(mock_llm: MockLLM) -> None:
    prompts: list[Prompt] = []

    def answer(prompt: Prompt) -> str:
        prompts.append(prompt)
        return f"{prompt.model}: {prompt.last_user}"

    mock_llm.reply(answer)
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    assert asked(tools=[tool], extra_headers={"x-plan": "paid"}) == "gpt-4o: Hello"
    (prompt,) = prompts
    assert isinstance(prompt, Prompt)
    assert (prompt.tools[0].name, prompt.headers["x-plan"]) == ("f", "paid")
    assert "authorization" not in prompt.headers
    assert prompt.body["model"] == "gpt-4o"


def test_callable__may_call_tools(mock_llm: MockLLM) -> None:
    mock_llm.reply(lambda prompt: Choice(tool_calls=(ToolCall("f", '{"a":1}'),)))
    asked()
    assert mock_llm.last.answer == 'f({"a":1})'


def test_callable__may_refuse(mock_llm: MockLLM) -> None:
    def refuse(prompt: Prompt) -> str:
        raise RequestError("No more.", status=429, code="insufficient_quota", headers={"retry-after": "7"})

    mock_llm.reply(refuse)
    with pytest.raises(openai.RateLimitError, match=r"No more\.") as caught:
        asked()
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda prompt: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda prompt: None, "must return a text, a reply in the language of scripts as a dict, a Reply or Choices,"),
        (lambda prompt: {"text": object()}, "What the callable returned is not JSON"),
        (lambda prompt: {"txt": "a"}, "`txt` is not known here"),
    ],
)
def test_callable__that_fails_is_a_clear_error(mock_llm: MockLLM, function: Any, why: str) -> None:
    mock_llm.reply(function)
    with pytest.raises(openai.InternalServerError) as caught:
        asked()
    assert why in str(caught.value)
    assert mock_llm.last.error["code"] == "callback_failed"


async def test_callable__that_is_async_runs_in_the_test_s_own_loop(mock_llm: MockLLM) -> None:
    loops = [asyncio.get_running_loop()]

    async def answer(prompt: Prompt) -> str:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        return "awaited"

    mock_llm.reply(answer)
    assert await aasked() == "awaited"
    assert loops[0] is loops[1]


def test_callable__that_is_async_runs_for_sync_tests_too(mock_llm: MockLLM) -> None:
    async def answer(prompt: Prompt) -> str:
        return prompt.last_user[::-1]

    mock_llm.reply(answer)
    assert asked() == "olleH"


def test_error__is_the_api_s_own(mock_llm: MockLLM) -> None:
    mock_llm.error(429, code="insufficient_quota", retry_after_ms=1500, when="Hello", times=1)
    with pytest.raises(openai.RateLimitError) as caught:
        asked()
    assert (caught.value.code, caught.value.response.headers["retry-after-ms"]) == ("insufficient_quota", "1500")
    asked()
    assert mock_llm.last.unmatched


def test_error__can_be_named(mock_llm: MockLLM) -> None:
    mock_llm.error("rate_limit_exceeded", times=1)
    mock_llm.error(code="invalid_api_key", times=1)
    with pytest.raises(openai.RateLimitError):
        asked()
    with pytest.raises(openai.AuthenticationError):
        asked()
    with pytest.raises(ControlError, match="one of: context_length_exceeded, "):
        mock_llm.error("rate_limit_exceded")


@pytest.mark.parametrize("after_tokens", [None, 1], ids=["before_the_head", "in_the_stream"])
def test_exchanges__have_a_request_as_soon_as_its_client_has_left(mock_llm: MockLLM, after_tokens: int | None) -> None:
    """A client that closes its side may still wait for the answer: it takes the server a moment to find out."""
    mock_llm.reply("one two", hold={"gate": "door", "after_tokens": after_tokens} if after_tokens else "door")
    where = urlsplit(mock_llm.base_url)
    body = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}],"stream":true}'
    head = f"POST {where.path}/chat/completions HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((where.hostname, where.port), PATIENCE) as connection:
        connection.sendall(head.encode() + body)
        mock_llm.gate("door").wait(timeout=PATIENCE)
        while after_tokens and b"one" not in connection.recv(65536):  # unread bytes would make its end a reset
            pass
    assert [exchange.client_left for exchange in mock_llm.exchanges] == [True]


@pytest.mark.parametrize("model", ["gemini/gemini-2.5-flash", "anthropic/claude-sonnet-4-5", "ollama_chat/llama3"])
def test_variables__lead_litellm_to_the_mock(mock_llm: MockLLM, model: str) -> None:
    mock_llm.reply("Hi.")
    answer = load().completion(model=model, messages=[{"role": "user", "content": "Hello"}])
    assert answer.choices[0].message.content == "Hi."


def test_report__says_that_a_fault_had_no_effect(mock_llm: MockLLM) -> None:
    mock_llm.fault("disconnect", reply="one two")
    asked()
    with pytest.raises(AssertionError, match="without effect: disconnect: this answer is not streamed"):
        mock_llm.assert_called(times=2)


def test_report__has_the_words_that_the_client_got(mock_llm: MockLLM) -> None:
    mock_llm.script({"version": 1, "defaults": {"limits": {"rpd": 1}}, "rules": [{"reply": "Hi."}]})
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    version = {"anthropic-version": "2023-06-01"}
    heard = [httpx.post(f"{mock_llm.url}/v1/messages", json=body, headers=version).json() for _ in range(2)]
    (_, refused) = mock_llm.exchanges
    assert described(refused)[-1] == f"  error: rate_limit_exceeded: {heard[1]['error']['message']}"


def test_fault__befalls_the_reply(mock_llm: MockLLM) -> None:
    mock_llm.fault("disconnect", after_tokens=2, reply="one two three four", times=1)
    mock_llm.fault("malformed_json")
    heard = ""
    cut = (httpx.RemoteProtocolError, openai.APIConnectionError)  # openai 2 lets httpx's error through
    with OpenAI(max_retries=0) as client, pytest.raises(cut):
        for chunk in client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Go"}], stream=True
        ):
            heard += chunk.choices[0].delta.content or ""
    assert heard == "one two"
    with pytest.raises(ValueError):
        asked()
    assert [exchange.fault for exchange in mock_llm.wait_for(2, PATIENCE)] == ["disconnect", "malformed_json"]
    assert mock_llm.exchanges[0].answer == "one two"


@pytest.mark.parametrize("fault", [{"disconnect": {"after_tokens": 2}}, [{"disconnect": {"after_tokens": 2}}]], ids=str)
def test_fault__can_be_as_scripts_have_it(mock_llm: MockLLM, fault: Any) -> None:
    mock_llm.fault(fault, reply="one two three four")
    with OpenAI(max_retries=0) as client, pytest.raises((httpx.RemoteProtocolError, openai.APIConnectionError)):
        list(client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Go"}], stream=True))
    assert mock_llm.wait_for(1, PATIENCE)[0].answer == "one two"
    with pytest.raises(TypeError, match=r"takes a status as a number: error\(429\)\."):
        mock_llm.error("429")
    with pytest.raises(TypeError, match=r"by name: fault\('disconnect', after_tokens=3\)"):
        mock_llm.fault("disconnect; after_tokens=3")
    with pytest.raises(TypeError, match="each fault has its own parameters"):
        mock_llm.fault(fault, ms=3)


def test_gate__holds_the_answer_until_it_is_released(mock_llm: MockLLM) -> None:
    gate = mock_llm.gate("door")
    mock_llm.reply("in", hold={"gate": "door", "timeout_ms": 3_600_000})
    heard: list[str] = []
    thread = threading.Thread(target=lambda: heard.append(asked()))
    thread.start()
    gate.wait(timeout=PATIENCE)
    assert (gate.waiting, heard) == (1, [])
    with pytest.raises(AssertionError, match=r"0 instead of 1 wait at the gate 'dor' .* Elsewhere: 1 at 'door'\."):
        mock_llm.gate("dor").wait(timeout=0.01)
    assert gate.release() == 1
    thread.join()
    assert heard == ["in"]
    with pytest.raises(AssertionError, match=r"0 instead of 1 wait at the gate 'door' after 0\.01 s"):
        gate.wait(timeout=0.01)


async def test_gate__holds_for_async_tests(mock_llm: MockLLM) -> None:
    mock_llm.reply("in", hold={"gate": "door", "timeout_ms": 3_600_000})
    asking = asyncio.create_task(aasked())
    await mock_llm.gate("door").await_for(1, PATIENCE)
    mock_llm.gate("door").release()
    assert await asking == "in"


async def test_wait__lets_the_loop_run(mock_llm: MockLLM) -> None:
    asking = asyncio.gather(aasked("one"), aasked("two"))
    exchanges = await mock_llm.await_for(2, PATIENCE)
    assert sorted(exchange.prompt for exchange in exchanges) == ["one", "two"]
    await asking


def test_wait__in_trio(mock_llm: MockLLM) -> None:
    trio = pytest.importorskip("trio", reason="tests/requirements.txt has trio")
    asking = threading.Thread(target=asked)
    mock_llm.reply("in", hold="door")
    asking.start()
    trio.run(mock_llm.gate("door").await_for, 1, PATIENCE)
    mock_llm.gate("door").release()
    assert len(trio.run(mock_llm.await_for, 1, PATIENCE)) == 1
    asking.join()


def test_wait__says_what_was_there(mock_llm: MockLLM) -> None:
    asked("the only one")
    with pytest.raises(
        AssertionError, match=r"answered 1 instead of 2 requests within 0\.05 s\.\n(.*\n)*.*the only one"
    ):
        mock_llm.wait_for(2, timeout=0.05)


def test_exchanges__show_what_was_asked_and_answered(mock_llm: MockLLM) -> None:
    assert mock_llm.exchanges == []
    with pytest.raises(AssertionError, match="has had no requests"):
        _ = mock_llm.last
    mock_llm.reply("Hi.")
    asked("one")
    asked("two", stream=False, user="ann")
    first, second = mock_llm.exchanges
    assert (first.prompt, first.answer, first.status, first.model) == ("one", "Hi.", 200, "gpt-4o")
    assert second.body["user"] == "ann"
    assert [(message.role, message.text) for message in second.messages] == [("user", "two")]
    assert mock_llm.last.id == second.id == second.raw["id"]
    assert "sk-" not in str(second.request["headers"])
    assert repr(first).startswith("<Exchange POST /v1/chat/completions 200 (gpt-4o, rule 'test_mock_llm.py:")
    with pytest.raises(AttributeError, match="An exchange has no 'promt'; it has"):
        _ = first.promt


def test_exchanges__are_all_there_however_many(mock_llm: MockLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("completions.pytest_plugin.mock.PAGE", 2)
    with OpenAI(max_retries=0) as client:
        for number in range(5):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(number)}])
    assert [exchange.prompt for exchange in mock_llm.exchanges] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("looks_up", [False, True])
def test_assert_called__counts_what_is_meant(mock_llm: MockLLM, looks_up: bool) -> None:
    mock_llm.reply("x")
    asked("one")
    asked("two", user="ann")
    if looks_up:  # as LiteLLM does by itself, before or after it asks
        httpx.get(f"{mock_llm.url}/v1/models", trust_env=False).raise_for_status()
        httpx.post(f"{mock_llm.url}/api/show", json={"name": "m"}, trust_env=False).raise_for_status()
        file = {"file": ("a.txt", b"a")}
        data = {"purpose": "user_data"}
        httpx.post(f"{mock_llm.base_url}/files", data=data, files=file, trust_env=False).raise_for_status()
        mock_llm.assert_called(times=1, when={"format": "ollama_show"})
        mock_llm.assert_called(times=1, when=lambda exchange: exchange.path.endswith("/api/show"))
    assert (mock_llm.last.prompt, len(mock_llm.exchanges)) == ("two", 5 if looks_up else 2)
    mock_llm.assert_called()
    mock_llm.assert_called(times=2)
    mock_llm.assert_called(times=1, when="two")
    mock_llm.assert_called(times=1, when={"user": "ann"})
    mock_llm.assert_called(times=0, when={"last_user": "/three/"})
    mock_llm.assert_called(times=2, when=lambda exchange: exchange.status == 200 and exchange.prompt != "")
    with pytest.raises(AssertionError) as caught:
        mock_llm.assert_called(when="three")
    told = str(caught.value)
    assert told.startswith(
        "mock_llm should have been asked with 'three' at least once, but was asked 0 times.\n1. POST /v1/"
    )
    assert "asked: one" in told


REFUND = "a refund?"
ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": REFUND}]}),
    "legacy": ("/v1/completions", {"model": "m", "prompt": REFUND}),
    "responses": ("/v1/responses", {"model": "m", "input": REFUND}),
    "anthropic": ("/v1/messages", {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": REFUND}]}),
    "gemini": ("/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": REFUND}]}]}),
    "gemini, streamed": ("/v1beta/models/m:streamGenerateContent", {"contents": [{"parts": [{"text": REFUND}]}]}),
    "ollama": ("/api/chat", {"model": "m", "messages": [{"role": "user", "content": REFUND}]}),
    "ollama generate": ("/api/generate", {"model": "m", "prompt": REFUND}),
    "groq": ("/groq/openai/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": REFUND}]}),
}


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("stream", [False, True])
def test_assert_called__whatever_api_was_asked(mock_llm: MockLLM, name: str, stream: bool) -> None:
    path, body = ASKS[name]
    mock_llm.reply("Five days.", when="refund")
    more = {} if name.startswith("gemini") else {"stream": stream}
    headers = {"anthropic-version": "2023-06-01"}
    assert httpx.post(mock_llm.url + path, json=body | more, headers=headers, trust_env=False).status_code == 200
    mock_llm.assert_called(times=1, when="refund")
    mock_llm.assert_called(when={"last_user": {"endswith": "?"}})
    with pytest.raises(AssertionError, match="0 times, but was asked once"):
        mock_llm.assert_called(times=0, when="refund")
    assert (mock_llm.last.prompt, mock_llm.last.answer) == (REFUND, "Five days.")
    assert [message.text for message in mock_llm.last.messages] == [REFUND]


def test_assert_called__costs_one_round_trip(mock_llm: MockLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        asked("a refund?", stream=False)
    trips: list[str] = []
    send = Control.ask

    def counted(self: Control, method: str, path: str, *rest: Any, **more: Any) -> Any:
        trips.append(path)
        return send(self, method, path, *rest, **more)

    monkeypatch.setattr(Control, "ask", counted)
    mock_llm.assert_called(times=20, when="refund")
    assert len(trips) == 1
    mock_llm.assert_called(times=20, when=lambda exchange: "refund" in exchange.prompt)
    assert len(trips) == 2
    with pytest.raises(ControlError, match="last_usr"):
        mock_llm.assert_called(when={"last_usr": "refund"})


def test_assert_no_unmatched__shows_near_misses(mock_llm: MockLLM) -> None:
    mock_llm.reply("x", when="refund", name="refunds")
    asked("a refund")
    mock_llm.assert_no_unmatched()
    asked("anything else")
    with pytest.raises(AssertionError, match="No rule matched 1 of") as caught:
        mock_llm.assert_no_unmatched()
    assert "near miss: refunds: last_user contains 'refund'" in str(caught.value)


def test_script__is_yaml_a_file_a_built_in_one_or_a_dict(mock_llm: MockLLM, tmp_path: Path) -> None:
    mock_llm.script({"version": 1, "rules": [{"reply": "dict"}]})
    assert asked() == "dict"
    mock_llm.script("{version: 1, rules: [{reply: text}]}")
    assert asked() == "text"
    mock_llm.script(f"{{version: 1, rules: [{{reply: {'a' * 5000}}}]}}")
    assert asked() == "a" * 5000
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\nrules: [{reply: path}]")
    mock_llm.script(file)
    assert asked() == "path"
    mock_llm.script("echo")
    assert asked("Say it again.") == "Say it again."
    with pytest.raises(
        FileNotFoundError, match=r"There is no script nowhere\.yaml in .*; the built-in ones are mock, "
    ):
        mock_llm.script("nowhere.yaml")
    with pytest.raises(ControlError, match=r"^script:1: the script lacks `rules`"):
        mock_llm.script("version: 1\n")
    file.write_text("version: 1\nrules: [{replay: path}]")
    with pytest.raises(ControlError, match=rf"^{re.escape(str(file))}:2: `rules\[0\]\.replay` is not known here"):
        mock_llm.script(file)
    with pytest.raises(ControlError, match=r"^`rules\[0\]\.replay` is not known here"):
        mock_llm.script({"version": 1, "rules": [{"replay": "dict"}]})
    with pytest.raises(ControlError, match=r"^`rule\.fault\.disconect` is not known here"):
        mock_llm.fault("disconect")


@pytest.mark.llm_script("marked.yaml")
def test_marker__needs_no_fixture_and_looks_beside_the_test() -> None:
    assert asked() == "From the marked script."


def test_reset__forgets_everything(mock_llm: MockLLM) -> None:
    mock_llm.reply("x")
    assert asked() == "x"
    mock_llm.reset()
    assert mock_llm.exchanges == []
    assert asked() != "x"


def test_namespaces__keep_tests_apart(mock_llm: MockLLM) -> None:
    assert mock_llm.namespace.startswith("tests-pytest_plugin-test_mock_llm.py-test_namespaces__keep_tests_apart-")
    assert mock_llm.exchanges == []


def run_url(mock_llm: MockLLM) -> str:
    """Return the address that leads to the mock of whichever test runs."""
    return mock_llm.url.partition("/ns/")[0]


def test_variables__lead_here_and_past_every_proxy(mock_llm: MockLLM) -> None:
    assert os.environ["OPENAI_BASE_URL"] == os.environ["OPENAI_API_BASE"] == f"{run_url(mock_llm)}/v1"
    assert os.environ["OPENAI_API_KEY"] == mock_llm.api_key
    assert os.environ["ANTHROPIC_BASE_URL"] == run_url(mock_llm)
    assert os.environ["OLLAMA_HOST"] == f"{run_url(mock_llm)}/ollama"
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


def test_module_client__works(mock_llm: MockLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    """`openai`'s own module client refuses to choose where variables of Azure's stand beside OpenAI's."""
    monkeypatch.setattr(openai, "api_key", None)
    monkeypatch.setattr(openai, "base_url", None)
    mock_llm.reply("from the module")
    answer = openai.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello"}])
    assert answer.choices[0].message.content == "from the module"
    openai._reset_client()  # type: ignore[attr-defined, unused-ignore]  # not in all versions


@pytest.mark.parametrize(
    ("tell", "warning"),
    [
        (lambda mock: [mock.reply("a"), mock.reply("b")], "which is tried before it, matches every request."),
        (lambda mock: [mock.reply("a"), mock.reply("b", when="x")], "matches every request."),
        (lambda mock: [mock.reply("a", when="x"), mock.reply("b", when="x")], "has the same condition."),
        (lambda mock: mock.reply("a", when=""), "`rule.match.last_user.contains` is empty, so every text matches;"),
        (
            lambda mock: mock.reply("a", when={"header": {}}),
            "`rule.match.header` has no condition in it, so it always",
        ),
        (lambda mock: mock.reply({"text": "{{ b }}"}), "`rule.reply.text` uses `b`, which does not exist;"),
        (
            lambda mock: mock.script("version: 1\nrules:\n- reply: a\n- reply: b\n"),
            "script:4: the rule 'rule 2' never answers",
        ),
        (lambda mock: mock.gate("dor").release(), "No answer waits at the gate 'dor', and no rule has it."),
    ],
)
def test_told__what_most_likely_means_something_else_is_a_warning(
    tell: Callable[[MockLLM], object], warning: str, mock_llm: MockLLM
) -> None:
    with pytest.warns(MockLLMWarning, match=re.escape(warning)) as found:
        tell(mock_llm)
    (only,) = found
    assert Path(only.filename).name == "test_mock_llm.py"
    assert not str(only.message).startswith("pushed:")


def test_told__what_means_what_it_says_is_none(mock_llm: MockLLM) -> None:
    mock_llm.script("version: 1\nrules:\n- reply: a\n")
    mock_llm.error(429, times=1)
    mock_llm.reply("a", when="x", hold="door")
    mock_llm.reply("b", when="y")
    mock_llm.reply("b", when="y")  # as a setup does that runs for each test of a module's mock
    mock_llm.reply("c")
    mock_llm.reply("c")
    mock_llm.gate("door").release()
