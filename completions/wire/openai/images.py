"""Images: `POST /v1/images/generations`, `/edits` and `/variations`, pictures that show the words of their prompt.

Shapes: `openai.types.ImagesResponse` and the events of `ImageGenStreamEvent` and `ImageEditStreamEvent`. Tokens are
those of OpenAI's guide to image generation. The error for an invalid image was recorded (crmne/ruby_llm).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from completions.conversation import Message, Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import dicts, text, text_or_none, whole
from completions.wire.media_type import named_type
from completions.wire.multipart import Form, read_form
from completions.wire.openai import image_rules as rules
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.picture_options import edges_of, encoding_of, picture_of_text
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.refusals import IMAGES_FORMAT_REFUSALS
from completions.wire.openai.wordings import IMAGES
from completions.wire.picture import Picture
from completions.wire.picture_files import PNG, Encoding, packed
from completions.wire.readback import Answer
from completions.wire.validation import Problem, refuse, wrong_type

DRAWN_AT = "v1/images/drawn/"
"""The path of the pictures of URLs."""

SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
"""The first bytes of image files: PNG, JPEG, WebP."""

SUPPORTED_TYPES = ("image/png", "image/jpeg", "image/webp")

DEFAULT_QUALITY = "medium"
NEWER = re.compile(r"gpt-image-(?:[2-9]|\d\d)")
"""Models whose default quality is `low`, and whose costs were measured on 2026-04-28 (`gpt-image-2`)."""

FACTORS = {"low": 1.0, "medium": 1756 / 196, "high": 7024 / 196}
"""The cost factors of newer models by quality, relative to low quality."""

COSTS = {"low": (272, 408, 400), "medium": (1056, 1584, 1568), "high": (4160, 6240, 6208)}
"""Tokens of an image by its quality: a square, a portrait and a landscape, of 1024 and 1536 pixels."""

AREAS = (1024 * 1024, 1024 * 1536, 1536 * 1024)
PER_IMAGE = 194
"""Tokens of an input image: a base of 65 and a tile of 129."""

TEXTS = ["model", "prompt", "size", "user", "safety_identifier", "quality"]


class Images(OpenAIFormat):
    """OpenAI's generated images; a script's text is drawn instead of the prompt."""

    name = "images"
    needs_root = True
    has_limits = False
    vendor = "openai"
    refusals = IMAGES_FORMAT_REFUSALS
    wordings = IMAGES
    event = "image_generation"
    required: Sequence[str] = ("prompt",)
    """Without a model it is `dall-e-2`, as until its retirement in May 2026."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for images; its prompt is a user message."""
        document, digests, check = self._read(body, headers)
        if validate:
            self.validate(document)
            check()
        name = text(document.get("model")) or rules.DALL_E_2
        return Prompt(
            format=self.name,
            task="draw",
            model=text_or_none(document.get("model")),
            messages=(Message("user", self._prompt_in(document)),),
            n=min(whole(document.get("n"), 1) or 1, rules.MAX_IMAGES),
            user=text_or_none(document.get("user")),
            stream=document.get("stream") is True and rules.model_of(name).is_gpt,
            headers=headers,
            body=document,
            address={"seed": digests, "images": str(len(digests.split())), "root": route.get("root", "")},
        )

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` for invalid fields."""
        rules.validate(document, self.name, self.required)

    def picture(self, words: str, prompt: Prompt, seed: str) -> Picture:
        """Return the picture that shows some words."""
        return picture_of_text(words, prompt.body, seed)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the images, each as base64 or as a URL, and their usage."""
        data = [self._image(reply, prompt, at) for at in range(prompt.n)]
        document: dict[str, Any] = {"created": reply.created, "data": data}
        if not _model(prompt).is_gpt:
            return document
        return document | _facts(prompt) | {"usage": usage_of(prompt, prompt.n)}

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the partial pictures, each of which shows more of the words, and the complete ones."""
        partial_count, encoding = (
            min(whole(prompt.body.get("partial_images"), 0) or 0, rules.MAX_PARTIAL),
            _encoding(prompt),
        )
        facts, events = {**_facts(prompt), "created_at": reply.created}, []
        for at in range(prompt.n):
            for index in range(partial_count):
                picture = self.shown(reply, prompt, at)._replace(share=(index + 1) / (partial_count + 1))
                partial_fields = {"b64_json": packed(picture, encoding), "partial_image_index": index, **facts}
                events.append(self._event("partial_image", partial_fields))
            completed = {
                "b64_json": packed(self.shown(reply, prompt, at), encoding),
                **facts,
                "usage": usage_of(prompt, 1),
            }
            events.append(self._event("completed", completed))
        return events

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Add the usage of the images, and the revised prompt, if the answer has one."""
        collect_usage(document.get("usage"), answer, "input", "output")
        for index, image in enumerate(dicts(document.get("data"))):
            answer.choice(index).add_text(image.get("revised_prompt"))

    def _read(self, body: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], str, Callable[[], None]]:
        """Return the request, the digests of its images, and a function that refuses invalid ones."""
        return decode_object(body), "", lambda: None

    def _prompt_in(self, document: Mapping[str, Any]) -> str:
        return text(document.get("prompt"))

    def _image(self, reply: Reply, prompt: Prompt, at: int) -> dict[str, Any]:
        picture, model = self.shown(reply, prompt, at), _model(prompt)
        revised = {"revised_prompt": picture.text} if prompt.model == rules.DALL_E_3 else {}
        if model.is_gpt or prompt.body.get("response_format") == "b64_json":
            return {"b64_json": packed(picture, _encoding(prompt)), **revised}
        return {"url": self.address(picture, prompt), **revised}

    def address(self, picture: Picture, prompt: Prompt, kind: str = "png") -> str:
        """Return the URL of a picture, as a file of a kind."""
        return f"{prompt.address['root']}/{DRAWN_AT}{picture.token()}.{kind}"

    def shown(self, reply: Reply, prompt: Prompt, at: int) -> Picture:
        """Return one of the pictures."""
        scripted = [choice.text for choice in reply.choices if choice.text]
        words = scripted[at % len(scripted)] if scripted else prompt.last_user
        return self.picture(words, prompt, f"{prompt.address['seed']}/{at}"[-100:])

    def _event(self, kind: str, facts: Mapping[str, Any]) -> Event:
        name = f"{self.event}.{kind}"
        return Event(orjson.dumps({"type": name, **facts}), token=True, name=name)


class ImageEdits(Images):
    """OpenAI's edited images: a form with files, or a document with the images' URLs."""

    name = "image_edits"
    event = "image_edit"

    def _read(self, body: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], str, Callable[[], None]]:
        if (headers.get("content-type") or "").startswith("application/json"):
            document = decode_object(body)
            sources = [text(image.get("image_url")) for image in dicts(document.get("images"))]
            digests = " ".join(digest(source.encode("utf-8", "replace")) for source in sources)
            return document, digests, partial(_check_sources, document, sources)
        form = read_form(body, headers.get("content-type") or "")
        document, files = form.document(texts=TEXTS), form.all_files("image")
        document["image"] = [{"name": file.name, "bytes": len(file.data)} for file in files]
        check = partial(self._check_form, form, text(document.get("model")))
        return document, " ".join(digest(file.data) for file in files), check

    def _check_form(self, form: Form, model: str) -> None:
        """Refuse a form with invalid images, or with more images than the model supports."""
        files = form.all_files("image")
        if form.all_files("images"):  # measured on 2026-08-30
            why = "Unknown parameter: 'images'. For multipart/form-data use 'image' or 'image[]'."
            raise RequestError(why, code="invalid_value", param="images")
        if not files:
            refuse(_text_for_a_file(form, "image"))
            raise RequestError("Missing required parameter: 'image'.", code="missing_required_parameter", param="image")
        if ("image[]" in form.uploads or len(files) > 1) and (model == rules.DALL_E_2 or "prompt" not in self.required):
            refuse(wrong_type("a file", files).under("image"))
        if (problem := rules.INPUT_IMAGES(files)) is not None:
            refuse(problem.under("image"))
        for name, given in (("image", files), ("mask", form.all_files("mask"))):
            if any(not file.data.startswith(SIGNATURES) for file in given):
                raise _no_image(name)


class ImageVariations(ImageEdits):
    """OpenAI's variations of an image, which have no prompt."""

    name = "image_variations"
    required = ()

    def _prompt_in(self, document: Mapping[str, Any]) -> str:
        images = dicts(document.get("image"))
        return f"Variation of {text(images[0].get('name'))}" if images else "Variation"


def _model(prompt: Prompt) -> rules.Model:
    return rules.model_of(prompt.model or rules.DALL_E_2)


def digest(data: bytes) -> str:
    """Return the digest of an input image, on which the colours of the picture depend."""
    return hashlib.blake2s(data, digest_size=8).hexdigest()


def _text_for_a_file(form: Form, name: str) -> Problem | None:
    """Return the problem of a field that has a text in place of a file, as LiteLLM's pull 39512 quotes it."""
    field = next((field for field in (name, f"{name}[]") if field in form.fields), None)
    return None if field is None else wrong_type("a file", "").under(field.replace("[]", "[0]"))


def _check_sources(document: Mapping[str, Any], sources: Sequence[str]) -> None:
    """Refuse data that is not an image, and the URL of an unsupported file; it is not fetched."""
    for name in ("image", "image[]"):
        if name in document:  # measured on 2026-08-29
            why = f"Unknown parameter: '{name.removesuffix('[]')}'. For application/json on /v1/images/edits"
            raise RequestError(f"{why}, use 'images' (array).", code="invalid_value", param=name.removesuffix("[]"))
    if "images" not in document:
        raise RequestError("Missing required parameter: 'images'.", code="missing_required_parameter", param="images")
    for at, source in enumerate(sources):
        if source.startswith("data:"):
            try:
                data = base64.b64decode(source.partition(",")[2], validate=True)
            except (binascii.Error, ValueError):
                data = b""
            if not data.startswith(SIGNATURES):
                raise _no_image(f"images[{at}].image_url")
        elif (named_type(source) or "").startswith("image/") and named_type(source) not in SUPPORTED_TYPES:
            raise _no_image(f"images[{at}].image_url")  # recorded in August 2026: an SVG's


def _no_image(param: str) -> RequestError:
    return RequestError(
        "Invalid image data.", type="image_generation_user_error", code="invalid_image_file", param=param
    )


def _encoding(prompt: Prompt) -> Encoding:
    return encoding_of(prompt.body) if _model(prompt).is_gpt else PNG


def _facts(prompt: Prompt) -> dict[str, Any]:
    """Return the properties of images of a GPT image model."""
    width, height = edges_of(prompt.body)
    return {
        "background": "transparent" if prompt.body.get("background") == "transparent" else "opaque",
        "output_format": _encoding(prompt).kind,
        "quality": _quality(prompt),
        "size": f"{width}x{height}",
    }


def _quality(prompt: Prompt) -> str:
    requested = text(prompt.body.get("quality"))
    default = "low" if NEWER.match(prompt.model or "") else DEFAULT_QUALITY
    return requested if requested in ("low", "medium", "high", "xhigh", "max") else default


def _cost(prompt: Prompt) -> float:
    """Return the tokens of a picture; qualities above `high` cost as much as it."""
    (width, height), quality = edges_of(prompt.body), _quality(prompt)
    if NEWER.match(prompt.model or ""):
        low = min(width, height) / max(width, height) * (128.9 + 64e-6 * width * height)
        return low * FACTORS.get(quality, FACTORS["high"])
    shape = (width > height) + (width != height)
    return COSTS.get(quality, COSTS["high"])[shape] * width * height / AREAS[shape]


def usage_of(prompt: Prompt, count: int) -> dict[str, Any]:
    """Return the cost of some images."""
    text_tokens = tokens.count(prompt.last_user, prompt.model)
    input_image_tokens = PER_IMAGE * int(prompt.address["images"])
    output_tokens = count * round(_cost(prompt))
    return {
        "input_tokens": text_tokens + input_image_tokens,
        "input_tokens_details": {"image_tokens": input_image_tokens, "text_tokens": text_tokens},
        "output_tokens": output_tokens,
        "total_tokens": text_tokens + input_image_tokens + output_tokens,
        "output_tokens_details": {"image_tokens": output_tokens, "text_tokens": 0},
    }
