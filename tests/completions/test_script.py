"""Loading scripts: what they may hold, and errors that name file and line."""

from pathlib import Path

import pytest

from completions.exceptions import ScriptError
from completions.script.loader import builtin_names, load
from tests.document import MOCK, TEXT

BODY = """\
version: 1
rules:
  - reply:
      body:
        id: x
        object: chat.completion
        created: 1
        choices: [{index: 0, message: {role: assistant, content: Hi}, finish_reason: stop}]
        usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}
"""


def test_builtin__mock_is_the_mission_document() -> None:
    reply = load("mock").rules[0].reply
    assert reply.body == MOCK
    assert list(reply.body or ()) == list(MOCK), "the keys stand in the mission's order"
    assert [choice.text for choice in reply.choices] == [TEXT]


def test_builtin__each_loads() -> None:
    assert [load(name).source for name in builtin_names()] == builtin_names()


def test_load__file(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(BODY)
    script = load(str(file))
    assert (script.models, script.rules[0].name) == (("mock",), "rule 1")
    assert script.rules[0].reply.choices[0].text == "Hi"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "{file}: is empty."),
        ("- a", "{file}:1: the script must be a mapping, and is ['a']."),
        ("version: 1\nrules: [", "{file}:2: is not YAML: expected the node content, but found '<stream end>'."),
        ("version: 1", "{file}:1: the script lacks `rules`."),
        ("version: 2\nrules: []", "{file}:1: `version` must be 1."),
        ("version: true\nrules: []", "{file}:1: `version` must be a whole number, and is True."),
        ("version: 1\nrules: []", "{file}:2: `rules` must hold at least one rule."),
        (
            "version: 1\nrule: []",
            "{file}:2: `rule` is not known here; allowed: version, rules, defaults. Did you mean `rules`?",
        ),
        ("version: 1\nrules:\n- reply: {}", "{file}:3: `rules[0].reply` lacks `body`."),
        (
            BODY.replace("created: 1", "created: now"),
            "{file}:7: `rules[0].reply.body.created` must be a whole",
        ),
        (
            BODY.replace("content: Hi", "content: [Hi]"),
            "{file}:8: `rules[0].reply.body.choices[0].message.content`",
        ),
        (BODY.replace("chat.completion", "text"), "{file}:6: `rules[0].reply.body.object` must be chat.completion."),
        (BODY + "defaults: {model: [x]}", "Did you mean `models`?"),
        ("version: 1\nversion: 1", "{file}:1: the script lacks `rules`."),
        ("a: !!python/object:os.system x", "is not YAML: could not determine a constructor"),
    ],
)
def test_load__error_names_file_line_and_what_is_allowed(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(ScriptError) as caught:
        load(str(file))
    assert error.replace("{file}", str(file)) in str(caught.value)


def test_load__unreadable(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.yaml: cannot be read: No such file or directory\."):
        load(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(ScriptError, match=r"cannot be read: Is a directory\."):
        load(str(tmp_path))
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ScriptError, match=r"is not UTF-8 text\."):
        load(str(tmp_path / "latin.yaml"))
