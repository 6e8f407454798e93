"""An answer in progress: the part that was sent, which matters when it is cancelled or interrupted."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text

TEXTS = {"response.output_text.delta": "text", "response.output_audio_transcript.delta": "transcript"}
"""The field of an item's content that the deltas extend, by the delta's type."""


class ActiveAnswer:
    """An answer in progress: its id, and the part of its items that was sent."""

    def __init__(self) -> None:
        self.id = ""
        self._items: dict[object, dict[str, Any]] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        """Add an event of the answer."""
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

    def interrupt(self) -> list[dict[str, Any]]:
        """Mark the items in progress as incomplete, and return all items."""
        for item in self._items.values():
            if item.get("status") == "in_progress":
                item["status"] = "incomplete"
        return [*self._items.values()]
