"""`manage.py serve`: the ASGI server, configured by the settings."""

import logging
import socket
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from typing import Any

from django.core.checks import CheckMessage, run_checks
from django.core.management.base import BaseCommand, CommandError

from completions.conf import conf
from completions.management.checks import TAG, logs_json, note_printed, workers_problem
from completions.management.child import listen, run_for_parent
from completions.management.server import check_port, records_nothing, run, use_cassettes
from completions.script.cassette_keys import CASSETTE_MODES
from completions.script.request.recording import NEW

logger = logging.getLogger("completions")

MAX_FD = 1_000_000

NOTHING_RECORDED = "Nothing is recorded yet: no other server answers the requests that no rule matches. Set MOCK_UPSTREAM=https://HOST."

CHILD_OPTIONS = ("until_eof", "report", "reserved")


class Command(BaseCommand):
    """Serve with uvicorn, for deployments."""

    help = "Serve the project with uvicorn. HOST, PORT, WORKERS and LOG_LEVEL are the defaults."
    requires_system_checks = (TAG,)  # Django's checks would load its migrations' commands

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options, whose defaults are the settings."""
        parser.add_argument("--host", default=conf.HOST, help=f"The address to listen on ({conf.HOST}).")
        port = f"The port; 0 chooses a free one ({conf.PORT})."
        parser.add_argument("--port", default=conf.PORT, type=whole_number(0, 65535), help=port)
        parser.add_argument(
            "--workers", default=conf.WORKERS, type=whole_number(1, 256), help=f"Processes ({conf.WORKERS})."
        )
        parser.add_argument("--record", metavar="DIR", help="Record the answers of MOCK_UPSTREAM in a folder.")
        parser.add_argument(
            "--mode",
            choices=CASSETTE_MODES,
            help=f"What is recorded and replayed: {', '.join(CASSETTE_MODES)} ({NEW} with --record, or CASSETTE_MODE).",
        )
        parser.add_argument(
            "--fd", type=whole_number(0, MAX_FD), help="The number of a listening socket that the process inherits."
        )
        parser.add_argument("--until-eof", action="store_true", help="End when standard input is closed.")
        parser.add_argument(
            "--report", action="store_true", help='Write {"port": 54321} to standard output once the server listens.'
        )
        parser.add_argument(
            "--reserved", action="store_true", help="Share the port with the process that has bound it."
        )

    def check(self, *args: Any, **options: Any) -> None:
        """Print the checks' messages; if the log is JSON, warnings go to the log instead."""
        if logs_json() and not any(map(CheckMessage.is_serious, run_checks(tags=[TAG]))):
            return
        super().check(*args, **options)
        note_printed()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal comes."""
        options["host"] = (
            options["host"].strip("[] ") or conf.HOST
        )  # like the setting: without a URL's brackets, or empty
        if options["record"] == "":
            raise CommandError("--record takes a folder, but is empty.")
        if options["record"] or options["mode"]:
            default_mode = NEW if conf.CASSETTE_MODE == "none" else conf.CASSETTE_MODE
            use_cassettes(options["record"] or conf.CASSETTES, options["mode"] or default_mode)
            if records_nothing():
                logger.warning(NOTHING_RECORDED)
        if (problem := workers_problem(options["workers"])) is not None:
            raise CommandError(problem)
        if not any(options[name] for name in CHILD_OPTIONS) and options["fd"] is None:
            return run(options["host"], options["port"], workers=options["workers"])
        if options["workers"] > 1:
            raise CommandError("--fd, --until-eof, --report and --reserved serve in one process; leave --workers out.")
        with listening_socket(options) as listening_to:
            run_for_parent(listening_to, until_eof=options["until_eof"], report=options["report"])


def whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return the parser of an option that is a whole number from `minimum` to `maximum`."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 20 and minimum <= int(text) <= maximum:
            return int(text)
        raise ArgumentTypeError(f"it takes a whole number from {minimum} to {maximum}, not {text[:60]!r}")

    return read


def listening_socket(options: Mapping[str, Any]) -> socket.socket:
    """Return the server's socket: the inherited one, or a new one."""
    if options["fd"] is not None:
        try:
            return socket.socket(fileno=options["fd"])
        except OSError as exc:
            message = f"--fd {options['fd']} is not a socket that this process inherited: {exc.strerror}."
            raise CommandError(message) from exc
    if not options["reserved"]:
        check_port(options["host"], options["port"])
    try:
        return listen(options["host"], options["port"], is_reserved=options["reserved"])
    except OSError as exc:
        raise CommandError(f"Cannot listen on {options['host']}:{options['port']}: {exc}") from exc
