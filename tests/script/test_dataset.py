"""`dataset: …`: answers from the lines of a file, which stays on the disk."""

import json
import os
import tracemalloc
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from completions.conversation import Message, Reply
from completions.exceptions import ScriptError
from completions.resolve import engine
from completions.script.dataset import file as dataset_file
from completions.script.loader import load
from completions.script.review import doubts
from completions.script.text.reading import read_text
from completions.state.edits import push_rules
from completions.state.namespaces import Namespace
from tests.scripts import World, asked

LINES: list[Any] = [
    {"prompt": "One?", "reply": "First {{ turn }}."},
    {"prompt": " Two? ", "reply": {"tool_calls": {"name": "add", "arguments": {"a": 2}}}},
    {"prompt": "Three?", "error": 429},
    {"messages": [{"role": "user", "content": "Four?"}, {"role": "assistant", "content": "Fourth."}]},
]
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def rule(reply: str) -> str:
    return f"version: 1\nrules:\n  - reply: {{dataset: {reply}}}\n"


def world(folder: Path, text: str, lines: list[Any] | None = None) -> World:
    write(folder, LINES if lines is None else lines)
    return World(folder, text)


def write(folder: Path, lines: list[Any]) -> None:
    (folder / "data.jsonl").write_text("\n\n".join(map(json.dumps, lines)))


@pytest.fixture(autouse=True)
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_file, "LOOK_EVERY", 0.0)


async def test_turn__takes_line_by_line_and_begins_again(tmp_path: Path) -> None:
    mock = world(tmp_path, rule("data.jsonl"))
    said = [await mock.said() for _ in range(6)]
    assert said == ["First {{ turn }}.", "", "429 rate_limit_exceeded", "Fourth.", "First {{ turn }}.", ""]


async def test_file__may_begin_with_a_mark_of_utf8(tmp_path: Path) -> None:
    mock = world(tmp_path, rule("{file: data.jsonl, by: prompt}"))
    file = tmp_path / "data.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert [await mock.said("One?"), await mock.said("Four?")] == ["First {{ turn }}.", "Fourth."]


async def test_turn__of_replies_begins_with_the_first_line(tmp_path: Path) -> None:
    text = "version: 1\nrules:\n  - replies: [Wait., {dataset: data.jsonl}]\n"
    mock = world(tmp_path, text, ["a", "b"])
    assert [await mock.said() for _ in range(4)] == ["Wait.", "a", "b", "a"]


async def test_prompt__is_a_condition_of_the_rule(tmp_path: Path) -> None:
    text = rule("{file: data.jsonl, by: prompt}") + "  - reply: Else.\n"
    mock = world(tmp_path, text)
    said = [await mock.said(prompt) for prompt in ("Four?", "One? ", "Three?", "Five?", "Two?")]
    assert said == ["Fourth.", "First {{ turn }}.", "429 rate_limit_exceeded", "Else.", ""]
    only = mock.namespace.script.rules[0]
    assert only.why_not(asked("Five?")) == "last_user is a prompt of data.jsonl (saw 'Five?')"


async def test_prompt__that_stands_twice_is_the_first_line(tmp_path: Path) -> None:
    lines = [{"q": {"text": "Hi"}, "reply": str(number)} for number in range(3)]
    mock = world(tmp_path, rule("{file: data.jsonl, by: prompt, prompt: q.text}"), lines)
    assert await mock.said("Hi") == "0"


async def test_prompt__outside_of_a_reply_is_an_error_where_no_line_has_it(tmp_path: Path) -> None:
    text = "version: 1\ndefaults: {fallback: {dataset: {file: data.jsonl, by: prompt}}}\nrules: []\n"
    mock = world(tmp_path, text)
    assert await mock.said("Four?") == "Fourth."
    error = (await mock.outcome("Five?")).error
    assert error is not None and (error.status, error.code) == (500, "dataset_failed")
    assert "no line of data.jsonl has this prompt" in error.message


async def test_hash__is_of_the_messages_whatever_the_body(tmp_path: Path) -> None:
    mock = world(tmp_path, rule("{file: data.jsonl, by: hash}"), [f"line {number}" for number in range(50)])
    said = [await mock.said(f"Question {number}") for number in range(30)]
    assert said == [await mock.said(asked(f"Question {number}", body={"input": 1})) for number in range(30)]
    assert len(set(said)) > 15


