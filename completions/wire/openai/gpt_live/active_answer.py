"""An answer in progress: what was said of it so far, and the work that it delegated."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import mapping, text
from completions.wire.openai.gpt_live.readback import DELEGATE

ENDS = ("response.completed", "response.incomplete", "response.failed", "error")
"""The events that end a response of the backend."""

CALLS = ("function_call", "custom_tool_call")
"""The types of calls whose results the client sends."""


def message(role: str, kind: str, content: str) -> dict[str, Any]:
    """Return a message with one text."""
    return {"type": "message", "role": role, "content": [{"type": kind, "text": content}]}


class ActiveAnswer:
    """An answer in progress; `is_delegating` says that the backend has not ended its response, which speech leaves."""

    def __init__(self, *, is_delegating: bool = False) -> None:
        self.is_delegating = is_delegating
        self.start_ms = self.end_ms = 0
        """The start and the end of the last piece that was said, on the timeline."""
        self.delegations: set[str] = set()
        """The delegations to the client."""
        self.backend_delegation: str | None = None
        """The delegation to the backend whose calls wait for results."""
        self._said = ""
        self._calls: list[dict[str, Any]] = []

    def add(self, event: Mapping[str, Any]) -> None:
        """Add an event of the answer."""
        kind = event.get("type")
        if kind == "session.output_transcript.delta":
            self._said += text(event.get("delta"))
            times = (event.get("start_ms"), event.get("end_ms"))
            self.start_ms, self.end_ms = (time if isinstance(time, int) else self.end_ms for time in times)
        elif kind == "session.delegation.created":
            self._add_delegation(mapping(event.get("delegation")))
        elif kind == "response.event":
            self._add_backend_event(event, mapping(event.get("event")))

    def _add_delegation(self, delegation: Mapping[str, Any]) -> None:
        name = text(delegation.get("id"))
        if delegation.get("target") == "client":
            self.delegations.add(name)
            self._calls.append({"type": "function_call", "call_id": name, "name": DELEGATE, "arguments": "{}"})
        else:
            self.is_delegating = True

    def _add_backend_event(self, envelope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        kind, item = event.get("type"), mapping(event.get("item"))
        if kind == "response.output_item.done" and item.get("type") != "message":
            self._calls.append(item)
            if item.get("type") in CALLS:
                self.backend_delegation = text(envelope.get("delegation_id")) or None
        elif kind in ENDS:
            self.is_delegating = False

    def items(self) -> list[dict[str, Any]]:
        """Return the items of the conversation: what was said, and then the calls."""
        said = [message("assistant", "output_text", self._said)] if self._said else []
        return [*said, *self._calls]
