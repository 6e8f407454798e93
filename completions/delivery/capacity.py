"""A capacity in tokens a second that answers share, and the times of their tokens. It never sleeps or waits.

Tokens are served one after another, each for 1/tps seconds, first come, first served. An answer has one token at a
time in the queue: the next one joins when its own pace allows it, and not before the last one had its turn. So a
single answer keeps its own pace, and answers that want more than is left share it equally.

Turns have absolute times, whenever they are computed: a late timer delays no later turn.
"""

import math
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from itertools import count


class Share:
    """An answer's share: its steps in seconds from its start, and in `ready` the number of frames that are due by now.

    A step is a frame's tokens with the frames that are due with it; frames without tokens, as after a pause, are a step
    without weight.
    """

    __slots__ = ("_at", "_dues", "_ends", "_step", "_weights", "has_left", "ready", "wake")

    def __init__(self, due: Sequence[float], tokens: Sequence[int]) -> None:
        self._dues: list[float] = []
        self._ends: list[int] = []
        self._weights: list[int] = []
        for end, (at, token) in enumerate(zip(due, tokens, strict=True), 1):
            if self._dues and at == self._dues[-1] and not (token and self._weights[-1]):
                self._ends[-1], self._weights[-1] = end, self._weights[-1] or token
            else:
                self._dues.append(at)
                self._ends.append(end)
                self._weights.append(token)
        self._step = 0
        self._at = 0.0
        self.ready = 0
        self.has_left = False
        self.wake: Callable[[], object] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it has had all its turns."""
        return self._step == len(self._dues)

    @property
    def weight(self) -> int:
        """The number of tokens in the next step, each of which takes the capacity's time."""
        return self._weights[self._step]

    def start(self, at: float) -> float:
        """Count its times from a moment, and return when the first step joins the queue."""
        self._at = at + self._dues[0]
        return self._at

    def serve(self, turn: float, tolerance: float) -> float:
        """Serve a turn, and return when the next step joins the queue; meaningless after the last one.

        The wait in the queue slows the answer down, less the `tolerance` in seconds: a pace within the capacity is
        kept, although each token may wait for a few others.
        """
        step = self._step
        self.ready = self._ends[step]
        self._step = step + 1
        if step + 1 < len(self._dues):
            self._at = max(self._at, turn - tolerance) + self._dues[step + 1] - self._dues[step]
        return max(self._at, turn)


class Capacity:
    """Tokens a second for all shares that have joined."""

    def __init__(self, tps: float) -> None:
        self._seconds = 1 / tps
        self._free_at = -math.inf
        self._queue: list[tuple[float, int, Share]] = []
        self._number = count()
        self._members = 0

    def join(self, share: Share, start: float) -> None:
        """Add an answer, whose times count from `start`."""
        if not share.has_ended:
            self._members += 1
            self._push(share.start(start), share)

    def leave(self, share: Share) -> None:
        """Remove an answer; the others get its remaining turns."""
        if share.has_ended or share.has_left:
            return
        share.has_left = True
        self._members -= 1
        if len(self._queue) > 2 * self._members + 8:  # most entries are of answers that have left
            self._queue = [entry for entry in self._queue if not entry[2].has_left]
            heapify(self._queue)

    def next_turn(self) -> float | None:
        """Return the time of the next turn; None if no answer waits for one."""
        while self._queue and self._queue[0][2].has_left:
            heappop(self._queue)
        return max(self._queue[0][0], self._free_at) if self._queue else None

    def advance(self, until: float) -> list[Share]:
        """Serve all turns up to a time, and return their shares, each as often as it had a turn."""
        served: list[Share] = []
        while (at := self.next_turn()) is not None and at <= until:
            _, _, share = heappop(self._queue)
            self._free_at = at + self._seconds * share.weight
            served.append(share)
            join_time = share.serve(at, self._members * self._seconds)
            if share.has_ended:
                self._members -= 1
            else:
                self._push(join_time, share)
        return served

    def _push(self, join_time: float, share: Share) -> None:
        heappush(self._queue, (join_time, next(self._number), share))
