"""`manage.py checkscript`: check scripts, and show which rule would answer a message, without a server."""

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from completions.conf import conf
from completions.conversation import Choice, Message, Prompt
from completions.exceptions import RequestError, ScriptError
from completions.outcome import Outcome, without_secrets
from completions.resolve import engine
from completions.script.grammar import schema
from completions.script.loader import path_of
from completions.script.review import doubts
from completions.script.rules import Script
from completions.script.text.reading import text_of
from completions.state.namespaces import Namespace

MAX_LINE_SHOWN = 100
"""The most characters of an invalid line that are shown."""


class Command(BaseCommand):
    """Check scripts; exit with 1 where one cannot be used."""

    help = "Check scripts, and print errors and warnings as FILE:LINE: MESSAGE."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the files, and the options for the schema and for a trial message."""
        parser.add_argument("scripts", nargs="*", metavar="FILE", help=f"Scripts ({conf.MOCK_SCRIPT}, MOCK_SCRIPT).")
        parser.add_argument("--schema", action="store_true", help="Print the JSON Schema of scripts, for editors.")
        parser.add_argument(
            "--try", dest="text", metavar="TEXT", help="Show which rule answers this message, and its answer."
        )
        parser.add_argument("--model", help="The model that --try asks for (mock).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the schema, or check each script, and try the message on it."""
        if options["model"] is not None and options["text"] is None:
            raise CommandError("--model is for --try.")
        if options["schema"] and (options["scripts"] or options["text"] is not None):
            raise CommandError("--schema is the same for all scripts; leave out the files and --try.")
        if options["schema"]:
            self.stdout.write(json.dumps(schema(), indent=2))
            return
        scripts = options["scripts"] or [conf.MOCK_SCRIPT]
        invalid = [source for source in scripts if not self._check(source, options)]
        if invalid:
            raise CommandError(f"Cannot be used: {', '.join(invalid)}.")

    def _check(self, source: str, options: dict[str, Any]) -> bool:
        try:
            namespace = Namespace("checkscript", source)
        except ScriptError as exc:
            for each in (exc, *exc.others):
                for line in _error_lines(each, source):
                    self.stderr.write(line)
            return False
        script = namespace.script
        for doubt in doubts(script):
            self.stdout.write(f"{source}:{doubt.line}: warning: {doubt.message}")
        if options["text"] is None:
            count = len(script.rules)
            self.stdout.write(f"{source}: {count} rule{'' if count == 1 else 's'}, no errors")
        else:
            self._try(namespace, _prompt(options["text"], options["model"] or "mock"))
        return True

    def _try(self, namespace: Namespace, prompt: Prompt) -> None:
        script, outcome = namespace.script, asyncio.run(engine.resolve(namespace, prompt))
        for rule in script.rules:
            if rule.name == outcome.rule:
                break
            self.stdout.write(f"{script.source}:{rule.line}: '{rule.name}' does not match: {rule.why_not(prompt)}")
        self.stdout.write(f"{script.source}: {_source_of_answer(outcome, script)} answers:")
        for line in _answer_lines(outcome):
            self.stdout.write(line)


def _error_lines(exc: ScriptError, source: str) -> Iterator[str]:
    """Yield an error, and its line with a caret under the column."""
    if exc.line is None or exc.column is None:
        yield str(exc)
        return
    yield f"{source}:{exc.line}:{exc.column}: {exc.message}"
    lines = text_of(path_of(source), source).splitlines()
    if exc.line <= len(lines):
        start = max(exc.column - MAX_LINE_SHOWN // 2, 0)
        line = lines[exc.line - 1].replace("\t", " ")[start : start + MAX_LINE_SHOWN]
        yield f"    {line}"
        yield f"    {' ' * (exc.column - 1 - start)}^"


def _prompt(text: str, model: str) -> Prompt:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    return Prompt(model=model, messages=(Message("user", text),), body=body)


def _source_of_answer(outcome: Outcome, script: Script) -> str:
    if outcome.rule is not None:
        return f"'{outcome.rule}'"
    return "no rule matches, so `strict: true`" if script.strict else "no rule matches, so the fallback"


def _answer_lines(outcome: Outcome) -> Iterator[str]:
    for fault in outcome.faults:
        yield f"fault {fault.name} {dict(fault.parameters)}"
    if outcome.upstream is not None:
        yield f"passed on to {', '.join(without_secrets(url) for _, url in outcome.upstream.urls)}"
    if outcome.recorded is not None:
        recorded = outcome.recorded
        yield f"recorded answer of {recorded.path}: status {recorded.status}, {len(recorded.body)} bytes"
    if outcome.error is not None:
        yield _error(outcome.error)
    if outcome.reply is not None:
        for choice in outcome.reply.choices:
            yield from _choice_lines(choice)


def _error(error: RequestError) -> str:
    return f"error {error.status} {error.type} {error.code or ''}".rstrip() + f": {error.message}"


def _choice_lines(choice: Choice) -> Iterator[str]:
    if not choice.content and choice.text is not None:
        yield ""
    for block in choice.content:
        if block.call is not None:
            yield f"tool call: {block.call.name}({block.call.arguments})"
        else:
            yield block.text if block.kind == "text" else f"{block.kind}: {block.text}"
