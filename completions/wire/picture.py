"""Generated pictures: the words of a text, legible, on stripes whose colours depend on the text."""

import base64
import binascii
import colorsys
import hashlib
import textwrap
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

MAX_WIDTH, MAX_HEIGHT, MIN_EDGE = 3840, 3840, 16
MAX_PIXELS = 3840 * 2160
"""Pixels."""

MAX_CHARACTERS = 320
"""The most characters of a text that are drawn."""

STRIPES = 16
INK = STRIPES
"""The palette's index of the words' colour, after those of the stripes."""

COLUMNS, ROWS, GAP = 5, 7, 1
MARGIN = 3
"""In cells of a character."""

MAX_SCALE = 12
"""The most pixels of one dot of a character."""

GLYPHS = {
    " ": "0000000000", "!": "00005F0000", '"': "0007000700", "#": "147F147F14", "$": "242A7F2A12", "%": "2313086462",
    "&": "3649552250", "'": "0005030000", "(": "001C224100", ")": "0041221C00", "*": "082A1C2A08", "+": "08083E0808",
    ",": "0050300000", "-": "0808080808", ".": "0060600000", "/": "2010080402", "0": "3E5149453E", "1": "00427F4000",
    "2": "4261514946", "3": "2141454B31", "4": "1814127F10", "5": "2745454539", "6": "3C4A494930", "7": "0171090503",
    "8": "3649494936", "9": "064949291E", ":": "0036360000", ";": "0056360000", "=": "1414141414", "?": "0201510906",
    "@": "324979413E", "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941",
    "F": "7F09090901", "G": "3E4149497A", "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01", "K": "7F08142241",
    "L": "7F40404040", "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E", "P": "7F09090906", "Q": "3E4151215E",
    "R": "7F09192946", "S": "4649494931", "T": "01017F0101", "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F",
    "X": "6314081463", "Y": "0708700807", "Z": "6151494543",
}  # fmt: skip  # a table by hand
"""The columns of each character in hexadecimal, whose lowest bit is the top dot."""

UNKNOWN = "7F4141417F"


class Picture(NamedTuple):
    """A picture to draw: the words, the size in pixels, a seed of the colours, the share of the words that is shown."""

    text: str
    width: int
    height: int
    seed: str = ""
    transparent: bool = False
    share: float = 1.0

    def pixels(self) -> bytes:
        """Return the rows, a byte a pixel: the number of its colour in the palette."""
        return b"".join(self._rows())

    def palette(self) -> bytes:
        """Return the colours, three bytes each: those of the stripes, and the ink."""
        digest = hashlib.blake2s(
            f"{self.seed}/{self.text[:MAX_CHARACTERS]}".encode("utf-8", "replace"), digest_size=2
        ).digest()
        hue, step = digest[0] / 256, 0.1 + digest[1] / 1024
        colours = [colorsys.hls_to_rgb((hue + step * at / STRIPES) % 1, 0.82, 0.6) for at in range(STRIPES)]
        return bytes(round(255 * part) for colour in [*colours, (0.1, 0.1, 0.15)] for part in colour)

    def words(self) -> tuple[list[str], int]:
        """Return the visible lines, and the pixels of a character's dot."""
        lines, scale = _laid_out(self.text, self.width, self.height)
        return list(_first_words(lines, round(self.share * sum(len(line.split()) for line in lines)))), scale

    def token(self) -> str:
        """Return the picture as a part of a URL, from which `picture_of` restores it."""
        facts = self.text[:MAX_CHARACTERS], self.width, self.height, self.seed, self.transparent
        return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(facts))).decode().rstrip("=")

    def _rows(self) -> Iterator[bytes]:
        """Yield the rows: the dots of the words on the stripes; a transparent picture has one stripe."""
        lines, scale = self.words()
        cell = (ROWS + 2 * GAP) * scale
        top = max((self.height - len(lines) * cell) // 2, 0)
        known: dict[tuple[int, int, bytes], bytes] = {}
        for y in range(self.height):
            line, within = divmod(y - top, cell)
            dot, stripe = within // scale - GAP, bytes([0 if self.transparent else y * STRIPES // self.height])
            if not (0 <= line < len(lines) and 0 <= dot < ROWS):
                line = dot = -1
            place = line, dot, stripe
            if place not in known:
                known[place] = _dots(lines[line] if line >= 0 else "", dot, scale, self.width, stripe)
            yield known[place]


def picture_of(token: str) -> Picture | None:
    """Return the picture for a part of a URL; None if it is invalid."""
    try:
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        unpacked = zlib.decompressobj().decompress(packed, 16 * MAX_CHARACTERS)
        text, width, height, seed, transparent = orjson.loads(unpacked)
    except (binascii.Error, zlib.error, orjson.JSONDecodeError, ValueError, TypeError):
        return None
    right = type(width) is int and type(height) is int and isinstance(text, str) and isinstance(seed, str)
    if not right or not (
        MIN_EDGE <= width <= MAX_WIDTH and MIN_EDGE <= height <= MAX_HEIGHT and width * height <= MAX_PIXELS
    ):
        return None
    return Picture(text, width, height, seed, transparent is True)


def _laid_out(text: str, width: int, height: int) -> tuple[list[str], int]:
    """Return the lines and the pixels of a dot: as large as the text fits, or cut if it does not fit."""
    plain = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS])
    letters = "".join(character for character in plain if not unicodedata.combining(character)).upper()
    lines: list[str] = []
    for scale in range(MAX_SCALE, 0, -1):
        across = max(width // ((COLUMNS + GAP) * scale) - 2 * MARGIN, 1)
        down = max(height // ((ROWS + 2 * GAP) * scale) - MARGIN, 1)
        lines = textwrap.wrap(letters, across)
        if len(lines) <= down and max(map(len, letters.split()), default=0) <= across:
            return lines, scale
    return lines[: height // (ROWS + 2 * GAP)], 1


def _first_words(lines: Sequence[str], words: int) -> Iterator[str]:
    """Yield the lines with only the first words, each at its place."""
    for line in lines:
        shown = line.split()[: max(words, 0)]
        words -= len(line.split())
        yield " ".join(shown).ljust(len(line))


def _dots(line: str, dot: int, scale: int, width: int, stripe: bytes) -> bytes:
    """Return a row of pixels of a line of text, in the middle."""
    ink, none = bytes([INK]) * scale, stripe * scale
    columns = (column for character in line for column in (*bytes.fromhex(GLYPHS.get(character, UNKNOWN)), 0))
    pixels = b"".join(ink if column >> dot & 1 else none for column in columns)[:width]
    left = (width - len(pixels)) // 2
    return stripe * left + pixels + stripe * (width - left - len(pixels))
