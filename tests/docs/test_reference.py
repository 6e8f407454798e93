"""Every setting, script key, fault, header, operation, method, command and public name is in the manual."""

import argparse
import inspect
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from django.core.management import load_command_class

import completions
import llmclient
from completions import conversation
from completions.control.exchanges import FILTERS
from completions.control.openapi import document
from completions.control.table import OPERATIONS
from completions.journal import exchange as journal
from completions.journal.metrics import metrics
from completions.journal.record import RequestLine
from completions.pytest_plugin.exchanges import Exchange
from completions.pytest_plugin.gate import Gate
from completions.pytest_plugin.mock import MockLLM
from completions.script import language, prompts
from completions.script.match.fields import FIELDS
from completions.script.match.lookups import LOOKUPS
from completions.script.reply.templates import PROMPT_NAMES
from llmclient.__main__ import _parser
from llmclient.client import LLMClient
from llmclient.completion import Completion
from llmclient.faults import Reason
from tests.docs.pages import BY_NAME, PAGES, page
from tests.server import ROOT

SOURCE = Path(completions.__file__).parent


def public(cls: type) -> set[str]:
    """Return the names of a class's public attributes, those of its annotations included."""
    return {name for name in (*vars(cls), *inspect.get_annotations(cls)) if not name.startswith("_")}


def options(parser: argparse.ArgumentParser, known: Iterable[str] = ("-h", "--help")) -> set[str]:
    """Return the long options of a parser that are not known ones."""
    named = {name for action in parser._actions for name in action.option_strings if name.startswith("--")}
    return named - {*known}


KEYS = {
    "scripts": (language.SCRIPT, language.DEFAULTS, language.RULE),
    "scenarios": (language.SCENARIO, language.STAGE, language.STARTED),
    "matching": (FIELDS, LOOKUPS, language.COMBINERS, ("expr", "tool_result", "request")),
    "replies": (
        language.REPLY,
        language.EVENT,
        language.FAILURE,
        language.TOOL_CALL,
        language.USAGE,
        language.CALLBACK,
        language.MODERATION,
    ),
    "blocks": (language.BLOCK,),
    "compression": (language.CODINGS,),
    "datasets": (language.DATASET, language.DATASET_BY),
    "load-tests": (language.AUTO, language.LENGTH),
    "pacing": (language.PACING, language.LOAD, language.JITTER, language.HOLD),
    "errors": (language.ERROR,),
    "faults": (language.CHAOS,),
    "openai": (prompts.PROMPT, prompts.MESSAGE),
    "limits": (language.LIMITS, language.QUOTA),
}
"""The tables of the script language, and the page that explains each."""


@pytest.mark.parametrize("name", KEYS)
def test_script__each_key_is_on_its_page(name: str) -> None:
    assert {key for table in KEYS[name] for key in table} - page(name).listed == set()


def test_script__each_word_that_a_key_takes_is_in_the_manual() -> None:
    assert {*language.FINISH_REASONS} - page("replies").words == set()
    assert {*conversation.NAMES["dialect"]} - page("apis").words == set()
    assert {*language.JITTERS} - page("pacing").words == set()


def test_prompt__each_attribute_is_on_its_page() -> None:
    assert {*PROMPT_NAMES} - page("replies").listed == set()


@pytest.mark.parametrize("name", ["replies", "control-api"])
def test_task__each_is_on_the_pages_of_prompts(name: str) -> None:
    (row,) = (line for line in page(name).text.splitlines() if line.startswith("| ") and "`task`" in line)
    assert {*get_args(conversation.Task)} - {*re.findall(r"`(\w+)`", row)} == set()


def test_headers__those_of_the_manual_are_those_of_the_source() -> None:
    header = re.compile(r"\bX-Mock-[A-Z][a-z]+\b", re.IGNORECASE)
    read = {name.lower() for file in SOURCE.rglob("*.py") for name in header.findall(file.read_text())}
    told = {name.lower() for page in PAGES for name in header.findall(page.text)}
    assert told == read


def test_control_api__has_every_operation_in_its_table() -> None:
    table = re.findall(r"^\| `([A-Z]+) /_mock/(\S+)` \|", page("control-api").text, re.MULTILINE)
    assert table == [(operation.method, operation.path) for operation in OPERATIONS]


def test_control_api__has_every_parameter() -> None:
    named = {parameter.name for operation in OPERATIONS for parameter in operation.query}
    assert named - page("control-api").words == set()
    assert {parameter.name for parameter in FILTERS} - page("control-api").listed == set()


def test_journal__has_every_field_of_an_exchange() -> None:
    fields = document(OPERATIONS)["components"]["schemas"]["exchange_in_full"]["properties"]
    assert {*fields} - page("journal").listed == set()


def test_logs__the_line_as_json_has_every_fact_in_its_order() -> None:
    line = json.loads(page("logs").blocks_of("text")[-1])
    assert [*line] == ["time", "level", "logger", *RequestLine(journal.Exchange("POST", "/")).fields()]


def test_configuration__is_env_example() -> None:
    example = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    row = r"^\| `([A-Z_]+)` \| (?:`(.*?)`|made at each start|none) \|"
    told = [pair for name in ("configuration", "client") for pair in re.findall(row, page(name).text, re.MULTILINE)]
    assert sorted(told) == sorted(example.items())


def test_control_api__has_every_metric() -> None:
    told = {name.removesuffix("_total") for name in page("control-api").listed | page("load-tests").listed}
    assert {metric.name for metric in metrics().registry.collect()} - told == set()


@pytest.mark.parametrize("cls", [MockLLM, Gate, Exchange], ids=lambda cls: cls.__name__)
def test_plugin__each_public_name_is_on_its_page(cls: type) -> None:
    internal = {"select", "end"}  # what the fixture itself calls
    assert public(cls) - internal - page("pytest").words == set()


@pytest.mark.parametrize("command", [file.stem for file in (SOURCE / "management/commands").glob("[!_]*.py")])
def test_commands__each_one_and_its_options_are_in_the_manual(command: str) -> None:
    parser = load_command_class("completions", command).create_parser("manage.py", command)
    django = load_command_class("django.core", "runserver").create_parser("manage.py", "runserver")
    told = "\n".join(page.text for page in PAGES)
    assert f"manage.py {command}" in told
    wanted = options(parser, options(django, ()))
    assert {name for name in wanted if not re.search(rf"{name}\b", told)} == set()


def test_client__each_public_name_is_on_its_page() -> None:
    wanted = {*llmclient.__all__, *public(LLMClient), *public(Completion), *Reason}
    assert wanted - page("client").words == set()


def test_client__each_option_is_on_its_page() -> None:
    assert options(_parser()) - page("client").words == set()


def test_commands__are_the_ones_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    first, second = (text.strip() for text in BY_NAME["README.md"].blocks_of("sh")[:2])
    for step in (*first.split(" && "), *second.split(" && ")):
        assert step.replace("pip install", "pip install -q") in ci or step in ci
