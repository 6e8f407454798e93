"""Files of pictures: PNG, JPEG, WebP, GIF and SVG."""

import base64
import io
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from completions import budget
from completions.wire.picture import COLUMNS, GAP, INK, MAX_PIXELS, ROWS, STRIPES, Picture

MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "svg": "image/svg+xml",
}
FRAMES, MILLISECONDS = 9, 200
"""The default number of a GIF's frames, and how long each is shown."""

MAX_MILLISECONDS = 655_350
"""The longest time of a frame, because the format counts hundredths of a second in 16 bits."""

BAR = 4
"""Pixels of height."""


class Encoding(NamedTuple):
    """The kind of a file; the quality of a JPEG or WebP, from 0 to 100; the frames of a GIF, and their milliseconds."""

    kind: str = "png"
    quality: int = 100
    frames: int = FRAMES
    milliseconds: int = MILLISECONDS


PNG = Encoding()


def file_of(picture: Picture, encoding: Encoding = PNG) -> bytes:
    """Return the picture as a file, made in a thread."""
    budget.leave_loop()
    if encoding.kind == "svg":
        return _svg(picture).encode()
    file = io.BytesIO()
    clear: dict[str, int] = {"transparency": 0} if picture.transparent else {}
    match encoding.kind:
        case "gif":
            count = max(min(encoding.frames, MAX_PIXELS // (picture.width * picture.height)), 1)
            first, *others = (_frame(picture, at, count) for at in range(1, count + 1))
            timing = {"duration": min(round(encoding.milliseconds, -1), MAX_MILLISECONDS), "loop": 0, "disposal": 2}
            first.save(file, "GIF", save_all=True, append_images=others, **timing, **clear)
        case "jpeg":
            _drawn(picture).convert("RGB").save(file, "JPEG", quality=max(encoding.quality, 1))
        case "webp":
            image = _drawn(picture)
            image.info.update(clear)
            colours = "RGBA" if picture.transparent else "RGB"
            image.convert(colours).save(file, "WEBP", quality=encoding.quality, method=0)
        case _:
            _drawn(picture).save(file, "PNG", compress_level=1, **clear)
    return file.getvalue()


def packed(picture: Picture, encoding: Encoding = PNG) -> str:
    """Return the file in base64."""
    return base64.b64encode(file_of(picture, encoding)).decode()


def _drawn(picture: Picture) -> Any:
    from PIL import Image  # most runs draw nothing

    image = Image.frombytes("P", (picture.width, picture.height), picture.pixels())
    image.putpalette(picture.palette())
    return image


def _frame(picture: Picture, number: int, count: int) -> Any:
    """Return a picture with a part of its words, and a bar that distinguishes it from the other frames."""
    image = _drawn(picture._replace(share=number / count))
    image.paste(INK, (0, picture.height - BAR, picture.width * number // count, picture.height))
    return image


def _svg(picture: Picture) -> str:
    """Return the picture as text: a rectangle for each stripe, and the words in the viewer's font."""
    palette, (lines, scale) = picture.palette(), picture.words()
    colours = ["#" + palette[at : at + 3].hex() for at in range(0, len(palette), 3)]
    width, height, cell = picture.width, picture.height, (ROWS + 2 * GAP) * scale
    edges = [-(-height * at // STRIPES) for at in range(STRIPES + 1)]
    stripes = [
        f'<rect y="{edges[at]}" width="{width}" height="{edges[at + 1] - edges[at]}" fill="{colours[at]}"/>'
        for at in range(0 if picture.transparent else STRIPES)
    ]
    top = max((height - len(lines) * cell) // 2, 0) + (GAP + ROWS) * scale
    words = [
        f'<text x="{width // 2}" y="{top + at * cell}" textLength="{len(line) * (COLUMNS + GAP) * scale}">'
        f"{escape(_printed(line))}</text>"
        for at, line in enumerate(map(str.rstrip, lines))
        if line
    ]
    style = f'font-family="monospace" font-size="{cell}" text-anchor="middle" fill="{colours[-1]}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return f"{head}{''.join(stripes)}<g {style}>{''.join(words)}</g></svg>\n"


def _printed(line: str) -> str:
    """Return a line without characters that are invalid in XML."""
    return "".join(character if character.isprintable() else "?" for character in line)
