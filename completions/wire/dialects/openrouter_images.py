"""OpenRouter's images: `POST /api/v1/images`, by models of any maker, with their cost.

Sources: an answer recorded by crmne/ruby_llm in 2026, and `ImageGenerationRequest`, `ImageGenerationResponse` and
`ImageStreamingResponse` of OpenRouter's SDK for Python (1.3.84). Tokens of makers but Google are counted as OpenAI's.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply, Usage
from completions.event import Event
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects import openrouter_costs
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.fields import dicts, mapping, text
from completions.wire.framing import DONE
from completions.wire.openai.images import Images, digest, usage_of
from completions.wire.openai.picture_options import edges, edges_by_ratio, encoding_of
from completions.wire.openai.readback import collect_usage
from completions.wire.picture import Picture
from completions.wire.picture_files import MEDIA_TYPES, Encoding, packed
from completions.wire.readback import Answer
from completions.wire.validation import array, boolean, choice, integer, nullable, obj, record, string

OPENROUTER = OpenRouter()

RATIOS = (
    *("1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5", "5:2", "5:4", "5:7"),
    *("7:5", "8:1", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto"),
)
RESOLUTIONS = {"512": 512, "768": 768, "1K": 1024, "1.5K": 1536, "2K": 2048, "4K": 2880}
"""The edge of a square picture, as far as one is drawn here."""

FORMATS = ("png", "jpeg", "webp", "svg")
STREAMED_PREFIX = "openai/"
"""The prefix of the names of models whose images are streamed; for others `stream` has no effect."""

GOOGLE_PREFIX, GOOGLE_IMAGE_TOKENS = "google/", 1120
"""The prefix of the names of Google's models, and their tokens of an image, input or output, as recorded."""

_IMAGE = record(
    {"type": choice("image_url"), "image_url": record({"url": string(low=1)}, ("url",), others=True)},
    ("image_url",),
    others=True,
)
_REQUEST = record(
    {
        "model": string(low=1),
        "prompt": string(low=1),
        "n": nullable(integer(1, 10)),
        "aspect_ratio": nullable(choice(*RATIOS)),
        "resolution": nullable(choice(*RESOLUTIONS)),
        "size": nullable(string()),
        "quality": nullable(choice("auto", "low", "medium", "high", "xhigh", "max")),
        "background": nullable(choice("auto", "transparent", "opaque")),
        "output_format": nullable(choice(*FORMATS)),
        "output_compression": nullable(integer(0, 100)),
        "input_references": nullable(array(_IMAGE, "objects")),
        "seed": nullable(integer()),
        "stream": nullable(boolean),
        "provider": nullable(obj),
        "session_id": nullable(string(high=256)),
        "trace": nullable(obj),
        "user": nullable(string()),
    },
    ("model", "prompt"),
    others=True,
)


class OpenRouterImages(Images):
    """The images of OpenRouter's models: the bytes, their media type, and the cost."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for images."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        is_streamed = prompt.body.get("stream") is True and (prompt.model or "").startswith(STREAMED_PREFIX)
        return replace(prompt, stream=is_streamed)

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` if OpenRouter refuses the request."""
        OPENROUTER.refuse(_REQUEST(document), document)

    def picture(self, said: str, prompt: Prompt, seed: str) -> Picture:
        """Return the picture of a text; `size` is the exact size in pixels, or else a resolution."""
        body, size = prompt.body, text(prompt.body.get("size"))
        if (exact := edges(size)) is None:
            edge = RESOLUTIONS.get(size) or RESOLUTIONS.get(text(body.get("resolution"))) or RESOLUTIONS["1K"]
            ratio = text(body.get("aspect_ratio"))
            exact = edges_by_ratio(ratio if ratio in RATIOS else "1:1", edge)
        return Picture(said, *exact, seed, body.get("background") == "transparent")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the images, and their cost."""
        data = [self._image(reply, prompt, index) for index in range(prompt.n)]
        return {"created": reply.created, "data": data, "usage": _usage(prompt, prompt.n)}

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return an event for each image, and the terminator."""
        facts = {"created": reply.created, "usage": _usage(prompt, 1)}
        images = (self._image(reply, prompt, index) | facts for index in range(prompt.n))
        return [*(self._event("completed", image)._replace(name="") for image in images), DONE]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the cost of the images back."""
        collect_usage(document.get("usage"), answer)

    def _read(self, body: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], str, Callable[[], None]]:
        document = decode_object(body)
        sources = (text(mapping(each.get("image_url")).get("url")) for each in dicts(document.get("input_references")))
        return document, " ".join(digest(each.encode("utf-8", "replace")) for each in sources), lambda: None

    def _image(self, reply: Reply, prompt: Prompt, at: int) -> dict[str, Any]:
        encoding = _encoding(prompt)
        return {"b64_json": packed(self.shown(reply, prompt, at), encoding), "media_type": MEDIA_TYPES[encoding.kind]}


def _encoding(prompt: Prompt) -> Encoding:
    """Return the encoding of the images; by default OpenAI's are PNG, and others JPEG."""
    if text(prompt.body.get("output_format")) in FORMATS:
        return encoding_of(prompt.body)
    return Encoding("png" if (prompt.model or "").startswith(STREAMED_PREFIX) else "jpeg")


def _usage(prompt: Prompt, count: int) -> dict[str, Any]:
    """Return the tokens and the cost of some images."""
    counts = usage_of(prompt, count)
    usage = Usage(counts["input_tokens"], counts["output_tokens"])
    if (prompt.model or "").startswith(GOOGLE_PREFIX):
        input_image_tokens = int(prompt.address["images"]) * GOOGLE_IMAGE_TOKENS
        usage = Usage(counts["input_tokens_details"]["text_tokens"] + input_image_tokens, count * GOOGLE_IMAGE_TOKENS)
    cost = openrouter_costs.cost_fields(*openrouter_costs.costs(prompt.model, usage))
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cost": cost["cost"],
        "is_byok": cost["is_byok"],
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0, "video_tokens": 0},
        "cost_details": cost["cost_details"],
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": usage.completion_tokens},
    }


def addresses(dialect: OpenRouter) -> list[Address]:
    """Return the address of image requests."""
    return [Address(f"{dialect.place}images", OpenRouterImages(dialect))]
