"""`mock_llm`: the namespace of one test on the server, as an object."""

import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from completions import conversation
from completions.exceptions import ControlError
from completions.pytest_plugin import calls, rules
from completions.pytest_plugin.arguments import Count, Dollars, Name, Seconds, with_checked_arguments
from completions.pytest_plugin.caller import caller, warn_as_told
from completions.pytest_plugin.control import Control
from completions.pytest_plugin.exchanges import Exchange, unmet
from completions.pytest_plugin.folders import Folders
from completions.pytest_plugin.gate import Gate
from completions.pytest_plugin.rules import Answer, Reply, When
from completions.pytest_plugin.run import Run, numbered
from completions.pytest_plugin.snapshots import Normalise, Snapshots
from completions.pytest_plugin.variables import API_KEY
from completions.pytest_plugin.verdict import Verdict
from completions.pytest_plugin.waiting import in_thread
from completions.script.reply.literal import literal
from completions.script.text.as_json import as_json

__tracebackhide__ = True  # in the reports of failed tests

PAGE = 500
"""The number of exchanges that are fetched at a time."""

MAX_WAITED_FOR = 1000
"""The most exchanges for which the control API waits."""

GRACE = 0.3
"""Seconds to wait for a count to be reached, because the last answer may still be on its way."""

NO_LOOKUPS, POSTS = {"lookup": "false"}, {"method": "POST"}
GENERATING = {**POSTS, **NO_LOOKUPS}
"""The exchanges that ask for an answer, as the control API's filters have them."""

Register = Callable[[Callable[..., object]], str]


