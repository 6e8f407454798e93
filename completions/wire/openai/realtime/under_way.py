"""An answer that is under way: how far it has come, for whoever cancels it or speaks into it."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text

TEXTS = {"response.output_text.delta": "text", "response.output_audio_transcript.delta": "transcript"}
"""Where an item has what the deltas say."""


class UnderWay:
    """An answer that is under way: its id, and its items as far as they have been told."""

    def __init__(self) -> None:
        self.id = ""
        self._items: dict[object, dict[str, Any]] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        kind, place = text(event.get("type")), event.get("output_index")
        if kind == "response.created":
            self.id = text(mapping(event.get("response")).get("id"))
        elif kind in ("response.output_item.added", "response.output_item.done"):
            self._items[place] = mapping(event.get("item"))
        elif kind == "response.content_part.added" and place in self._items:
            part = mapping(event.get("part"))
            self._items[place]["content"] = [{**part, "type": f"output_{part.get('type')}"}]
        elif kind in TEXTS and (content := dicts(self._items.get(place, {}).get("content"))):
            content[-1][TEXTS[kind]] += text(event.get("delta"))
        elif kind == "response.function_call_arguments.delta" and place in self._items:
            self._items[place]["arguments"] += text(event.get("delta"))

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the items, of which the last may not be complete."""
        for item in self._items.values():
            if item.get("status") == "in_progress":
                item["status"] = "incomplete"
        return [*self._items.values()]
