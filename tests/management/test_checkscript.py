"""`manage.py checkscript`: errors, warnings, the schema, and which rule would answer."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.server import run_manage

SCRIPT = """\
version: 1
rules:
  - {name: order, match: {last_user: order}, reply: Your order}
  - name: tool
    match: {model: gpt-4o}
    reply: {reasoning: Hm, tool_calls: [{name: f, arguments: {a: 1}}]}
  - {name: bad, match: {last_user: bad}, error: 429}
  - {name: no, match: {last_user: bomb}, reply: {refusal: No.}}
"""


def check(*arguments: str) -> list[str]:
    """Run the command in this process, and return what it printed."""
    out = io.StringIO()
    call_command("checkscript", *arguments, stdout=out, stderr=out)
    return out.getvalue().splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)
    return path


def test_checkscript__a_good_script(file: Path) -> None:
    assert check(str(file)) == [f"{file}: 4 rules, no errors"]
    assert check("echo", "auto") == ["echo: 1 rule, no errors", "auto: 1 rule, no errors"]


def test_checkscript__without_a_file_checks_mock_script(settings: Settings, file: Path) -> None:
    settings.MOCK_SCRIPT = str(file)
    assert check() == [f"{file}: 4 rules, no errors"]


def test_checkscript__errors_exit_with_1(file: Path) -> None:
    file.write_text(SCRIPT.replace("{last_user: order}", "{lastuser: order}"))
    result = run_manage("checkscript", str(file), "echo")
    assert result.returncode == 1
    first, line, caret, last = result.stderr.splitlines()
    assert first.startswith(f"{file}:3:27: `rules[0].match.lastuser` is not known here; allowed: model, last_user,")
    assert first.endswith("Did you mean `last_user`?")
    assert line[4:] == "  - {name: order, match: {lastuser: order}, reply: Your order}"
    assert line[caret.index("^") :].startswith("lastuser")
    assert last == f"CommandError: Cannot be used: {file}."
    assert result.stdout == "echo: 1 rule, no errors\n"


def test_checkscript__works_where_mock_script_is_broken(file: Path) -> None:
    result = run_manage("checkscript", str(file), MOCK_SCRIPT="nowhere.yaml")
    assert (result.returncode, result.stdout) == (0, f"{file}: 4 rules, no errors\n")


def test_checkscript__warnings(file: Path) -> None:
    file.write_text(SCRIPT + "  - reply: all\n  - reply: never\n")
    assert check(str(file)) == [
        f"{file}:10: warning: the rule 'rule 6' never answers: 'rule 5' in line 9 matches every request.",
        f"{file}: 6 rules, no errors",
    ]
    result = run_manage("check", MOCK_SCRIPT=str(file))
    assert result.returncode == 0
    assert f"{file}:10: the rule 'rule 6' never answers" in result.stderr


@pytest.mark.parametrize("options", [("--schema", "mock"), ("--schema", "--try", "x"), ("--model", "m")])
def test_checkscript__refuses_an_option_without_effect(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"is for --try|leave out the files and --try"):
        check(*options)


def test_checkscript__schema() -> None:
    assert json.loads("\n".join(check("--schema")))["title"] == "A script of the mock"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--try", "my order"], ["{file}: 'order' answers:", "Your order"]),
        (
            ["--try", "Hello", "--model", "gpt-4o"],
            [
                "{file}:3: 'order' does not match: last_user contains 'order' (saw 'Hello')",
                "{file}: 'tool' answers:",
                "reasoning: Hm",
                'tool call: f({"a":1})',
            ],
        ),
        (
            ["--try", "bad"],
            [
                "{file}:3: 'order' does not match: last_user contains 'order' (saw 'bad')",
                "{file}:4: 'tool' does not match: model is 'gpt-4o' (saw 'mock')",
                "{file}: 'bad' answers:",
                "error 429 requests rate_limit_exceeded: Rate limit reached for mock on requests per min (RPM). "
                "Please try again later.",
            ],
        ),
    ],
)
def test_try__shows_which_rule_answers_and_why_not_the_others(
    file: Path, arguments: list[str], lines: list[str]
) -> None:
    assert check(str(file), *arguments) == [line.replace("{file}", str(file)) for line in lines]


def test_try__refusal_is_shown(file: Path) -> None:
    assert check(str(file), "--try", "bomb")[-1] == "refusal: No."


def test_try__where_no_rule_matches(file: Path) -> None:
    file.write_text("defaults: {fallback: echo}\n" + SCRIPT)
    assert check(str(file), "--try", "What?")[-2:] == [f"{file}: no rule matches, so the fallback answers:", "What?"]
    file.write_text("defaults: {strict: true}\n" + SCRIPT)
    said, error = check(str(file), "--try", "What?")[-2:]
    assert said == f"{file}: no rule matches, so `strict: true` answers:"
    assert error.startswith("error 404 invalid_request_error no_rule_matched: No rule of the script")


def test_try__a_broken_script_is_an_error(file: Path) -> None:
    file.write_text("version: 1")
    with pytest.raises(CommandError, match=r"Cannot be used: .*script\.yaml\."):
        check(str(file), "--try", "a")
