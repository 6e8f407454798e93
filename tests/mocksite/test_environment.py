"""Reading the environment: values, defaults, and problems that say what is allowed."""

import os
from pathlib import Path
from typing import Any

import pytest

from mocksite.environment import Environment


def read(method: str, raw: str | None, *args: Any) -> tuple[Any, list[str]]:
    environment = Environment({} if raw is None else {"X": raw})
    return getattr(environment, method)("X", *args), environment.problems


@pytest.mark.parametrize(
    ("method", "args", "raw", "value"),
    [
        ("text", ("d",), None, "d"),
        ("text", ("d",), "", "d"),
        ("text", ("d",), " a b ", "a b"),
        ("integer", (8, 0, 10), None, 8),
        ("integer", (8, 0, 10), "10", 10),
        ("integer", (8, 0, 10), "0", 0),
        ("number", (5.0, 0, 10), "2.5", 2.5),
        ("number", (5.0, 0, 10), " ", 5.0),
        ("flag", (False,), "Yes", True),
        ("flag", (True,), "0", False),
        ("flag", (True,), None, True),
        ("choice", ("INFO", ["DEBUG", "INFO"]), "debug", "DEBUG"),
        ("choice", ("INFO", ["DEBUG", "INFO"]), None, "INFO"),
        ("names", (["a"],), " b , ,c", ["b", "c"]),
        ("hosts", (["a"],), "b, .c.d,[::1],127.0.0.1,e_f.,*", ["b", ".c.d", "[::1]", "127.0.0.1", "e_f.", "*"]),
        ("state_url", ("memory://",), None, "memory://"),
        ("state_url", ("d",), "memory://", "memory://"),
        ("state_url", ("d",), "redis://localhost", "redis://localhost"),
        ("state_url", ("d",), "rediss://user:pass@redis.example:6380/3", "rediss://user:pass@redis.example:6380/3"),
        (
            "state_url",
            ("d",),
            "redis://[::1]:6379/0?health_check_interval=2",
            "redis://[::1]:6379/0?health_check_interval=2",
        ),
        ("state_url", ("d",), "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
    ],
)
def test_read__value_or_default(method: str, args: tuple[Any, ...], raw: str | None, value: object) -> None:
    assert read(method, raw, *args) == (value, [])


HOSTS = (
    "hosts without scheme and port: app.example, or .app.example with all its subdomains, 127.0.0.1, [::1], "
    "or * for all"
)


@pytest.mark.parametrize(
    ("method", "args", "raw", "allowed"),
    [
        ("integer", (8, 0, 10), "abc", "a whole number from 0 to 10"),
        ("integer", (8, 0, 10), "11", "a whole number from 0 to 10"),
        ("integer", (8, 0, 10), "-1", "a whole number from 0 to 10"),
        ("integer", (8, 0, 10), "1.5", "a whole number from 0 to 10"),
        ("number", (8, 0, 3_600_000), "inf", "a number from 0 to 3600000"),
        ("number", (8, 0, 10), "nan", "a number from 0 to 10"),
        ("number", (8, 0, 10), "inf", "a number from 0 to 10"),
        ("flag", (8,), "maybe", "one of true, yes, on, 1, false, no, off, 0"),
        ("choice", (8, ["a", "b"]), "c", "one of a, b"),
        ("names", (8,), ",,", "values separated by commas"),
        ("hosts", (8,), "http://app.example", HOSTS),
        ("hosts", (8,), "localhost:8000", HOSTS),
        ("hosts", (8,), "*.app.example", HOSTS),
        ("hosts", (8,), "::1", HOSTS),
    ],
)
def test_read__wrong_value_is_a_problem_and_the_default(
    method: str, args: tuple[Any, ...], raw: str, allowed: str
) -> None:
    assert read(method, raw, *args) == (8, [f"X={raw!r} is not allowed: it takes {allowed}. The default is 8."])


def test_number__that_is_not_allowed_tells_the_default_as_it_is_written() -> None:
    environment = Environment({"X": "-1"})
    assert environment.number("X", 50.0, 0, 100) == 50.0
    assert environment.problems[0].endswith(" a number from 0 to 100. The default is 50.")


def test_read__a_default_list_is_shown_as_it_is_written() -> None:
    (problem,) = read("hosts", "http://a", ["b", "c"])[1]
    assert problem.endswith(" The default is b,c.")


def test_read__a_long_value_is_shown_cut() -> None:
    (problem,) = read("integer", "9" * 5000, 8, 0, 10)[1]
    assert len(problem) < 300


@pytest.mark.parametrize(
    ("raw", "engine", "name", "options"),
    [
        (None, "sqlite3", "default.db", {"timeout", "transaction_mode", "init_command"}),
        ("sqlite:////var/j.db", "sqlite3", "/var/j.db", {"timeout", "transaction_mode", "init_command"}),
        ("sqlite://:memory:", "sqlite3", ":memory:", {"timeout", "transaction_mode", "init_command"}),
        ("postgres://u:p@h:5/d?sslmode=require", "postgresql", "d", {"connect_timeout", "sslmode"}),
        ("postgresql://h/d", "postgresql", "d", {"connect_timeout"}),
    ],
)
def test_database__is_djangos(raw: str | None, engine: str, name: str, options: set[str]) -> None:
    found, problems = read("database", raw, "sqlite:///default.db")
    assert (found["ENGINE"], found["NAME"]) == (f"django.db.backends.{engine}", name)
    assert found["OPTIONS"].keys() == options
    assert problems == []


@pytest.mark.parametrize("raw", ["nonsense", "mysql://a/b", "postgres://h:port/d", "postgres://u:secret@h"])
def test_database__wrong_is_a_problem_and_the_default(raw: str) -> None:
    found, problems = read("database", raw, "sqlite:///default.db")
    assert found["NAME"] == "default.db"
    assert len(problems) == 1
    assert "sqlite:///FILE or postgres://USER:PASSWORD@HOST:PORT/NAME" in problems[0]
    assert problems[0].endswith(" The default is sqlite:///default.db.")
    assert "secret" not in problems[0]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("$OTHER", "o"),
        ("$THIRD", "o"),
        ("$EMPTY", "d"),
        ("\\$OTHER", "$OTHER"),
        ("$OTHER/x", "$OTHER/x"),
        ("a$b", "a$b"),
    ],
)
def test_read__value_may_name_another_variable(raw: str, value: str) -> None:
    environment = Environment({"X": raw, "OTHER": "o", "THIRD": " $OTHER ", "EMPTY": ""})
    assert (environment.text("X", "d"), environment.problems) == (value, [])


