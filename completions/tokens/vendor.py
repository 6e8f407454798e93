"""The model of prompt counts for vendors with foreign tokenizers; `weights.py` has the weights.

A prompt's tokens are the sum of its measures (`tokens/measures.py`), each times its weight, and of its images, sounds
and documents.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from completions.conversation import Part, Prompt, PromptTokens
from completions.tokens import documents, media
from completions.tokens import text as tokens
from completions.tokens.claude_measures import BLOCK_MEASURES, block_measures
from completions.tokens.deferred import raw_tools, visible_tools
from completions.tokens.measures import MEASURES, TOOL_MEASURES
from completions.tokens.memory import MAX_TOOLS, Memory, key_of

Weights = Mapping[str, float]
Size = Callable[[int, int], float]

OFFICE_MARKS = 13
"""Tokens around the text of a Word document or a spreadsheet, as Mistral counts them."""

_known_tools = Memory[Mapping[str, float]](MAX_TOOLS)
"""The measures of tools by their names, for each vendor and model."""

UNKNOWN_SECONDS = 4.5
"""The assumed duration of a sound at a URL."""


class Resolution(NamedTuple):
    """What a requested resolution makes an image, a page of a document and an image of a film cost; None: as usual."""

    image: float | None = None
    page: float | None = None
    frame: float | None = None


AS_USUAL = Resolution()


class Media(NamedTuple):
    """The costs of media: of an image by its width and height, of a second of sound, and of a document.

    A document costs `page` for each page, `character` for each character, and `unread` if it is at a URL; a film costs
    `video`, `film_second` for each second after the first, and its sound. A page may have another cost if the document
    is the only part that is not text (`page_alone`), or if a tool returned it (`page_in_result`). `resolutions` have
    other costs, by the detail of a part.
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
    resolutions: Mapping[str, Resolution] = MappingProxyType({})


def squares(pixels: int, more: int = 0, rows: int = 0) -> Size:
    """Return the cost of an image in squares of `pixels`, with `more` tokens in addition, and `rows` for each row."""

    def cost(width: int, height: int) -> float:
        down = math.ceil(height / pixels)
        return math.ceil(width / pixels) * down + more + rows * down

    return cost


def tiles(tokens: int) -> Size:
    """Return the cost of an image by Gemini's guide: `tokens`, and as many for each tile of a large one."""

    def cost(width: int, height: int) -> float:
        if max(width, height) <= SMALL_IMAGE:
            return tokens
        side = min(max(math.floor(min(width, height) / 1.5), TILE_SIDES[0]), TILE_SIDES[1])
        return tokens * (1 + math.ceil(width / side) * math.ceil(height / side))

    return cost


SMALL_IMAGE, TILE_SIDES = 384, (192, 768)
"""The largest image in pixels that is one tile for Gemini, and the shortest and the longest side of a tile."""


def fixed_size(tokens: int) -> Size:
    """Return the cost of an image of any size."""
    return lambda width, height: tokens


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor counts the prompts of some of its models.

    With `free_without_choice` tools cost nothing if the tool choice is `none`; `hosted` has the tokens of the API's own
    tools, by the prefixes of their types, and `hosted_once` the additional tokens for the first of some of them.
    """

    name: str
    weights: Weights
    media: Media
    free_without_choice: bool = False
    hosted: Mapping[str, int] = field(default_factory=dict)
    hosted_once: Mapping[str, int] = field(default_factory=dict)

    def count(self, prompt: Prompt) -> PromptTokens:
        """Count a prompt's tokens, and those of its images, sounds and documents."""
        if self.free_without_choice and prompt.tool_choice.mode == "none":
            without = TOOL_MEASURES.keys() | {"tools"}
            weights: Weights = {name: weight for name, weight in self.weights.items() if name not in without}
        else:
            weights = self.weights
        known = {**self._tool_measures(prompt), **(block_measures(prompt) if weights.keys() & BLOCK_MEASURES else {})}
        text = sum(
            weight * (known[name] if name in known else MEASURES[name](prompt)) for name, weight in weights.items()
        )
        text += self._hosted([str(tool.get("type")) for tool in raw_tools(prompt)])
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

    def _tool_measures(self, prompt: Prompt) -> Mapping[str, float]:
        """Measure the tools, which are the same in each request of an agent."""
        if not prompt.tools:
            return {}
        names = TOOL_MEASURES.keys() & self.weights.keys()
        key = self.name, prompt.model, key_of(visible_tools(prompt))
        return _known_tools.of(key, lambda: {name: TOOL_MEASURES[name](prompt) for name in names})

    def _hosted(self, kinds: Sequence[str]) -> int:
        once = sum(cost for name, cost in self.hosted_once.items() if any(kind.startswith(name) for kind in kinds))
        return once + sum(
            next((cost for name, cost in self.hosted.items() if kind.startswith(name)), 0) for kind in kinds
        )

    def _page(self, in_result: bool, alone: bool) -> float:
        specific = self.media.page_in_result if in_result else self.media.page_alone if alone else None
        return self.media.page if specific is None else specific

    def _part(self, part: Part, page: float) -> float:
        wanted = self.media.resolutions.get(part.detail, AS_USUAL) if part.detail else AS_USUAL
        if part.kind == "image" and wanted.image is not None:
            return wanted.image
        if part.kind == "image":
            return self.media.image(*(media.image_size(part.source) or media.UNKNOWN_SIZE))
        if part.kind == "audio" or part.media_type.startswith("audio/"):
            return (media.seconds(part.source) or UNKNOWN_SECONDS) * self.media.second
        if part.media_type.startswith("video/"):
            return self._film(part.source, wanted.frame)
        if (pdf := documents.read_pdf(part.source)) is not None:
            return (page if wanted.page is None else wanted.page) * pdf.pages + self.media.character * pdf.characters
        if (office := documents.read_office(part.source)) is not None:
            return tokens.count(office.text) + OFFICE_MARKS
        if (text := documents.decoded_text(part.source)) is not None:
            return tokens.count(text)
        return self.media.unread

    def _film(self, source: str, frame: float | None) -> float:
        """Count a film: an image for each second, and its sound."""
        first, later = (self.media.video, self.media.film_second) if frame is None else (frame, frame)
        film = media.film_duration(source)
        seconds = max(int(film[0]), 1) if film else 1
        sound = self.media.second * seconds if film and film[1] else 0
        return first + later * (seconds - 1) + sound
