"""Images: pictures that show their prompt's words, as bytes, at addresses and as events."""

import base64
import io
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import openai
import orjson
import pytest
from PIL import Image

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.openai.images import ImageEdits, Images, ImageVariations
from completions.wire.picture import GLYPHS, INK, Picture, picture_of
from completions.wire.picture_files import Encoding, file_of
from llmclient import lite
from tests.leaky import LITELLM
from tests.scripts import World, rules
from tests.server import LiveServer, serving

# The SDK marks variations as deprecated.
pytestmark = [*LITELLM, pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")]

WIRE = Images()
GPT = "gpt-image-1.5"
ASKED: dict[str, Any] = {"model": GPT, "prompt": "A red cat"}
PNG = file_of(Picture("A blue dog", 64, 64))


def parsed(validate: bool = True, **body: Any) -> Prompt:
    return WIRE.parse(orjson.dumps(ASKED | body), {}, validate=validate, route={"root": "http://mock:8000"})


def edited(wire: ImageEdits, validate: bool = True, files: Any = (("image", ("a.png", PNG)),), **fields: Any) -> Prompt:
    request = httpx.Request("POST", "http://a", files=list(files), data=fields)
    return wire.parse(request.read(), {"content-type": request.headers["content-type"]}, validate=validate)


def drawn(prompt: Prompt, *choices: Choice) -> dict[str, Any]:
    return WIRE.document(Reply(choices, created=1), prompt)


def pixels(png: bytes) -> list[bytes]:
    """Return the rows of a picture: the number of each pixel's colour."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.mode) == ("PNG", "P")
        rows, (width, height) = image.tobytes(), image.size
    return [rows[at * width : (at + 1) * width] for at in range(height)]


def words(png: bytes) -> str:
    """Read what stands in a picture, by the shapes of its characters."""
    ink = [[pixel == INK for pixel in row] for row in pixels(png)]
    known = {tuple(bytes.fromhex(shape)): character for character, shape in GLYPHS.items()}
    return next((read for scale in range(12, 0, -1) if (read := _read(ink, scale, known))), "")


def _read(ink: list[list[bool]], scale: int, known: dict[tuple[int, ...], str]) -> str:
    """Read the one line of a picture, if its dots have this size and each of its characters is known."""
    top = next(at for at, row in enumerate(ink) if any(row))
    left = min(row.index(True) for row in ink if any(row))
    dots = [row[left::scale] for row in ink[top : top + 7 * scale : scale]]
    columns = [sum(dot << at for at, dot in enumerate(column)) for column in zip(*dots, strict=True)]
    read = [known.get(tuple(columns[at : at + 5])) for at in range(0, len(columns) - 5, 6)]
    return "" if None in read else "".join(map(str, read)).strip()


@pytest.mark.parametrize("text", ["HELLO", "MAZE"])
def test_picture__shows_its_words(text: str) -> None:
    assert words(file_of(Picture(text, 512, 256))) == text


def test_picture__has_its_size_and_its_own_colours() -> None:
    rows = pixels(file_of(Picture("Hello there", 300, 200)))
    assert (len(rows), len(rows[0])) == (200, 300)
    one, again, other = file_of(Picture("a", 64, 64)), file_of(Picture("a", 64, 64)), file_of(Picture("a", 64, 64, "b"))
    assert one == again != other


@pytest.mark.parametrize(("kind", "modes"), [("png", "PP"), ("jpeg", ("RGB", "RGB")), ("webp", ("RGB", "RGBA"))])
def test_file__of_each_kind_shows_the_words_on_the_same_colours(kind: str, modes: Any) -> None:
    for picture, mode in zip(
        (plain := Picture("MAZE", 256, 128), plain._replace(transparent=True)), modes, strict=True
    ):
        with Image.open(io.BytesIO(file_of(picture, Encoding(kind)))) as image:
            assert (image.format, image.mode, image.size) == (kind.upper(), mode, (256, 128))
            shown = image.convert("RGBA")
            pixel = shown.getpixel((0, 0))
            shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
            ink = shown.convert("L").histogram()[:90]
            assert sum(ink) == pytest.approx(sum(row.count(INK) for row in pixels(file_of(picture))), rel=0.2)
            assert isinstance(pixel, tuple) and pixel[3] == (0 if picture.transparent and kind != "jpeg" else 255)


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_file__is_smaller_the_less_good_it_is_to_be(kind: str) -> None:
    sizes = [len(file_of(Picture("A red cat", 256, 256), Encoding(kind, quality))) for quality in (0, 50, 100)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("transparent", [False, True])
def test_gif__has_its_frames_of_which_each_shows_more(transparent: bool) -> None:
    picture = Picture("one two", 64, 64, transparent=transparent)
    with Image.open(io.BytesIO(file_of(picture, Encoding("gif", frames=16, milliseconds=123)))) as image:
        assert (getattr(image, "n_frames", 1), image.info["duration"], image.info["loop"]) == (16, 120, 0)
        assert ("transparency" in image.info) is transparent
    with Image.open(io.BytesIO(file_of(Picture("a", 2048, 1024), Encoding("gif")))) as image:
        assert getattr(image, "n_frames", 1) == 3  # as many as a request that is validated can have
    with Image.open(io.BytesIO(file_of(picture, Encoding("gif", frames=2, milliseconds=10**9)))) as image:
        assert image.info["duration"] == 655_350


@pytest.mark.parametrize("text", ["A <red> & \x00 cat \ud800", ""])
def test_svg__is_a_document_with_the_words(text: str) -> None:
    root = ElementTree.fromstring(file_of(Picture(text, 512, 256), Encoding("svg")))
    assert root.attrib["viewBox"] == "0 0 512 256"
    said = " ".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text"))
    assert said == ("A <RED> & ? CAT ?" if text else "")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 16


@pytest.mark.parametrize("text", ["", "x" * 500, "a " * 500, "naïve 日本 \U0001f600"])
@pytest.mark.parametrize("size", [(16, 16), (1024, 16), (256, 256)])
def test_picture__of_any_text_can_be_drawn_and_found_again(text: str, size: tuple[int, int]) -> None:
    picture = Picture(text, *size)
    assert len(pixels(file_of(picture))) == size[1]
    found = picture_of(picture.token())
    assert found is not None and file_of(found) == file_of(picture)


def test_token__that_stands_for_nothing() -> None:
    large = Picture("a", 9000, 9000).token()
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" * 10_000_000)).decode()
    assert [picture_of(token) for token in ("", "abc", "é", large, bomb)] == [None] * 5


def test_document__has_the_facts_and_the_usage_of_a_gpt_image() -> None:
    document = drawn(parsed(n=2, size="1536x1024", quality="low", background="transparent"))
    assert [list(image) for image in document["data"]] == [["b64_json"]] * 2
    first, second = (base64.b64decode(image["b64_json"]) for image in document["data"])
    assert first != second and len(pixels(first)[0]) == 1536 and b"tRNS" in first
    told = {key: document[key] for key in ("background", "output_format", "quality", "size")}
    assert told == {"background": "transparent", "output_format": "png", "quality": "low", "size": "1536x1024"}
    assert document["usage"]["output_tokens"] == 2 * 400
    assert document["usage"]["total_tokens"] == document["usage"]["input_tokens"] + 800


@pytest.mark.parametrize(
    ("asked", "kind", "size"),
    [
        ({"output_format": "webp", "output_compression": 40}, "webp", (1024, 1024)),
        ({"output_format": "jpeg", "size": "1024x1536"}, "jpeg", (1024, 1536)),
        ({"model": "gpt-image-2.6-flare", "output_format": "gif", "frame_count": 3}, "gif", (1024, 768)),
    ],
    ids=("webp", "jpeg", "gif"),
)
def test_document__has_the_format_that_is_asked_for(asked: dict[str, Any], kind: str, size: tuple[int, int]) -> None:
    document = drawn(parsed(**asked))
    assert (document["output_format"], document["size"]) == (kind, f"{size[0]}x{size[1]}")
    with Image.open(io.BytesIO(base64.b64decode(document["data"][0]["b64_json"]))) as image:
        assert (image.format, image.size, getattr(image, "n_frames", 1)) == (
            kind.upper(),
            size,
            3 if kind == "gif" else 1,
        )


def test_document__of_dall_e_has_addresses_or_bytes() -> None:
    (image,) = drawn(parsed(model="dall-e-3"))["data"]
    assert image["url"].startswith("http://mock:8000/v1/images/drawn/") and image["revised_prompt"] == "A red cat"
    (image,) = drawn(parsed(model="dall-e-2", response_format="b64_json", size="256x256"))["data"]
    assert list(image) == ["b64_json"]


def test_script__draws_its_text() -> None:
    document = drawn(parsed(), Choice("MAZE"))
    assert words(base64.b64decode(document["data"][0]["b64_json"])) == "MAZE"


def test_events__are_partial_pictures_and_the_whole_one() -> None:
    prompt = parsed(stream=True, partial_images=2)
    events = WIRE.events(Reply((), created=1), prompt)
    documents = [orjson.loads(event.data) for event in events]
    assert [event.name for event in events] == [each["type"] for each in documents]
    assert [each["type"] for each in documents] == ["image_generation.partial_image"] * 2 + [
        "image_generation.completed"
    ]
    assert len({each["b64_json"] for each in documents}) == 3
    assert documents[-1]["b64_json"] == drawn(prompt)["data"][0]["b64_json"]
    assert documents[-1]["usage"]["output_tokens"] == 1056


def test_edits__take_files_and_addresses() -> None:
    wire = ImageEdits()
    prompt = edited(wire, model=GPT, prompt="Make it green")
    usage = wire.document(Reply((), created=1), prompt)["usage"]
    assert usage["input_tokens_details"]["image_tokens"] == 194
    two = edited(wire, files=[("image[]", ("a.png", PNG)), ("image[]", ("b.png", PNG))], model=GPT, prompt="a")
    assert wire.document(Reply((), created=1), two)["usage"]["input_tokens_details"]["image_tokens"] == 388
    body = {"model": GPT, "prompt": "a", "images": [{"image_url": "https://example.com/a.png"}]}
    assert wire.parse(orjson.dumps(body), {"content-type": "application/json"}, validate=True).last_user == "a"


def test_edits__refuse_what_is_no_image() -> None:
    wire = ImageEdits()
    with pytest.raises(RequestError) as error:
        edited(wire, files=[("image", ("a.png", b"text"))], model=GPT, prompt="a")
    told = error.value
    assert (told.message, told.type, told.code, told.param) == (
        "Invalid image data.",
        "image_generation_user_error",
        "invalid_image_file",
        "image",
    )
    with pytest.raises(RequestError, match="'image'"):
        edited(wire, files=[("other", ("a.png", PNG))], model=GPT, prompt="a")
    for source in ("data:image/png;base64,AAAA", "https://example.com/logo.svg"):
        body = {"model": GPT, "prompt": "a", "images": [{"image_url": source}]}
        with pytest.raises(RequestError, match="Invalid image data"):
            wire.parse(orjson.dumps(body), {"content-type": "application/json"}, validate=True)


GIVEN: list[tuple[Any, str, str, str]] = [
    (
        [("image", (None, b"text"))],
        GPT,
        "Invalid type for 'image': expected a file, but got a string instead.",
        "image",
    ),
    (
        [("image[]", (None, b"text"))],
        GPT,
        "Invalid type for 'image[0]': expected a file, but got a string instead.",
        "image[0]",
    ),
    (
        [("image[]", ("a.png", PNG))],
        "dall-e-2",
        "Invalid type for 'image': expected a file, but got an array instead.",
        "image",
    ),
    (
        [("image", ("a.png", PNG)), ("image", ("b.png", PNG))],
        "dall-e-2",
        "Invalid type for 'image': expected a file, but got an array instead.",
        "image",
    ),
    ([("image[]", ("a.png", PNG))] * 17, GPT, "Invalid 'image': array too long.", "image"),
    ([("image", ("a.png", PNG)), ("mask", ("m.png", b"text"))], GPT, "Invalid image data.", "mask"),
    ([("image", ("a.png", PNG)), ("mask", ("m.png", b""))], GPT, "Invalid image data.", "mask"),
]


@pytest.mark.parametrize(("files", "model", "message", "param"), GIVEN)
def test_edits__refuse_files_that_the_model_does_not_take(files: Any, model: str, message: str, param: str) -> None:
    with pytest.raises(RequestError) as error:
        edited(ImageEdits(), files=files, model=model, prompt="a")
    assert error.value.message.startswith(message)
    assert (error.value.status, error.value.param) == (400, param)
    assert edited(ImageEdits(), validate=False, files=files, model=model, prompt="a").last_user == "a"


def test_variations__are_of_one_image() -> None:
    with pytest.raises(RequestError, match="but got an array"):
        edited(ImageVariations(), files=[("image", ("a.png", PNG)), ("image", ("b.png", PNG))])


@pytest.mark.parametrize("images", [[{}], [{"name": 7}], {"a": 1}, "a", None])
def test_variations__of_what_is_no_form_are_named_without_it(images: Any) -> None:
    body = orjson.dumps({"model": "dall-e-2", "image": images})
    prompt = ImageVariations().parse(body, {"content-type": "application/json"}, validate=False)
    assert prompt.last_user.startswith("Variation")


def test_variations__need_no_prompt() -> None:
    prompt = edited(ImageVariations(), model="dall-e-2", n="2", size="256x256")
    assert (prompt.n, prompt.last_user) == (2, "Variation of a.png")


BUDGET = "Invalid size '{}'. Requested resolution exceeds the current pixel budget."
NEWEST = {"model": "gpt-image-2.6-sunburst"}
GIF, SVG = NEWEST | {"output_format": "gif"}, NEWEST | {"output_format": "svg"}


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ({"prompt": ""}, "Invalid 'prompt': empty string.", "prompt"),
        ({"prompt": "a" * 32_001}, "Invalid 'prompt': string too long.", "prompt"),
        ({"model": "dall-e-2", "prompt": "a" * 1001}, "Invalid 'prompt': string too long.", "prompt"),
        ({"n": 11}, "Invalid 'n': integer above maximum value.", "n"),
        ({"model": "dall-e-3", "n": 2}, "You must provide n=1 for this model.", "n"),
        ({"size": "3x3"}, "Invalid size '3x3'. Supported sizes are 1024x1024, 1024x1536, 1536x1024, and auto.", "size"),
        *(
            ({"model": "gpt-image-2", "size": size}, f"Invalid size '{size}'. {why}", "size")
            for size, why in (
                ("1000x1000", "Width and height must both be divisible by 16."),
                ("0x0", "Expected WIDTHxHEIGHT, for example '1824x1024'."),
                ("big", "Expected WIDTHxHEIGHT, for example '1824x1024'."),
                ("4096x64", "The longest edge must be less than or equal to 3840."),
            )
        ),
        (
            {"model": "gpt-image-2", "quality": "hd"},
            "Invalid value: 'hd'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
            "quality",
        ),
        (
            {"model": "gpt-image-2-2026-04-21", "background": "transparent"},
            "Transparent background is not supported for this model.",
            "background",
        ),
        ({"quality": "hd"}, "Invalid value: 'hd'.", "quality"),
        ({"response_format": "url"}, "Unknown parameter: 'response_format'.", "response_format"),
        ({"model": "dall-e-2", "background": "opaque"}, "Unknown parameter: 'background'.", "background"),
        ({"model": "dall-e-2", "quality": "standard"}, "Unknown parameter: 'quality'.", "quality"),
        (
            {"output_format": "gif"},
            "Invalid value: 'gif'. Supported values are: 'png', 'webp', and 'jpeg'.",
            "output_format",
        ),
        ({"output_compression": 0}, "Compression less than 100 is not supported for PNG output format", None),
        ({"output_format": "jpeg", "background": "transparent"}, "Transparent background is not", "background"),
        ({"frame_count": 2}, "'frame_count' is only supported with output_format 'gif'.", "frame_count"),
        (SVG | {"n": 2}, "SVG output requires n=1.", "n"),
        (SVG | {"stream": True}, "'stream' is not supported with output_format 'svg'.", "stream"),
        (GIF | {"output_compression": 90}, "'output_compression' is not supported with", "output_compression"),
        (GIF | {"size": "1024x1024"}, BUDGET.format("1024x1024"), "size"),
        (GIF | {"size": "960x960", "frame_count": 10}, BUDGET.format("960x960"), "size"),
        (GIF | {"frame_count": 17}, "Invalid 'frame_count': integer above maximum value.", "frame_count"),
        ({"partial_images": 4}, "Invalid 'partial_images': integer above", "partial_images"),
    ],
    ids=range(27),
)
def test_refuses__what_the_api_refuses(body: Any, message: str, param: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**body)
    assert error.value.message.startswith(message)
    assert (error.value.status, error.value.param) == (400, param)


WORD, GIVEN_IMAGE = "invalid_request_error", [{"image_url": "https://a.example/a.png"}]
SIZE = "image_generation_user_error", "size", "invalid_value"
MEASURED: list[tuple[dict[str, Any], str, tuple[str, str | None, str | None]]] = [
    (
        {"model": None},
        "Invalid type for 'model': expected a string, but got null instead.",
        (WORD, "model", "invalid_type"),
    ),
    ({"model": ""}, "The model '' does not exist.", ("image_generation_user_error", "model", "invalid_value")),
    (
        {"response_format": None},
        "Unknown parameter: 'response_format'.",
        (WORD, "response_format", "unknown_parameter"),
    ),
    (
        {"n": 1.5},
        "Invalid type for 'n': expected an integer, but got a decimal number instead.",
        (WORD, "n", "invalid_type"),
    ),
    (
        {"quality": "ultra"},
        "Invalid value: 'ultra'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
        (WORD, "quality", "invalid_value"),
    ),
    (
        {"model": "chatgpt-image-latest", "quality": "xhigh"},
        "Invalid value: 'xhigh'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
        (WORD, "quality", "invalid_value"),
    ),
    (
        {"quality": 1},
        "Invalid type for 'quality': expected one of 'low', 'medium', 'high', or 'auto', but got an integer instead.",
        (WORD, "quality", "invalid_type"),
    ),
    (
        {"moderation": "x"},
        "Invalid value: 'x'. Supported values are: 'auto' and 'low'.",
        (WORD, "moderation", "invalid_value"),
    ),
    ({"size": "bogus"}, "Invalid size 'bogus'. Expected WIDTHxHEIGHT, for example '1824x1024'.", SIZE),
    ({"size": "0x0"}, "Invalid size '0x0'. Expected WIDTHxHEIGHT, for example '1824x1024'.", SIZE),
    ({"size": "9x9"}, "Invalid size '9x9'. Width and height must both be divisible by 16.", SIZE),
    ({"size": "4096x4096"}, "Invalid size '4096x4096'. The longest edge must be less than or equal to 3840.", SIZE),
    ({"size": "3072x3072"}, BUDGET.format("3072x3072"), SIZE),
    (
        {"size": "800x800"},
        "Invalid size '800x800'. Requested resolution is below the current minimum pixel budget.",
        SIZE,
    ),
    ({"bogus": 1, "prompt": ""}, "Unknown parameter: 'bogus'.", (WORD, "bogus", "unknown_parameter")),
    ({"output_compression": 101, "quality": ""}, "Invalid value: ''.", (WORD, "quality", "invalid_value")),
    (
        {"size": 7, "output_compression": 101},
        "Invalid 'output_compression': integer",
        (WORD, "output_compression", "integer_above_max_value"),
    ),
]


@pytest.mark.parametrize(("body", "message", "facts"), MEASURED, ids=range(len(MEASURED)))
def test_refuses__in_the_words_and_order_that_were_measured(
    body: dict[str, Any], message: str, facts: tuple[str, str | None, str | None]
) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**{"model": "gpt-image-2", **body})
    assert error.value.message.startswith(message)
    assert (error.value.type, error.value.param, error.value.code) == facts


def test_refuses__a_request_without_a_prompt() -> None:
    with pytest.raises(RequestError, match="Missing required parameter: 'prompt'"):
        WIRE.parse(orjson.dumps({"model": GPT, "bogus": 1}), {}, validate=True)


@pytest.mark.parametrize(
    ("given", "message", "code"),
    [
        (
            {"image": "x"},
            "Unknown parameter: 'image'. For application/json on /v1/images/edits, use 'images' (array).",
            "invalid_value",
        ),
        ({"image[]": []}, "Unknown parameter: 'image'. For application/json on /v1/images/edits, use", "invalid_value"),
        ({"images": None}, "Invalid type for 'images': expected an array of objects, but got null", "invalid_type"),
        ({"images": {}}, "Invalid type for 'images': expected an array of objects, but got an object", "invalid_type"),
        ({}, "Missing required parameter: 'images'.", "missing_required_parameter"),
        ({"images": GIVEN_IMAGE, "mask": None, "n": 0}, "Invalid 'n': integer below", "integer_below_min_value"),
    ],
    ids=range(6),
)
def test_edits__refuse_documents_as_measured(given: dict[str, Any], message: str, code: str) -> None:
    body = orjson.dumps({"model": "gpt-image-2", "prompt": "a", **given})
    with pytest.raises(RequestError) as error:
        ImageEdits().parse(body, {"content-type": "application/json"}, validate=True)
    assert error.value.message.startswith(message) and error.value.code == code


def test_edits__take_the_images_of_a_form_by_its_own_names() -> None:
    with pytest.raises(RequestError, match="For multipart/form-data use 'image' or 'image"):
        edited(ImageEdits(), files=[("images", ("a.png", PNG))], model=GPT, prompt="a")


@pytest.mark.parametrize(
    ("size", "quality", "cost"),
    [
        ("1024x1024", None, 196),
        ("1024x1024", "auto", 196),
        ("1024x1024", "medium", 1756),
        ("1024x1024", "high", 7024),
        ("896x896", "low", 180),
        ("1024x768", "low", 134),
        ("2048x2048", "low", 397),
        ("3840x2160", "low", 371),
    ],
)
def test_cost__of_a_newer_model_is_as_measured(size: str, quality: str | None, cost: int) -> None:
    asked: dict[str, Any] = {"model": "gpt-image-2", "size": size, "quality": quality}
    document = drawn(parsed(**asked))
    assert document["usage"]["output_tokens"] == pytest.approx(cost, abs=1)
    assert document["quality"] == (quality if quality not in (None, "auto") else "low")


def test_accepts__any_size_that_the_newest_models_have() -> None:
    assert drawn(parsed(model="gpt-image-2", size="1536x864"))["size"] == "1536x864"
    assert parsed(model="gpt-image-2.5-flare", background="transparent").model == "gpt-image-2.5-flare"


@pytest.mark.parametrize(
    "body",
    [
        GIF | {"size": "960x960", "frame_duration_ms": 50, "output_compression": 100, "stream": False},
        GIF | {"size": "720x720", "frame_count": 16, "background": "transparent"},
        SVG | {"svg": {"model": "gpt-6"}, "complexity": "low", "n": 1},
        {"output_compression": 100},
        NEWEST | {"quality": "xhigh"},
    ],
    ids=range(5),
)
def test_accepts__what_goes_together(body: dict[str, Any]) -> None:
    assert drawn(parsed(**body))["data"]


UNFIT = {"output_format": "gif", "frame_count": 99, "frame_duration_ms": -1, "output_compression": "x"}


@pytest.mark.parametrize(
    "body", [{"prompt": 1}, {"n": "x"}, {"size": "0x0"}, {"size": 7, "quality": []}, {"model": 1}, UNFIT]
)
def test_unvalidated__answers_anything(body: dict[str, Any]) -> None:
    prompt = parsed(validate=False, **body)
    assert drawn(prompt)["data"] and WIRE.events(Reply(()), prompt)


async def test_script__speaks_only_where_it_names_the_format(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- match: {format: images, last_user: busy}\n  error: 429\n- reply: Hi"))
    outcome = await world.outcome(parsed(prompt="busy"))
    assert outcome.error and outcome.error.status == 429
    outcome = await world.outcome(parsed())
    assert outcome.reply and not outcome.reply.choices


live = serving(script="version: 1\nrules:\n- {match: {format: images, last_user: busy}, error: 429}\n- reply: Hi\n")


def test_sdk__draws_edits_and_varies(live: LiveServer) -> None:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=0) as client:
        made = client.images.generate(model=GPT, prompt="MAZE")
        assert made.data and made.data[0].b64_json and made.usage and made.usage.output_tokens == 1056
        assert words(base64.b64decode(made.data[0].b64_json)) == "MAZE"
        made = client.images.generate(model="dall-e-3", prompt="MAZE")
        assert made.data and made.data[0].url
        answer = httpx.get(made.data[0].url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert words(answer.content) == "MAZE"
        with client.images.generate(model=GPT, prompt="a b c", stream=True, partial_images=1) as stream:
            assert [event.type for event in stream] == ["image_generation.partial_image", "image_generation.completed"]
        with client.images.edit(model=GPT, prompt="a", image=("a.png", PNG), stream=True) as edits:
            assert [event.type for event in edits] == ["image_edit.completed"]
        varied = client.images.create_variation(image=("a.png", PNG), n=2)
        assert varied.data and len(varied.data) == 2
        with pytest.raises(openai.RateLimitError):
            client.images.generate(model=GPT, prompt="busy")
    assert httpx.get(f"{live.url}/v1/images/drawn/none.png").status_code == 404


def test_litellm__draws(live: LiveServer) -> None:
    answer = lite.load().image_generation(model=f"openai/{GPT}", prompt="MAZE", api_base=f"{live.url}/v1", api_key="k")
    assert words(base64.b64decode(answer.data[0].b64_json)) == "MAZE"
