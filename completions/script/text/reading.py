"""Read a text or a file of YAML or JSON into nodes; errors have a line and a column."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from completions.budget import described
from completions.exceptions import ScriptError
from completions.script.text.json_text import compose_json, looks_like_json
from completions.script.text.node import Node, Source
from completions.script.text.yaml import Constructor, compose
from completions.script.text.yaml_hints import hint

MAX_FILE_BYTES = 8 * 1024 * 1024
"""Bytes of a script's file."""


def read(path: Path, name: str) -> Node:
    """Read a YAML file; `name` is its name in errors."""
    return read_text(text_of(path, name), name)


@contextlib.contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """Open a file for reading; `name` is its name in errors. It does not wait for pipes and devices."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ScriptError("cannot be read: it is not a file.", name)
            yield file
    except OSError as exc:
        raise ScriptError(f"cannot be read: {exc.strerror}.", name) from exc


def text_of(path: Path, name: str) -> str:
    """Return the text of a YAML file; `name` is its name in errors."""
    with opened(path, name) as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ScriptError(f"is larger than {MAX_FILE_BYTES} bytes.", name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise ScriptError("is not UTF-8 text.", name) from exc


def read_text(text: str, name: str, path: str = "", *, literal: bool = False, is_json: bool = False) -> Node:
    """Read YAML, of which JSON is a part, or JSON alone.

    `name` is the name of its source in errors, and `path` that of the value that contains it.
    """
    try:
        node = _composed(text, is_json)
        if node is None:
            raise ScriptError("is empty.", name)
        return Node(Source(name, literal), node, Constructor().value(node), path)
    except json.JSONDecodeError as exc:
        raise ScriptError(f"is not JSON: {exc.msg}.", name, exc.lineno, column=exc.colno) from exc
    except yaml.MarkedYAMLError as exc:
        raise _not_yaml(exc, text, name, "JSON" if is_json else "YAML") from exc
    except yaml.YAMLError as exc:
        raise ScriptError(f"is not YAML: {described(exc).partition(': ')[2] or exc}.", name) from exc
    except RecursionError as exc:
        raise ScriptError("is nested too deeply.", name) from exc
    except (ValueError, TypeError, LookupError, AttributeError) as exc:  # bugs of the parser
        raise ScriptError(f"is not YAML: {described(exc)}.", name) from exc


def _composed(text: str, is_json: bool) -> Any:
    if is_json and text.strip():
        return compose_json(text)
    if looks_like_json(text):
        try:
            return compose_json(text)
        except json.JSONDecodeError:
            pass  # it may be YAML, whose brackets look the same
    return compose(text)


def _not_yaml(exc: yaml.MarkedYAMLError, text: str, name: str, language: str) -> ScriptError:
    mark = exc.problem_mark or exc.context_mark
    if mark is None:
        return ScriptError(f"is not {language}: {exc.problem}.", name)
    lines = text.splitlines()
    problem_text = f"{exc.context or ''} {exc.problem or ''}"
    opening = exc.context_mark or mark
    opened = "here" if opening.line == mark.line else f"in line {opening.line + 1}"
    line = lines[mark.line] if mark.line < len(lines) else lines[-1] if lines else ""
    advice = "" if language == "JSON" else hint(problem_text, line, opened)
    problem = f"{exc.context}, {exc.problem}" if (exc.problem or "").startswith("but ") else exc.problem
    message = f"is not {language}: {problem}.{advice and f' {advice}'}"
    return ScriptError(message, name, mark.line + 1, column=mark.column + 1)
