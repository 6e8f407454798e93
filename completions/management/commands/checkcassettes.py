"""`manage.py checkcassettes`: checks of recorded answers, for people and for scheduled jobs."""

import os
from argparse import ArgumentParser
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from completions.conf import conf
from completions.management.refreshing import RefreshResult, as_json, as_markdown, refresh
from completions.models import Exchange
from completions.script.reply.upstream import url_problem
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.findings import Finding, findings


class Command(BaseCommand):
    """Check a folder of recorded answers; exit with 1 where one cannot be used, holds a secret, or is out of date."""

    help = "Check recorded answers for secrets, and for invalid, duplicate, old, unused and other versions' files."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder, and the options for the checks."""
        parser.add_argument("folder", nargs="?", default=conf.CASSETTES or "cassettes", metavar="DIR")
        parser.add_argument(
            "--older-than", type=int, metavar="DAYS", help="Report files that are older than this number of days."
        )
        parser.add_argument(
            "--unused", action="store_true", help="Report files that answered no request in the journal."
        )
        parser.add_argument(
            "--refresh", action="store_true", help="Send the requests again, and report answers with another structure."
        )
        parser.add_argument(
            "--upstream", metavar="URL", help="The server for --refresh; by default, the one in each file."
        )
        parser.add_argument(
            "--header",
            action="append",
            default=[],
            metavar="NAME:VALUE",
            help="A header for --refresh, such as the one with the API key.",
        )
        parser.add_argument(
            "--report",
            metavar="FILE",
            help="The file for the findings of --refresh: JSON if its name ends in .json, otherwise Markdown.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each finding, and a summary."""
        folder = options["folder"]
        if not os.path.isdir(folder):  # unlike Path.is_dir, it accepts too long names
            why = "is a file, not a folder" if os.path.exists(folder) else "does not exist"
            raise CommandError(f"{folder} {why}.")
        if options["older_than"] is not None and options["older_than"] < 0:
            raise CommandError("--older-than takes a number of days, 0 or more.")
        deck = Deck(folder)
        used = _used_files() if options["unused"] else None
        all_findings = [*findings(deck, options["older_than"], used, datetime.now(UTC))]
        for each in all_findings:
            self._print(each)
        if options["refresh"]:
            all_findings += self._refresh(deck, options)
        elif options["report"] or options["upstream"] or options["header"]:
            raise CommandError("--report, --upstream and --header are for --refresh.")
        errors = sum(each.is_error for each in all_findings)
        counts = {"request": len(deck.rules), "error": errors, "warning": len(all_findings) - errors}
        refresh_findings = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())
        self.stdout.write(f"{options['folder']}: {refresh_findings}")
        if errors:
            raise CommandError("Some recorded answers have errors.")

    def _print(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.file}: {'error' if finding.is_error else 'warning'}: {finding.message}")

    def _refresh(self, deck: Deck, options: dict[str, Any]) -> list[Finding]:
        """Send the requests again, print each result, and write the report; a changed shape is an error."""
        refresh_findings, results = list[Finding](), list[RefreshResult]()
        for each in refresh(deck, _upstream(options["upstream"]), dict(map(_header, options["header"]))):
            results.append(each)
            why = [f"could not be sent again: {each.problem}"] if each.problem else each.differences
            for text in why:
                refresh_findings.append(Finding(Path(each.file), text, is_error=True))
                self._print(refresh_findings[-1])
        if options["report"]:
            write = as_json if options["report"].endswith(".json") else as_markdown
            try:
                Path(options["report"]).write_text(write(options["folder"], results), encoding="utf-8")
            except OSError as exc:
                raise CommandError(f"The report {options['report']} cannot be written: {exc.strerror}.") from exc
        return refresh_findings


def _upstream(url: str | None) -> str | None:
    if url is not None and (problem := url_problem(url)) is not None:
        raise CommandError(f"--upstream {problem}.")
    return url


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not value.strip().isprintable():
        raise CommandError(f"--header takes NAME:VALUE, not {text[:20]!r}.")
    return name.strip(), value.strip()


def _used_files() -> Collection[str]:
    """Return the files that answered requests in the journal."""
    try:
        files = Exchange.objects.exclude(cassette=None).values_list("cassette", flat=True).distinct()
        return {str(file) for file in files}
    except DatabaseError as exc:
        raise CommandError(f"The journal cannot be read: {exc}") from exc
