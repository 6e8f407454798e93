"""What the prompt counts of vendors whose tokenizers are not ours are made of; `weights.py` has their weights.

A prompt's tokens are the sum of its measures (`tokens/measures.py`), each times its weight, and of its images, sounds
and documents.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from completions.conversation import Part, Prompt, PromptTokens
from completions.tokens import documents, media
from completions.tokens import text as tokens
from completions.tokens.deferred import offered, shown
from completions.tokens.measures import MEASURES, OF_TOOLS
from completions.tokens.measures_of_claude import OF_BLOCKS, of_blocks
from completions.tokens.remembered import MAX_TOOLS, Memory, key_of

Weights = Mapping[str, float]
Size = Callable[[int, int], float]

OFFICE_MARKS = 13
"""Tokens around the text of a Word document or a spreadsheet, as Mistral counts them."""

_known_tools = Memory[Mapping[str, float]](MAX_TOOLS)
"""The measures of tools by their names, for each vendor and model."""

UNKNOWN_SECONDS = 4.5
"""How long a sound is of which only the address is known."""


class Media(NamedTuple):
    """What is not text: an image by its width and height, a second of sound, and a document.

    A document costs `page` for each page, `character` for each character, and `unread` where it stands elsewhere; a
    film costs `video`, `film_second` for each second after the first, and its sound. A page may cost something else
    where the document is all there is beside texts (`page_alone`), or where a tool returned it (`page_in_result`).
    """

    image: Size
    second: float = 25.0
    page: float = 0.0
    page_alone: float | None = None
    page_in_result: float | None = None
    character: float = 0.27
    unread: float = 800.0
    video: float = 258.0
    film_second: float = 263.0


def squares(pixels: int, more: int = 0, rows: int = 0) -> Size:
    """Return the cost of an image in squares of so many pixels, with a few tokens more, and some for each row."""

    def cost(width: int, height: int) -> float:
        down = math.ceil(height / pixels)
        return math.ceil(width / pixels) * down + more + rows * down

    return cost


def tiles(tokens: int) -> Size:
    """Return the cost of an image as Gemini's guide has it: of so many tokens, and each of its tiles if it is large."""

    def cost(width: int, height: int) -> float:
        if max(width, height) <= SMALL:
            return tokens
        side = min(max(math.floor(min(width, height) / 1.5), TILE[0]), TILE[1])
        return tokens * (1 + math.ceil(width / side) * math.ceil(height / side))

    return cost


SMALL, TILE = 384, (192, 768)
"""Pixels of an image that is one tile for Gemini, and the least and the most of a tile's side."""


def flat(tokens: int) -> Size:
    """Return the cost of an image of any size."""
    return lambda width, height: tokens


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor counts the prompts of some of its models.

    `unless_none` says that tools cost nothing where none may be called; `hosted` has the tokens of the API's own
    tools, by how their types begin, and `hosted_once` what the first of some of them brings besides.
    """

    name: str
    weights: Weights
    media: Media
    unless_none: bool = False
    hosted: Mapping[str, int] = field(default_factory=dict)
    hosted_once: Mapping[str, int] = field(default_factory=dict)

    def count(self, prompt: Prompt) -> PromptTokens:
        """Count a prompt's tokens, and how many of them are of what."""
        if self.unless_none and prompt.tool_choice.mode == "none":
            without = OF_TOOLS.keys() | {"tools"}
            weights: Weights = {name: weight for name, weight in self.weights.items() if name not in without}
        else:
            weights = self.weights
        known = {**self._of_tools(prompt), **(of_blocks(prompt) if weights.keys() & OF_BLOCKS else {})}
        text = sum(
            weight * (known[name] if name in known else MEASURES[name](prompt)) for name, weight in weights.items()
        )
        text += self._hosted([str(tool.get("type")) for tool in offered(prompt)])
        image = audio = document = 0
        parts = [(message.role == "tool", part) for message in prompt.messages for part in message.parts]
        for in_result, part in parts:
            cost = math.ceil(self._part(part, self._page(in_result, alone=len(parts) == 1)))
            if part.kind == "image":
                image += cost
            elif part.kind == "audio" or part.media_type.startswith("audio/"):
                audio += cost
            else:
                document += cost
        return PromptTokens(max(round(text), 1) + image + audio + document, image, audio, document)

    def _of_tools(self, prompt: Prompt) -> Mapping[str, float]:
        """Measure the tools, which are the same in each request of an agent."""
        if not prompt.tools:
            return {}
        names = OF_TOOLS.keys() & self.weights.keys()
        key = self.name, prompt.model, key_of(shown(prompt))
        return _known_tools.of(key, lambda: {name: OF_TOOLS[name](prompt) for name in names})

    def _hosted(self, kinds: Sequence[str]) -> int:
        once = sum(cost for name, cost in self.hosted_once.items() if any(kind.startswith(name) for kind in kinds))
        return once + sum(
            next((cost for name, cost in self.hosted.items() if kind.startswith(name)), 0) for kind in kinds
        )

    def _page(self, in_result: bool, alone: bool) -> float:
        own = self.media.page_in_result if in_result else self.media.page_alone if alone else None
        return self.media.page if own is None else own

    def _part(self, part: Part, page: float) -> float:
        if part.kind == "image":
            return self.media.image(*(media.image_size(part.source) or media.UNKNOWN_SIZE))
        if part.kind == "audio" or part.media_type.startswith("audio/"):
            return (media.seconds(part.source) or UNKNOWN_SECONDS) * self.media.second
        if part.media_type.startswith("video/"):
            return self._film(part.source)
        if (found := documents.pdf(part.source)) is not None:
            return page * found.pages + self.media.character * found.characters
        if (written := documents.office(part.source)) is not None:
            return tokens.count(written.text) + OFFICE_MARKS
        if (text := documents.text_of(part.source)) is not None:
            return tokens.count(text)
        return self.media.unread

    def _film(self, source: str) -> float:
        """Count a film: a picture for each second, and its sound."""
        found = media.film(source)
        seconds = max(int(found[0]), 1) if found else 1
        sound = self.media.second * seconds if found and found[1] else 0
        return self.media.video + self.media.film_second * (seconds - 1) + sound
