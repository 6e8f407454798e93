"""Distributions of numbers around their means: the times of a stream, and the lengths of answers and chunks."""

import math
from dataclasses import dataclass
from random import Random
from typing import Literal

MAX_TOKENS = 32_768
"""The most tokens that are drawn for one text."""


@dataclass(frozen=True, slots=True)
class Jitter:
    """A distribution of numbers around their mean, such as the times of a stream; the same seed gives the same ones.

    `spread` is relative to the mean: the half width of `uniform`, and the standard deviation of the other kinds.
    """

    kind: Literal["uniform", "normal", "lognormal"]
    spread: float
    seed: str

    def draw(self, mean: float, random: Random) -> float:
        """Draw a number of this mean, never below zero."""
        if not mean:
            return 0.0
        match self.kind:
            case "uniform":
                return max(mean * (1 + self.spread * (2 * random.random() - 1)), 0.0)
            case "normal":
                return max(random.gauss(mean, self.spread * mean), 0.0)
        sigma = math.sqrt(math.log1p(self.spread**2))
        return random.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)


@dataclass(frozen=True, slots=True)
class Length:
    """A number of tokens: always the same, or scattered around a mean."""

    mean: int
    spread: Jitter | None = None

    def draw(self, seed: str) -> int:
        """Return the number for `seed`, which has all that it may depend on; at least 1."""
        if self.spread is None:
            return self.mean
        drawn = self.spread.draw(self.mean, Random(f"{self.spread.seed}/{seed}"))
        return min(max(round(drawn), 1), MAX_TOKENS)