@pytest.mark.parametrize("others", [{}, {"OTHER": "$OTHER"}, {"OTHER": "$X"}])
def test_read__value_that_names_a_variable_without_a_value(others: dict[str, str]) -> None:
    environment = Environment({"X": "$OTHER"} | others)
    assert environment.text("X", "d") == "d"
    text, end = ("$OTHER", "OTHER") if others.get("OTHER") != "$X" else ("$X", "X")
    assert environment.problems == [
        f"X={text!r} refers to the variable {end}, which is not set. Write \\{text} for the text itself."
    ]


def test_doubts__not_of_a_variable_that_another_names() -> None:
    environment = Environment({"API_KEYS": "$API_KEY", "API_KEY": "sk-1"})
    assert environment.names("API_KEYS", []) == ["sk-1"]
    assert environment.doubts() == []


def test_file__is_below_the_environment_which_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\nX=file\nY='quoted # not a comment'\nexport Z=3\n")
    before = dict(os.environ)
    environment = Environment({"X": "real"}, file)
    assert [environment.text(name, "") for name in "XYZ"] == ["real", "quoted # not a comment", "3"]
    assert dict(os.environ) == before


def test_file__absent_or_not_text(tmp_path: Path) -> None:
    assert Environment({}, None).problems == []
    (tmp_path / ".env").write_bytes(b"X=\xff")
    assert Environment({}, tmp_path / ".env").problems == [
        f"{tmp_path}/.env is not UTF-8 text: invalid start byte at byte 2."
    ]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X = 2", "2"),
        ("  X=2", "2"),
        ("export  X =2  ", "2"),
        ("X=2 # why", "2"),
        ("X='a # b'  # why", "a # b"),
        ('X = "a # b" ', "a # b"),
        ('X="a \\" # b"', 'a " # b'),
        ("X=a#b", "a#b"),
        ("X= # nothing", "default"),
        ("\ufeffX=2", "2"),
        ("X=2\r", "2"),
    ],
)
def test_file__takes_a_setting_as_people_write_it(tmp_path: Path, line: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(f"{line}\nOTHER=1\n".encode())
    environment = Environment({}, file)
    assert (environment.text("X", "default"), environment.problems) == (value, [])


STATE_URLS = "memory://, redis://HOST:6379/0, rediss://USER:PASSWORD@HOST:6379/0 or unix:///PATH?db=0"


@pytest.mark.parametrize(
    "raw",
    [
        "memory",
        "memory://x",
        "redis://",
        "redis://host:port/0",
        "redis://host/zero",
        "http://host",
        "unix://",
        "redis://[",
    ],
)
def test_state_url__that_is_none(raw: str) -> None:
    _, (problem,) = read("state_url", raw, "d")
    assert problem == f"X={raw!r} is not allowed: it takes {STATE_URLS}. The default is d."


def test_state_url__does_not_tell_its_password() -> None:
    _, (problem,) = read("state_url", "redis://user:secret@host/zero", "d")
    assert "X='redis://user:***@host/zero' is not allowed" in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MOCK_SCRPT", " Did you mean MOCK_SCRIPT?"),
        ("MOCK_TTFT", " Did you mean MOCK_TTFT_MS?"),
        ("MOCK_ANYTHING", ""),
        ("PORTT", " Did you mean PORT?"),
        ("API_KEY", " Did you mean API_KEYS?"),
        ("mock_script", " Did you mean MOCK_SCRIPT?"),
        ("JOURNALKEEP", " Did you mean JOURNAL_KEEP?"),
        ("HOME", None),
        ("HOSTNAME", None),
        ("PATH", None),
        ("OPENAI_API_KEY", None),
        ("ENV_FILE", None),
    ],
)
def test_doubts__name_what_is_set_and_has_no_effect(name: str, hint: str | None) -> None:
    environment = Environment({name: "x"})
    for known in ("MOCK_SCRIPT", "MOCK_TTFT_MS", "PORT", "HOST", "API_KEYS", "JOURNAL_KEEP"):
        environment.text(known, "")
    told = environment.doubts(["ENV_FILE"])
    assert told == ([] if hint is None else [f"{name} is set, and there is no such setting.{hint}"])


