"""`manage.py importcassette`: other programs' recordings and fixtures become recorded answers and rules."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from completions.management.importing.exchange import Exchange, NotImportable, Rule
from completions.management.importing.files import read_file
from completions.outcome import Recorded
from completions.resolve.cassettes import import_answer
from completions.script.text.yaml_text import yaml_text
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.folders import unwritable


class Command(BaseCommand):
    """Import recordings; entries that cannot be imported are listed by file and reason."""

    help = "Import recordings (vcrpy, VCR, HAR, Polly, nock, JSON Lines) and fixtures (aimock, mock-llm)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the files, and the folder to write to."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="Recordings, or folders of them.")
        parser.add_argument("--into", default="cassettes", metavar="DIR", help="The folder to write to (cassettes).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file; exit with 1 where nothing could be imported."""
        if (problem := unwritable(Path(options["into"]))) is not None:
            raise CommandError(f"--into {problem}.")
        deck, total, files = Deck(options["into"]), 0, _files(options["files"])
        if not files:
            raise CommandError(f"There are no files in {', '.join(options['files'])}.")
        for name in options["files"]:
            if not _files([name]):
                self.stderr.write(f"{name}: there are no files in it")
        for file in files:
            try:
                imported = read_file(file)
            except NotImportable as exc:
                self.stderr.write(f"{file}: {exc}")
                continue
            problems = [*imported.problems]
            count = sum(self._import(deck, each, problems) for each in imported.exchanges)
            count += _write_rules(deck.folder / f"{file.stem}-rules.yaml", imported.rules)
            total += count
            self.stdout.write(f"{file}: {count} of {count + len(problems)} imported ({imported.kind})")
            for reason in problems:
                self.stderr.write(f"{file}: {reason}")
        if not total:
            raise CommandError("Nothing could be imported.")
        file_count = len(list(deck.folder.rglob("*.yaml")))
        self.stdout.write(f"{options['into']}: {file_count} file{'' if file_count == 1 else 's'}")

    def _import(self, deck: Deck, each: Exchange, problems: list[str]) -> bool:
        problem = import_answer(deck, each.method, each.url, each.request, _to_recorded(each))
        if problem is not None:
            problems.append(f"{each.method} {each.url.partition('?')[0]}: {problem}")
        return problem is None


def _to_recorded(each: Exchange) -> Recorded:
    """Return the answer; a body that looks like a stream is one, whatever its headers say."""
    kind = each.headers.get("content-type", "")
    is_stream = "event-stream" in kind or "ndjson" in kind or each.response.lstrip().startswith((b"data:", b"event:"))
    headers = dict(each.headers) if kind else {**each.headers, "content-type": _kind(each.response, is_stream)}
    return Recorded("", each.status, tuple(headers.items()), (each.response,), (0.0,), is_stream)


def _kind(body: bytes, is_stream: bool) -> str:
    if is_stream:
        return "text/event-stream"
    return "application/json" if body.lstrip()[:1] in (b"{", b"[") else "text/plain"


def _write_rules(file: Path, rules: list[Rule]) -> int:
    if rules:
        file.parent.mkdir(parents=True, exist_ok=True)
        named_rules = [{"name": f"{file.stem} {at}", **rule} for at, rule in enumerate(rules, 1)]
        file.write_text(yaml_text({"version": 1, "rules": named_rules}), encoding="utf-8")
    return len(rules)


def _files(names: list[str]) -> list[Path]:
    paths: list[Path] = []
    for name in names:
        path = Path(name)
        paths += sorted(file for file in path.rglob("*") if file.is_file()) if os.path.isdir(name) else [path]
    return paths