@with_checked_arguments
class MockLLM:
    """The mock of one test: what it answers, and what it was asked. It contacts the server only when it is used."""

    api_key = API_KEY

    def __init__(self, control: Control, url: str, folders: Folders, register: Register, snapshots: Snapshots) -> None:
        self._control, self._folders, self._register = control, folders, register
        self._snapshots = snapshots
        self._lines: Counter[str] = Counter()
        self._has_ended = False
        self.url, self.namespace = url, url.rpartition("/")[2]
        self.base_url = f"{self.url}/v1"

    def reply(  # by name, what a rule can say
        self,
        reply: Reply,
        *,
        when: When = None,
        times: int | None = None,
        hold: str | Mapping[str, Any] | None = None,
        pacing: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> str:
        """Answer with a text, a reply as in scripts, or what a callable returns; a list is used in order.

        `when` is a part of the last user message, or a `match:`. The rule retires after so many `times`. The answer
        waits at the gate `hold`. Rules are tried in the order in which they were made. Return the rule's name.
        """
        if not isinstance(reply, str) and isinstance(reply, Sequence):
            rule = {"replies": [*map(self._written, reply)]}
        else:
            rule = _alone(self._written(reply))
        return self._push(rules.rule(rule, when=when, times=times, name=name, hold=hold, pacing=pacing))

    def error(  # by name, what a rule can say
        self,
        status: int | str | None = None,
        *,
        when: When = None,
        times: int | None = None,
        hold: str | Mapping[str, Any] | None = None,
        name: str | None = None,
        **facts: Any,
    ) -> str:
        """Answer with a proper error, by status or name; `facts` are those of scripts: `code`, `retry_after_ms`…"""
        rule = rules.error(status, facts)
        return self._push(rules.rule(rule, when=when, times=times, name=name, hold=hold))

    def fault(  # by name, what a rule can say
        self,
        fault: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]],
        *,
        reply: Answer | None = None,
        error: int | str | Mapping[str, Any] | None = None,
        when: When = None,
        times: int | None = None,
        hold: str | Mapping[str, Any] | None = None,
        pacing: Mapping[str, Any] | None = None,
        name: str | None = None,
        **parameters: float,
    ) -> str:
        """Answer with a fault of the list and its parameters (`after_tokens=3`), applied to `reply`.

        It can be a dict, as in scripts; several are a list. `error` is the one that `error_event` and `error_object`
        send after the reply's tokens.
        """
        rule = _alone({"auto": True} if reply is None else self._written(reply))
        rule |= {"fault": rules.fault(fault, parameters)}
        rule |= {} if error is None else {"error": error}
        return self._push(rules.rule(rule, when=when, times=times, name=name, hold=hold, pacing=pacing))

    def script(self, script: str | Path | Mapping[str, Any]) -> None:
        """Answer with a script: a file beside the test or in the project's root, a built-in one, YAML text, or a dict.

        Rules made with `reply`, `error` and `fault` come before its own. All counters are reset.
        """
        body = script if isinstance(script, Mapping) else self._folders.script(script)
        here = "script:" if body is script else f"{script}:"
        try:
            warn_as_told(self._ask("PUT", "script", body=body), "pushed:", here)
        except ControlError as exc:
            exc.place("pushed:", here)
            raise

    def gate(self, name: Name) -> Gate:
        """Return the gate of that name."""
        return Gate(name, self._ask)

    @property
    def exchanges(self) -> list[Exchange]:
        """All requests that have ended, with their answers, in the order in which they ended."""
        return self._chosen({})

    @property
    def last(self) -> Exchange:
        """The last request and its answer; raises AssertionError if there is none.

        Requests that ask no model, such as lookups and uploads of files, are passed over unless there are no others.
        """
        for others in (NO_LOOKUPS, {}):
            found = self._ask("GET", "exchanges", {"limit": 1, "said": "true", **others})["exchanges"]
            if found:
                return self._exchange(found[0])
        raise AssertionError("mock_llm has had no requests.")

    def wait_for(self, count: int, timeout: Seconds = 5.0) -> list[Exchange]:
        """Wait until so many requests have been answered, and return them, oldest first.

        After `timeout` seconds, raise AssertionError. In async code, use `await_for`.
        """
        try:
            self._wait(count, timeout)
        except ControlError as exc:
            if exc.status != 408:
                raise
            found = self.exchanges
            raise unmet(
                f"mock_llm answered {len(found)} instead of {count} requests within {timeout:g} s.", found
            ) from None
        return self.exchanges

    async def await_for(self, count: int, timeout: Seconds = 5.0) -> list[Exchange]:  # noqa: ASYNC109  # as `wait_for` has it
        """Like `wait_for`, without blocking the test's event loop."""
        return await in_thread(partial(self.wait_for, count, timeout))

    def assert_called(self, times: Count | None = None, when: When | Callable[[Exchange], bool] = None) -> None:
        """Assert that requests matching `when` were answered, `times` times or at least once.

        `when` is as in `reply`, for any API, or a function of an exchange. Without it, requests that ask no model do
        not count, such as LiteLLM's for Ollama's models, and uploads of files.
        """
        if callable(when):
            hits, unread = len([exchange for exchange in self._settled(times or 1, POSTS) if when(exchange)]), 0
        else:
            hits, unread = self._count(times, rules.match(when))
        counted = GENERATING if when is None else POSTS
        is_right = hits > 0 if times is None else hits == times
        if is_right and (times is None or not unread):
            return
        wanted = "at least once" if times is None else _times(times)
        which = "" if when is None else f" with {when!r:.200}"
        of_more = f" Of {unread} more the journal has only the beginning (JOURNAL_MAX_BODY)." if unread else ""
        raise unmet(
            f"mock_llm should have been asked{which} {wanted}, but was asked {_times(hits)}.{of_more}",
            self._chosen(counted),
        )

    def assert_no_unmatched(self) -> None:
        """Assert that a rule answered every request."""
        missed = [exchange for exchange in self._settled(0) if exchange.unmatched]
        if missed:
            raise unmet(f"No rule matched {len(missed)} of mock_llm's requests:", missed)

    @property
    def run(self) -> Run:
        """Return everything asked so far as one run of an agent: turns, tool calls, tokens, cost, time, warnings."""
        return Run(self.exchanges, lambda: str(self._ask("GET", "exchanges/pytest")))

    def assert_tools_called(self, expected: Sequence[calls.Expected], *, strict: bool = True) -> None:
        """Assert that the model's tool calls were these, in this order; not `strict`: these among others, in any order.

        Each is a name, or a name with some of its arguments: values, compiled patterns, callables, or dicts of lookups.
        """
        wanted, run = calls.checked(expected), self.run
        if strict:
            is_right = len(wanted) == len(run.tool_calls) and all(map(calls.fits, run.tool_calls, wanted))
        else:
            is_right = calls.are_among(wanted, run.tool_calls)
        if not is_right:
            how = "in this order" if strict else "among others"
            message = f"These tools should have been called, {how}:\n{numbered([*map(calls.written, wanted)])}"
            raise unmet(f"{message}\nThese were called:\n{numbered(run.tool_calls)}", run.exchanges)

    def assert_cost_below(self, dollars: Dollars) -> None:
        """Assert that all requests together would have cost less, at the prices that LiteLLM knows."""
        run = self.run
        if run.unpriced:
            raise unmet(f"The price of {', '.join(run.unpriced)} is not known.", run.exchanges)
        if run.cost >= dollars:
            raise unmet(f"The run cost ${run.cost:.6f}, which is not below ${dollars:g}.", run.exchanges)

    def assert_all_rules_used(self) -> None:
        """Assert that every rule answered a request, including those of the script."""
        asked = self._settled(0)
        hits = {hit["rule"] for hit in self._ask("GET", "hits")["hits"]}
        unused = [rule["name"] for rule in self._ask("GET", "script")["rules"] if rule["name"] not in hits]
        if unused:
            raise unmet(f"These rules answered no request:\n{numbered(unused)}", asked)

    def assert_no_warnings(self) -> None:
        """Assert that no answer is doubtful: cut by the limit of tokens, against the schema, a tool not offered."""
        run = self.run
        if run.warnings:
            raise unmet("\n".join(("mock_llm has warnings about its answers:", *run.warnings)), run.exchanges)

    def assert_prompts(self, name: str = "", *, normalise: Normalise | None = None) -> None:
        """Assert that the requests equal the snapshot beside the test; `--mock-llm-update` writes it.

        `name` distinguishes several snapshots of one test. Ids, UUIDs and times are left out; `normalise` is called
        with every other text, for anything else that differs between runs.
        """
        self._snapshots.check(self._chosen(GENERATING), name, normalise)

    def verdict(self, *, timeout: Seconds | None = None) -> Verdict:
        """Return what the requests show about how the client handles errors and streams.

        `timeout` is how many seconds the client may wait in silence at most; the SDKs' 10 minutes by default.
        """
        return Verdict(self._ask("GET", "verdict", {} if timeout is None else {"timeout_ms": round(timeout * 1000)}))

    def scenario(
        self,
        name: str | None = None,
        *,
        stages: Sequence[Mapping[str, Any]] | None = None,
        repeat: bool = False,
        speed: float = 1.0,
    ) -> dict[str, Any] | None:
        """Start a scenario, by its name or by its stages; without either, stop the one that runs.

        The clock goes `speed` times as fast. Return what runs: its stages, the one it has come to, how long it has run.
        """
        answer = self._ask("PUT", "scenario", body=as_json(rules.scenario(name, stages, repeat=repeat, speed=speed)))
        warn_as_told(answer)
        running: dict[str, Any] | None = answer["scenario"]
        return running

    def record(
        self,
        folder: str | Path | None = None,
        *,
        upstream: str | Mapping[str, Any] | None = None,
        mode: str | None = None,
        ignore: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Record what another server answers to what no rule does, and from the next run on play it.

        `upstream` is its address, or a mapping as in scripts. The `folder` is beside the test, and below the project's
        root; `cassettes/` with the test's name unless given. The mode is `once` unless given; `--mock-llm-update` makes
        it `all`. `ignore` names what may differ between two runs. Return what is recorded and played.
        """
        folder = self._snapshots.cassettes if folder is None else folder
        options = {"folder": self._folders.below_root(folder), "upstream": upstream, "ignore": ignore and [*ignore]}
        options["mode"] = "all" if mode is None and self._snapshots.are_updated else mode or "once"
        body = {name: value for name, value in options.items() if value is not None}
        answer = self._ask("PUT", "recording", body=body)
        warn_as_told(answer)
        found: dict[str, Any] = answer["recording"]
        return found

    def stop_recording(self) -> dict[str, Any] | None:
        """Record and play no more; what was answered is written. Return what there is by then; None if none ran."""
        found: dict[str, Any] | None = self._ask("GET", "recording")["recording"]
        self._ask("DELETE", "recording")
        return found

    def reset(self) -> None:
        """Forget everything: script, rules, counters, exchanges; release all gates."""
        self._ask("POST", "reset")

    def select(self) -> None:
        """Let the address of the whole run lead to this mock."""
        self._control.ask("POST", f"/_mock/namespaces/{self.namespace}/select")

    def end(self, *, remove: bool = True) -> None:
        """Stop answering; remove the namespace with everything in it, or keep it for the inspector."""
        self._has_ended = True
        place = f"/_mock/namespaces/{self.namespace}"
        with contextlib.suppress(OSError, ControlError):  # the server may be gone
            self._control.ask("POST", f"{place}/retire", {"remove": "false"})  # before the next test asks
            if remove:
                self._control.tell("DELETE", place)

    def __repr__(self) -> str:
        return f"<MockLLM {self.base_url}>"

    def _settled(self, least: int, filters: Mapping[str, str] = GENERATING) -> list[Exchange]:
        """Return the exchanges that ask for an answer; wait a moment if there are too few."""
        found = self._chosen(filters)
        if len(found) < least:
            with contextlib.suppress(ControlError):  # so be it: the caller says what is there
                self._wait(least, GRACE, **filters)
            found = self._chosen(filters)
        return found

    def _chosen(self, filters: Mapping[str, str]) -> list[Exchange]:
        """Return the exchanges that the control API's filters choose, the oldest first."""
        found: list[Mapping[str, Any]] = []
        more = True
        while more:
            before = {"before": found[-1]["id"]} if found else {}
            page = self._ask("GET", "exchanges", {"limit": PAGE, "said": "true", **filters, **before})
            found += page["exchanges"]
            more = page["more"]
        return [self._exchange(document) for document in reversed(found)]

    def _count(self, times: int | None, match: Mapping[str, Any] | None) -> tuple[int, int]:
        """Return how many exchanges fulfil a match, and of how many that is not known; wait a moment for `times`."""
        query: dict[str, object] = dict(GENERATING) if match is None else {**POSTS, "match": as_json(dict(match))}
        if times != 0:
            least = min(times or 1, MAX_WAITED_FOR)
            try:
                found = self._wait(least, GRACE, **query)
            except ControlError as exc:
                if exc.status != 408:
                    raise
                found = exc.document
            if (count := len(found["exchanges"])) <= least < MAX_WAITED_FOR:
                return count, int(found["unread"])
        counted = self._ask("GET", "exchanges/count", query)
        return int(counted["count"]), int(counted["unread"])

    def _wait(self, count: int, timeout: float, **filters: object) -> Any:
        query = {"count": count, "timeout_ms": round(timeout * 1000), **filters}
        return self._control.ask("GET", f"/ns/{self.namespace}/_mock/exchanges/wait", query, waits=timeout)

    def _written(self, reply: Answer) -> Any:
        if callable(reply):
            return {"callback": self._register(reply)}
        if isinstance(reply, (conversation.Reply, conversation.Choice)):
            return {"callback": self._register(lambda prompt: reply)}
        return literal(reply) if isinstance(reply, str) else reply

    def _push(self, rule: Mapping[str, Any]) -> str:
        named = rule if "name" in rule else {"name": self._place(), **rule}
        answer = self._ask("POST", "rules", {"place": "next"}, named)
        warn_as_told(answer)
        return str(answer["rules"][0])

    def _place(self) -> str:
        """Return the file and line of the call that makes a rule, for its name; again there, a number follows."""
        place = caller()
        self._lines[place] = times = self._lines[place] + 1
        return place if times == 1 else f"{place} ({times})"

    def _exchange(self, document: Mapping[str, Any]) -> Exchange:
        return Exchange(document, lambda id: self._ask("GET", f"exchanges/{id}"))

    def _ask(self, method: str, path: str, query: Mapping[str, object] | None = None, body: object = None) -> Any:
        if self._has_ended and method != "GET":
            raise RuntimeError(f"The test of {self!r} has ended, so this call has no effect.")
        return self._control.ask(method, f"/ns/{self.namespace}/_mock/{path}", query, body)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _alone(written: Any) -> dict[str, Any]:
    """Return an answer as a rule has it alone: `reply:`, or `error:` in its place."""
    is_error = isinstance(written, Mapping) and "error" in written
    return dict(written) if is_error else {"reply": written}