def test_doubts__name_lines_of_the_file_that_have_no_effect(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1\nA=1\nPORT=2\nA=2\nMOCK-SCRIPT=auto\nHOST=a\nHOST=a\nb.c=1\n")
    environment = Environment({}, file)
    assert [environment.text(known, "") for known in ("PORT", "HOST", "MOCK_SCRIPT")] == ["1", "a", ""]
    assert environment.doubts() == [
        f"{file}:3: PORT is set twice; line 1 sets it too.",
        "MOCK-SCRIPT is set, and there is no such setting. Did you mean MOCK_SCRIPT?",
    ]


def test_file__that_is_named_and_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "nothing.env"
    (problem,) = Environment({}, missing).problems
    assert problem == f"The settings file {missing}, which ENV_FILE names, cannot be read: No such file or directory."
    assert Environment({}, Path(os.devnull)).problems == []


def test_file__its_broken_lines_are_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nexport A=1\nB = 2\nC='x # y'\nALLOWED_HOSTS\n  D: 3\nE=\na.b-c=4\n")
    assert Environment({}, file).problems == [
        f"{file}:6: 'ALLOWED_HOSTS' is not a setting. Write NAME=value, or # for a comment.",
        f"{file}:7: 'D: 3' is not a setting. Write NAME=value, or # for a comment.",
    ]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, []),
        ("*", ["*"]),
        (" https://app.example/ , http://localhost:*,null", ["https://app.example", "http://localhost:*", "null"]),
        ("https://*.example.com:8443", ["https://*.example.com:8443"]),
        ("chrome-extension://abcdef", ["chrome-extension://abcdef"]),
        ("http://[::1]:3000", ["http://[::1]:3000"]),
    ],
)
def test_origins__of_web_pages(raw: str | None, value: list[str]) -> None:
    assert read("origins", raw) == (value, [])


@pytest.mark.parametrize("raw", ["localhost:3000", "https://a.example/path", "http://*", "https://a.*.example", "all"])
def test_origins__that_are_none(raw: str) -> None:
    value, (problem,) = read("origins", raw)
    assert value == []
    assert problem.startswith(f"X={raw!r} is not allowed: it takes * or origins such as http://localhost:5173")
    assert problem.endswith(" The default is none.")
