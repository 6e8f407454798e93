"""What the formats share whose streams carry several answers side by side."""

from itertools import zip_longest

from completions.event import Event


def in_step(lanes: list[list[Event]]) -> list[Event]:
    """Interleave the choices: they are generated side by side, so each step's first token takes the time for all."""
    if len(lanes) == 1:
        return lanes[0]
    events: list[Event] = []
    for step in zip_longest(*lanes):
        present = [event for event in step if event is not None]
        first = next((at for at, event in enumerate(present) if event.token), None)
        events += [event._replace(token=at == first) for at, event in enumerate(present)]
    return events