async def test_texts__are_templates_over_the_line(tmp_path: Path) -> None:
    reply = """
      version: 1
      rules:
        - reply:
            dataset: data.jsonl
            text: "{{ row.answer }} of {{ row.from.name }}: {{ row.list }} {{ row.object }} {{ row.more|default:'-' }}"
            tool_calls: {name: "{{ row.tool }}", arguments: {said: "{{ prompt.last_user }}"}}
            model: "{{ row.answer }}-model"
    """
    line = {"answer": 'A "quote"', "from": {"name": "B"}, "list": [1, "x"], "object": {"a": None}, "tool": "add"}
    mock = world(tmp_path, reply, [line])
    reply_ = (await mock.outcome("Hi")).reply
    assert isinstance(reply_, Reply)
    (choice,) = reply_.choices
    assert choice.text == 'A "quote" of B: [1,"x"] {"a":null} -'
    assert [(call.name, call.arguments) for call in choice.tool_calls] == [("add", '{"said":"Hi"}')]
    assert reply_.model == 'A "quote"-model'
    assert doubts(mock.namespace.script) == []


async def test_line__in_the_form_of_a_chat(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "Let me "}, {"type": "text", "text": "add."}]
    message = {"role": "assistant", "content": parts, "tool_calls": [CALL]}
    mock = world(tmp_path, rule("data.jsonl"), [{"messages": [message, {"role": "tool", "content": "2"}]}])
    reply = (await mock.outcome()).reply
    assert reply is not None
    (choice,) = reply.choices
    assert choice.text == "Let me add."
    assert [(call.id, call.name, call.arguments) for call in choice.tool_calls] == [("call_1", "add", '{"a":1}')]


async def test_file__is_read_again_when_it_changes(tmp_path: Path) -> None:
    mock = world(tmp_path, rule("{file: data.jsonl, by: prompt}") + "  - reply: Else.\n")
    assert await mock.said("Six?") == "Else."
    write(tmp_path, [{"prompt": "Six?", "reply": "Sixth."}])
    assert await mock.said("Six?") == "Sixth."
    (tmp_path / "data.jsonl").write_text('{"prompt": "Six?"')
    failed = (await mock.outcome("Six?")).error
    assert failed is not None and (failed.status, failed.code) == (500, "dataset_failed")
    assert "data.jsonl:1: the line is not JSON" in failed.message
    assert not failed.message.endswith("..")
    assert str(mock.namespace.problem).startswith("data.jsonl:1: the line is not JSON")
    write(tmp_path, [{"prompt": "Six?", "reply": "Sixth again."}])
    assert await mock.said("Six?") == "Sixth again."
    assert mock.namespace.problem is None
    os.remove(tmp_path / "data.jsonl")
    assert await mock.said("Six?") == "500 dataset_failed"


async def test_file__of_what_is_pushed_is_beside_the_script_that_is_replaced(tmp_path: Path) -> None:
    mock = world(tmp_path, "version: 1\nrules: []\n", ["Pushed.", "Again."])
    await mock.namespace.change(lambda pushed: replace(pushed, script=rule("data.jsonl")))
    assert [await mock.said() for _ in range(3)] == ["Pushed.", "Again.", "Pushed."]
    pushed = read_text("{name: mine, reply: {dataset: {file: data.jsonl, by: hash}}}", "body")
    assert await push_rules(mock.namespace, pushed) == ["mine"]
    assert await mock.said() in ("Pushed.", "Again.")
    assert mock.namespace.builder.draft(rule("data.jsonl"), mock.namespace.pushed).rules[0].name == "mine"


async def test_file__of_what_is_pushed_over_a_builtin_script_is_where_the_server_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, ["Here."])
    monkeypatch.chdir(tmp_path)
    namespace = Namespace("test", "auto")
    await namespace.change(lambda pushed: replace(pushed, script=rule("{file: data.jsonl, by: hash}")))
    outcome = await engine.resolve(namespace, asked("Hi"))
    assert outcome.reply is not None and outcome.reply.choices[0].text == "Here."


async def test_file__is_beside_the_script_or_at_a_path_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", ["deep"])
    mock = world(tmp_path, rule("deep/data.jsonl"))
    assert await mock.said() == "deep"
    mock.write(rule(str(tmp_path / "deep" / "data.jsonl")))
    assert await World(tmp_path, mock.file.read_text()).said() == "deep"


