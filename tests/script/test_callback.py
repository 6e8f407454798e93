"""`callback:`: the prompt goes to a URL, and what comes back is the answer."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Message, Reply
from completions.exceptions import RequestError, ScriptError
from completions.script.reply.callback import document
from completions.script.text.as_json import as_json
from completions.script.text.reading import read_text
from tests.scripts import asked, rules, script


class Program:
    """A program elsewhere: it answers each POST with `status`, `kind` and `text`, and keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.kind, self.text = 200, "application/json", '"Hello from elsewhere"'
        self.asked: list[dict[str, Any]] = []
        self.ready = asyncio.Event()
        self.ready.set()
        self.tasks: list[asyncio.Task[Any] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
        except asyncio.IncompleteReadError:  # it gave up before it had asked
            return writer.close()
        length = int(head.partition(b"content-length:")[2].split()[0])
        self.asked.append(json.loads(await reader.readexactly(length)))
        await self.ready.wait()
        body = self.text.encode()
        headers = f"content-type: {self.kind}\r\ncontent-length: {len(body)}\r\nconnection: close"
        writer.write(f"HTTP/1.1 {self.status} Whatever\r\n{headers}\r\n\r\n".encode() + body)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def program() -> AsyncIterator[tuple[Program, str]]:
    program = Program()
    async with await asyncio.start_server(program.serve, "127.0.0.1", 0) as server:
        yield program, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/answer"
        program.ready.set()
        await asyncio.gather(*filter(None, program.tasks))


async def answered(url: str, more: str = "", prompt: Any = None) -> Any:
    answer: Any = script(rules(f"- reply: {{callback: {url}{more}}}")).rules[0].answers[0]
    return await answer(prompt or asked())


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("application/json", '"Hi"', "Hi"),
        ("application/json; charset=utf-8", '{"text": "Hi {{ not }} {% a template"}', "Hi {{ not }} {% a template"),
        ("text/plain; charset=utf-8", '{"as": "it stands"} é', '{"as": "it stands"} é'),
        ("text/plain", "a\u2028b\x7f\u0085 🎉", "a\u2028b\x7f\u0085 🎉"),
        ("application/json", '{"echo": true}', "Hello"),
        ("application/json", '{"json": {"a": [1, "{{ b }}"]}}', '{"a":[1,"{{ b }}"]}'),
    ],
)
async def test_callback__gives_the_text(program: tuple[Program, str], kind: str, text: str, said: str) -> None:
    program[0].kind, program[0].text = kind, text
    reply = await answered(program[1])
    assert isinstance(reply, Reply)
    assert reply.choices[0].text == said


async def test_callback__is_sent_the_prompt_without_its_secrets(program: tuple[Program, str]) -> None:
    messages = (Message("system", "Be brief."), Message("user", "Hello"))
    prompt = asked(messages=messages, headers={"authorization": "Bearer sk-1", "x-plan": "paid"}, stream=True)
    await answered(program[1], prompt=prompt)
    (sent,) = program[0].asked
    assert sent == json.loads(document(prompt))
    assert (sent["last_user"], sent["system"], sent["turn"], sent["stream"]) == ("Hello", "Be brief.", 0, True)
    assert sent["headers"] == {"x-plan": "paid"}
    assert sent["messages"][1] == {**sent["messages"][0], "role": "user", "text": "Hello"}


async def test_callback__gives_tool_calls_and_errors(program: tuple[Program, str]) -> None:
    program[0].text = '{"tool_calls": [{"name": "f", "arguments": {"a": "{{ 1 }}"}}], "model": "m"}'
    reply = await answered(program[1])
    assert (reply.choices[0].tool_calls[0].arguments, reply.model) == ('{"a":"{{ 1 }}"}', "m")
    program[0].text = '{"error": {"status": 429, "code": "insufficient_quota", "retry_after_ms": 1500}}'
    error = await answered(program[1])
    assert isinstance(error, RequestError)
    assert (error.status, error.code, error.headers["retry-after"]) == (429, "insufficient_quota", "2")


async def test_callback__has_the_facts_of_the_rule(program: tuple[Program, str]) -> None:
    assert (await answered(program[1], ", model: gpt-5, id: mine")).id == "mine"


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (500, "oh", "answered with status 500."),
        (200, "oh", "gave no answer: the answer: is not JSON"),
        (200, "{}", "gave no answer: the answer:1: the script is empty; it must have one of: text,"),
        (200, '{"txt": "a"}', "`txt` is not known here"),
        (200, '{"python": "os:getcwd"}', "gave no answer: the answer: `python` is not allowed in it."),
        (200, '{"callback": "http://a"}', "`callback` is not allowed in it."),
        (200, '{"error": 200}', "`error` must be an HTTP status"),
        (200, "[1]", "must be a string"),
    ],
)
async def test_callback__that_gives_no_answer_is_a_clear_error(
    program: tuple[Program, str], status: int, text: str, why: str
) -> None:
    program[0].status, program[0].text = status, text
    error = await answered(program[1])
    assert isinstance(error, RequestError)
    assert (error.status, error.type, error.code) == (500, "server_error", "callback_failed")
    assert error.message.startswith(f"The callback {program[1]} ")
    assert why in error.message


async def test_callback__that_is_late_is_a_clear_error(program: tuple[Program, str]) -> None:
    program[0].ready.clear()
    error = await answered(f"{{url: '{program[1]}', timeout_ms: 50}}")
    assert error.message == f"The callback {program[1]} did not answer within 0.05 s."


async def test_callback__that_nobody_serves_is_a_clear_error() -> None:
    error = await answered("http://127.0.0.1:9/")
    assert error.code == "callback_failed"
    assert "failed: ConnectError" in error.message


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (
            "{callback: http://a b/c}",
            "`rules[0].reply.callback` must be a URL of http or https, not 'http://a b/c'.",
        ),
        ("{callback: ftp://a/b}", "`rules[0].reply.callback` must be a URL of http or https, not 'ftp://a/b'."),
        ("{callback: 3}", "must be a string"),
        ("{callback: {timeout_ms: 3}}", "lacks `url`."),
        ("{callback: http://a, text: b}", "cannot be combined with `callback`"),
    ],
)
def test_callback__is_checked_when_it_is_read(written: str, why: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(rules(f"- reply: {written}"))
    assert why in str(caught.value)


@given(st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | st.text(), st.lists, max_leaves=8))
def test_as_json__is_read_as_it_was(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair, which no answer can carry
    assert read_text(as_json({"value": value}), "test").value == {"value": value}
