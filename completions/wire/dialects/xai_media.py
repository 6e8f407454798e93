"""xAI's images and speech: `POST /v1/images/generations`, `/v1/images/edits`, `/v1/tts`.

Sources: answers recorded by crmne/ruby_llm in 2026, xAI's page on text to speech, and what users measured in July to
September 2026: of `size` (rikkahub/rikkahub 1602), of aspect ratios (withceleste/celeste-python 381). The price of an
image is that of LiteLLM's table; that of an input image is from the recorded edit.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.xai import UNSUPPORTED, XAI
from completions.wire.fields import dicts, mapping, text
from completions.wire.openai.images import Images, digest
from completions.wire.openai.picture_options import edges_by_ratio
from completions.wire.openai.speech import Speech
from completions.wire.picture import Picture
from completions.wire.picture_files import MEDIA_TYPES, Encoding, packed
from completions.wire.validation import array, boolean, choice, decimal, integer, nullable, record, string

GROK = XAI()

RATIOS = (
    *("1:1", "1:2", "2:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "21:9"),
    *("5:2", "auto"),
)
RESOLUTIONS = {"1k": 1024, "2k": 2048}
"""The edge of a square image."""

REFUSED_FIELDS = ("size", "style")
"""OpenAI's fields of image requests that xAI refuses."""

PRICES = {"grok-imagine-image-2.0": 600_000_000, "grok-imagine-image-quality": 500_000_000}
DEFAULT_PRICE, INPUT_PRICE = 200_000_000, 200_000_000
"""The price of an image, and of an input image, in ten-billionths of a dollar."""

JPEG = Encoding("jpeg")
MAX_INPUT_IMAGES, MAX_SPEECH_CHARACTERS = 3, 15_000
"""The maximum number of input images of an edit, and of characters of a speech."""

DEFAULT_VOICE, CODECS = "eve", ("mp3", "wav", "pcm", "mulaw", "alaw")
SUPPORTED_CODECS = CODECS[:3]

_IMAGE_FIELDS = {
    "prompt": string(low=1),
    "model": nullable(string()),
    "n": nullable(integer(1, 10)),
    "aspect_ratio": nullable(choice(*RATIOS)),
    "resolution": nullable(choice(*RESOLUTIONS)),
    "quality": nullable(choice("low", "medium", "high")),
    "response_format": nullable(choice("url", "b64_json")),
    "user": nullable(string()),
}
_INPUT_IMAGE = record({"url": string(low=1), "type": nullable(string())}, ("url",), others=True)
_IMAGE_REQUEST = record(
    {
        **_IMAGE_FIELDS,
        "image": nullable(_INPUT_IMAGE),
        "images": nullable(array(_INPUT_IMAGE, "objects", low=1, high=MAX_INPUT_IMAGES)),
    },
    ("prompt",),
    others=True,
)
_SPEECH_REQUEST = record(
    {
        "text": string(low=1, high=MAX_SPEECH_CHARACTERS),
        "language": string(),
        "voice_id": nullable(string()),
        "speed": nullable(decimal()),
        "text_normalization": nullable(boolean),
        "output_format": nullable(record({"codec": nullable(choice(*CODECS))}, others=True)),
    },
    ("text", "language"),
    others=True,
)


class XAIImages(Images):
    """xAI's images: JPEG, at an address unless the bytes are requested, and their cost."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for images, which are never streamed."""
        return replace(super().parse(body, headers, validate=validate, route=route), stream=False)

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` for what xAI refuses."""
        GROK.refuse(_IMAGE_REQUEST(document), document)
        if (name := next((name for name in REFUSED_FIELDS if document.get(name) is not None), None)) is not None:
            raise RequestError(f"Argument not supported: {name}", code=UNSUPPORTED)

    def picture(self, said: str, prompt: Prompt, seed: str) -> Picture:
        """Return the picture of a text."""
        edge = RESOLUTIONS.get(text(prompt.body.get("resolution")), RESOLUTIONS["1k"])
        ratio = text(prompt.body.get("aspect_ratio"))
        return Picture(said, *edges_by_ratio(ratio if ratio in RATIOS else "1:1", edge), seed)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the images, and their cost."""
        model = prompt.model or ""
        price = next((price for name, price in PRICES.items() if model.startswith(name)), DEFAULT_PRICE)
        cost = prompt.n * price + int(prompt.address["images"]) * INPUT_PRICE
        data = [self._image(reply, prompt, index) for index in range(prompt.n)]
        return {"data": data, "usage": {"cost_in_usd_ticks": cost}}

    def _image(self, reply: Reply, prompt: Prompt, at: int) -> dict[str, Any]:
        picture, is_packed = self.shown(reply, prompt, at), prompt.body.get("response_format") == "b64_json"
        data = {"b64_json": packed(picture, JPEG)} if is_packed else {"url": self.address(picture, prompt, JPEG.kind)}
        return data | {"mime_type": MEDIA_TYPES[JPEG.kind]}


class XAIImageEdits(XAIImages):
    """xAI's edits of one or more images, given by addresses or as data."""

    name = "image_edits"

    def _read(self, body: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], str, Callable[[], None]]:
        document = decode_object(body)
        images = [mapping(document.get("image")), *dicts(document.get("images"))]
        sources = [source for image in images if (source := text(image.get("url")))]

        def check() -> None:
            if not sources:
                raise RequestError("An image is required: `image`, or `images`.")

        return document, " ".join(digest(source.encode("utf-8", "replace")) for source in sources), check


class XAISpeech(Speech):
    """xAI's speech: MP3 by default; codecs that the mock lacks are PCM."""

    def as_openai(self, body: bytes) -> dict[str, Any]:
        """Return a request with OpenAI's names of the fields."""
        document = decode_object(body)
        codec = text(mapping(document.get("output_format")).get("codec")) or CODECS[0]
        input_text, voice = text(document.get("text")), text(document.get("voice_id")) or DEFAULT_VOICE
        return document | {
            "input": input_text,
            "voice": voice,
            "response_format": codec if codec in SUPPORTED_CODECS else "pcm",
        }

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` for what xAI refuses."""
        GROK.refuse(_SPEECH_REQUEST(document), document)


def addresses(dialect: XAI) -> list[Address]:
    """Return the addresses of xAI's images and speech."""
    return [
        Address(f"{dialect.place}images/generations", XAIImages(dialect)),
        Address(f"{dialect.place}images/edits", XAIImageEdits(dialect)),
        Address(f"{dialect.place}tts", XAISpeech(dialect)),
    ]