@pytest.mark.parametrize(
    ("reply", "lines", "expected"),
    [
        ("none.jsonl", "", "yaml:3: `rules[0].reply.dataset` names none.jsonl, which cannot be read: No such file"),
        (".", "", "names ., which cannot be read: Is a directory."),
        ("data.jsonl", "\n\n", "names data.jsonl, which has no lines."),
        ("data.jsonl", '"a"\n\n{"reply": "b"', "data.jsonl:3: the line is not JSON: unexpected end of data, at ch"),
        ("data.jsonl", "[1]", "data.jsonl:1: the line must be a JSON object, or a text."),
        ("data.jsonl", '{"answer": "b"}', "data.jsonl:1: the line has no answer: it needs `reply`, `error`, or"),
        ("data.jsonl", '{"answer": "b"}', '`text: "{{ row.FIELD }}"` (it has answer).'),
        ("data.jsonl", '{"reply": {"txt": "b"}}', "data.jsonl:1: `reply.txt` is not known here"),
        ("data.jsonl", '{"error": 200}', "data.jsonl:1: `error` must be"),
        ("data.jsonl", '{"reply": {"python": "os:getcwd"}}', "data.jsonl:1: `python` is not allowed in a line."),
        ("data.jsonl", '{"reply": {"dataset": "data.jsonl"}}', "data.jsonl:1: `dataset` is not allowed in a line."),
        ("data.jsonl, text: '{{ row.a }}'", '{"a": 1}\n{"b": 1}', "data.jsonl:2: the line has no `a`, which the reply"),
        ("data.jsonl, text: '{{ row.a }}'", '"text"', "data.jsonl:1: the line has no `a`"),
        (
            "{file: data.jsonl, by: prompt}",
            '{"q": "a", "reply": "b"}',
            "data.jsonl:1: the line has no text at `prompt`",
        ),
        ("{file: data.jsonl, by: prompt, prompt: q.0}", '{"q": "a", "reply": "b"}', "has no text at `q.0`"),
        ("{file: data.jsonl, by: chance}", '"a"', "must be one of turn, hash, prompt"),
        ("{file: data.jsonl, prompt: q}", '"a"', "has no effect: lines are chosen by turn"),
        ("data.jsonl, python: 'os:getcwd'", '"a"', "cannot be combined with `dataset`; allowed with it: text"),
        ("data.jsonl, events: [a]", '"a"', "cannot be combined with `dataset`"),
        ("data.jsonl, finish_reason: length", '"a"', "has no effect: the lines of the dataset have a"),
        ("data.jsonl, text: a, json: b", '"a"', "cannot be combined with `text`"),
    ],
)
def test_mistake__is_told_where_the_script_is_loaded(tmp_path: Path, reply: str, lines: str, expected: str) -> None:
    (tmp_path / "data.jsonl").write_text(lines)
    (tmp_path / "script.yaml").write_text(rule(reply))
    with pytest.raises(ScriptError) as caught:
        load(str(tmp_path / "script.yaml"))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("size", "is_wrong"), [(dataset_file.MAX_LINE_BYTES, False), (dataset_file.MAX_LINE_BYTES + 1, True)]
)
def test_line__has_a_greatest_length(tmp_path: Path, size: int, is_wrong: bool) -> None:
    (tmp_path / "data.jsonl").write_text('"a"\n"' + "b" * (size - 3) + '"\n"c"\n')
    (tmp_path / "script.yaml").write_text(rule("data.jsonl"))
    told = pytest.raises(
        ScriptError, match=rf"data\.jsonl:2: the line is longer than {dataset_file.MAX_LINE_BYTES} bytes\."
    )
    with told if is_wrong else nullcontext():
        load(str(tmp_path / "script.yaml"))


def test_mistakes__are_told_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text('"a"\n{"x": 1}\n{\n' + "{}\n" * 100)
    (tmp_path / "script.yaml").write_text(rule("data.jsonl") + "  - rply: a\n")
    with pytest.raises(ScriptError) as caught:
        load(str(tmp_path / "script.yaml"))
    told = [str(each) for each in (caught.value, *caught.value.others)]
    before = f"{tmp_path}/script.yaml:3: `rules[0].reply.dataset` has data that cannot be used: data.jsonl:"
    assert [int(line.removeprefix(before).partition(":")[0]) for line in told[:20]] == list(range(2, 22))
    assert told[20].startswith(f"{tmp_path}/script.yaml:4: ")


def test_turn__is_not_for_a_fallback(tmp_path: Path) -> None:
    write(tmp_path, ["a"])
    (tmp_path / "script.yaml").write_text("version: 1\ndefaults: {fallback: {dataset: data.jsonl}}\nrules: []\n")
    with pytest.raises(ScriptError, match=r"cannot take the lines of a dataset in turn.*`by: hash`"):
        load(str(tmp_path / "script.yaml"))


def test_row__is_nothing_without_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("version: 1\nrules:\n  - reply: '{{ row.a }}'\n")
    (doubt,) = doubts(load(str(tmp_path / "script.yaml")))
    assert "uses `row`, which does not exist" in doubt.message


async def test_lines__stay_on_the_disk(tmp_path: Path) -> None:
    count = 20_000
    line = '{{"prompt": "Question {0}", "reply": "{0} {1}"}}\n'
    (tmp_path / "data.jsonl").write_text("".join(line.format(number, "x" * 500) for number in range(count)))
    tracemalloc.start()
    try:
        mock = World(tmp_path, rule("{file: data.jsonl, by: prompt}"))
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 60 * count  # of 500 characters each
    assert (await mock.said("Question 12345")).startswith("12345 x")


async def test_conversation__is_hashed_with_its_roles(tmp_path: Path) -> None:
    mock = world(tmp_path, rule("{file: data.jsonl, by: hash}"), list(map(str, range(10_000))))
    said = {await mock.said(asked(messages=(Message(role, "Hi"),))) for role in ("user", "system")}
    assert len(said) == 2
