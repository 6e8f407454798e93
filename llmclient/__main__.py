"""`python -m llmclient "Hello"`: send a message from the shell.

The answer goes to standard output and nothing else does; an error is one line on standard error.
Exit codes: 0 an answer, 1 an error, 2 wrong usage, 130 interrupted, 141 nobody reads the output.
"""

import argparse
import errno
import io
import json
import os
import statistics
import sys
import warnings
from typing import TYPE_CHECKING

from llmclient.collection import rare_collections

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from llmclient import Completion, LLMClient, Stream


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        try:
            with rare_collections():
                return _run(_parser(), argv)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # what argparse has printed for --help
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _discard_output()
        return 141
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        _discard_output()
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        return 1


def _discard_output() -> None:
    """Redirect standard output to the null device, for the data that Python flushes at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """A parser that reports a help text which cannot be written; argparse ignores that."""

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        print(self.format_help(), end="", file=file)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m llmclient",
        description="Ask a model; settings come from LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_TIMEOUT and"
        " LLM_MAX_RETRIES, in the environment or in .env.",
    )
    parser.add_argument("text", nargs="?", help="the message to send; without it, standard input is read")
    parser.add_argument("--stream", action="store_true", help="show the answer as it arrives")
    parser.add_argument("--model", metavar="M")
    parser.add_argument("--base-url", metavar="URL", help="the server's base URL, without /chat/completions")
    parser.add_argument("--api-key", metavar="KEY")
    parser.add_argument("--system", metavar="TEXT", help="a system message to send first")
    parser.add_argument("--timeout", metavar="SECONDS", type=float)
    parser.add_argument("--json", action="store_true", help="print the whole answer as one JSON object")
    parser.add_argument("--stats", action="store_true", help="print tokens and timings to standard error")
    return parser


def _run(parser: argparse.ArgumentParser, argv: list[str] | None) -> int:
    options = parser.parse_args(argv)
    from llmclient import ConfigError, LLMClient

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client = LLMClient(options.base_url, options.api_key, options.model, options.timeout)
        for warning in caught:
            print(warning.message, file=sys.stderr)
        text = _text(options.text)
        (text + (options.system or "")).encode()  # arguments that are not UTF-8 cannot be sent
    except (ConfigError, UnicodeError) as error:
        parser.error(str(error))
    if not text.strip():
        parser.error("there is no message: pass a text, or write it to standard input")

    from llmclient.errors import BrokenAnswerError, LLMError, one_line

    try:
        with client:
            completion = _answer(client, text, options)
    except LLMError as error:
        print(one_line(error, client.config.base_url), file=sys.stderr)
        if options.stats and isinstance(error, BrokenAnswerError):
            print(_stats(error.partial), file=sys.stderr)
        return 1
    if options.stats:
        print(_stats(completion), file=sys.stderr)
    return 0


def _text(argument: str | None) -> str:
    if argument is not None:
        return argument
    return "" if sys.stdin is None else sys.stdin.buffer.read().decode()  # None if it is closed


def _answer(client: "LLMClient", text: str, options: argparse.Namespace) -> "Completion":
    """Send the message, and print the answer in the requested form."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a character the terminal cannot show is no reason to stop
    if options.stream:
        with client.stream(text, system=options.system) as stream:
            completion = stream.read() if options.json else _show(stream)
    else:
        completion = client.complete(text, system=options.system)
    if options.json:
        print(json.dumps(completion.to_dict(), ensure_ascii=False), flush=True)
        return completion
    if not options.stream:
        print(completion.text + completion.refusal, flush=True)
    for call in completion.tool_calls:
        print(f"{call.name}({call.arguments})", flush=True)
    return completion


def _show(stream: "Stream") -> "Completion":
    """Print the first choice as it arrives, and a newline after it, also if it breaks off."""
    last_text = ""
    try:
        for piece in stream:
            if piece.index == 0:
                last_text = piece.text + piece.refusal or last_text
                print(piece.text + piece.refusal, end="", flush=True)
    except BaseException:
        if last_text:
            print(flush=True)
        raise
    print(flush=True)
    return stream.completion


def _stats(completion: "Completion") -> str:
    usage, timings = completion.usage, completion.timings
    facts = [completion.model, f"finish_reason {completion.finish_reason}"]
    if usage:
        facts.append(f"{usage.prompt_tokens} + {usage.completion_tokens} = {usage.total_tokens} tokens")
    if timings.ttft_ms is not None:
        facts.append(f"first token {timings.ttft_ms:.1f} ms")
    if timings.gaps_ms:
        median = statistics.median(timings.gaps_ms)
        facts.append(f"gaps {median:.1f} ms (median), {max(timings.gaps_ms):.1f} ms (max)")
    return ", ".join([*facts, f"total {timings.total_ms:.1f} ms"])


if __name__ == "__main__":
    sys.exit(main())
