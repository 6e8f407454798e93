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
        ("names", (["a"],), ",", ["a"]),
    ],
)
def test_read__value_or_default(method: str, args: tuple[Any, ...], raw: str | None, value: object) -> None:
    assert read(method, raw, *args) == (value, [])


@pytest.mark.parametrize(
    ("method", "args", "raw", "allowed"),
    [
        ("integer", (8, 0, 10), "abc", "a whole number from 0 to 10"),
        ("integer", (8, 0, 10), "11", "a whole number from 0 to 10"),
        ("integer", (8, 0, 10), "-1", "a whole number from 0 to 10"),
        ("integer", (8, 0, 10), "1.5", "a whole number from 0 to 10"),
        ("number", (8, 0, 10), "nan", "a number from 0 to 10"),
        ("number", (8, 0, 10), "inf", "a number from 0 to 10"),
        ("flag", (8,), "maybe", "one of true, yes, on, 1, false, no, off, 0"),
        ("choice", (8, ["a", "b"]), "c", "one of a, b"),
    ],
)
def test_read__wrong_value_is_a_problem_and_the_default(
    method: str, args: tuple[Any, ...], raw: str, allowed: str
) -> None:
    assert read(method, raw, *args) == (8, [f"X={raw!r} is not allowed: it takes {allowed}. The default is 8."])


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
    assert "secret" not in problems[0]


def test_read__value_may_name_another_variable() -> None:
    assert Environment({"X": "$OTHER", "OTHER": "o"}).text("X", "d") == "o"
    assert Environment({"X": "$OTHER"}).text("X", "d") == "d"


def test_file__is_below_the_environment_which_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\nX=file\nY='quoted # not a comment'\nexport Z=3\n")
    before = dict(os.environ)
    environment = Environment({"X": "real"}, file)
    assert [environment.text(name, "") for name in "XYZ"] == ["real", "quoted # not a comment", "3"]
    assert dict(os.environ) == before


def test_file__absent_or_not_text(tmp_path: Path) -> None:
    assert Environment({}, tmp_path / "none").problems == []
    (tmp_path / ".env").write_bytes(b"X=\xff")
    assert Environment({}, tmp_path / ".env").problems == [".env is not UTF-8 text: invalid start byte at byte 2."]
