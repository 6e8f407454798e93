"""Read documents: a PDF's pages and text, and the text of a Word document or a spreadsheet.

Only a bounded part is read; the result is None if that fails. A PDF's text is assembled as most readers do: strings of
one line are joined, a string at another position starts a line, and codes become letters by the font's table.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.sax.saxutils import unescape

from completions.tokens.media import decoded

MAX_BASE64 = 700_000
"""The most characters of base64 that are decoded: some 500 KB."""

MAX_INFLATED = 400_000
"""The most bytes of a document's streams that are searched for text."""

MAX_READ = 100_000
"""The most bytes of a PDF's pages whose text is assembled; the rest is taken to be similar."""

WORD_GAP = 350
"""The gap in a line, in thousandths of a letter's height, that counts as a blank."""

_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_COUNT = re.compile(rb"/Count\s+(\d{1,6})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_SHOWS = re.compile(rb"\bT[jJ]\b")
_LETTER = re.compile(rb"<([0-9A-Fa-f]{2,8})>\s*<([0-9A-Fa-f]{4,16})>")
_PIECE = re.compile(
    rb"\(((?:[^()\\]|\\.)*+)\)"  # a string in brackets
    rb"|<([0-9A-Fa-f]*+)>"  # or in hexadecimal
    rb"|(?<![-\d.])[-\d.]++\s++(-?[\d.]++)\s++T[dD]\b"  # a move: how far down
    rb"|-(\d+)(?:\.\d+)?\s*(?=[(<])"  # a gap in a line
    rb"|\b(T\*|Tm|BT)\b",  # another place
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_LINES = re.compile(r"\n+")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})

OFFICE_TEXTS: Mapping[str, re.Pattern[str]] = {
    "word/document.xml": re.compile(r"<w:t(?: [^<>]*)?>([^<]*)|<(/)w:p>"),
    "xl/sharedStrings.xml": re.compile(r"<t(?: [^<>]*)?>([^<]*)|<(/)si>"),
}
"""The files of an office document with its text, and the patterns of texts and of the ends of lines."""


ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    LookupError,
    OSError,
    RuntimeError,
)
"""The exceptions of `zipfile` for a broken archive."""


class Document(NamedTuple):
    """A document's pages, the text that was read, and the ratio of the whole text to that."""

    pages: int
    text: str
    more: float = 1.0

    @property
    def characters(self) -> int:
        """The number of characters."""
        return round(len(self.text) * self.more)


class OfficeDocument(NamedTuple):
    """The text of an office document, and whether it is a spreadsheet."""

    text: str
    is_spreadsheet: bool


def read_pdf(source: str) -> Document | None:
    """Read a PDF, or return None."""
    data = decoded(source, MAX_BASE64)
    if b"%PDF-" not in data[:1024]:
        return None
    streams = list(_streams(data))
    sections = [data, *streams]
    pages = sum(len(_PAGE.findall(part)) for part in sections)
    page_counts = [int(number) for part in sections for number in _COUNT.findall(part)]
    text_streams = [
        stream for stream in streams if b"\0" not in stream[:512] and b"BT" in stream and _SHOWS.search(stream)
    ]
    encoding = "mac_roman" if any(b"/MacRomanEncoding" in part for part in sections) else "cp1252"
    text, more = _text(text_streams, _letters(streams), encoding)
    return Document(pages or max(page_counts, default=1) or 1, text, more)


def read_office(source: str) -> OfficeDocument | None:
    """Read a Word document or a spreadsheet, or return None."""
    data = decoded(source, MAX_BASE64)
    if not data.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next(name for name in OFFICE_TEXTS if name in archive.NameToInfo)
            with archive.open(name) as file:
                content = file.read(MAX_INFLATED).decode("utf-8", "replace")
    except (StopIteration, EOFError, OverflowError, *ARCHIVE_ERRORS):
        return None
    pieces = ("\n" if ends else unescape(content_text) for content_text, ends in OFFICE_TEXTS[name].findall(content))
    return OfficeDocument("".join(pieces).strip(), name.startswith("xl/"))


def decoded_text(source: str) -> str | None:
    """Return the text of a file such as `text/plain` in a data URL; None if it is not text."""
    try:
        content = decoded(source, MAX_BASE64).decode()
    except UnicodeDecodeError:
        return None
    return content or None


def _streams(data: bytes) -> Iterator[bytes]:
    """Yield a PDF's streams, inflated if they are deflated, up to the limit."""
    budget_left, view = MAX_INFLATED, memoryview(data)
    for start in _STREAM.finditer(data):
        if budget_left <= 0:
            return
        inflate = zlib.decompressobj()
        try:
            inflated = inflate.decompress(view[start.end() :], budget_left)
        except zlib.error:
            end = data.find(b"endstream", start.end())
            inflated = data[start.end() : min(end if end > 0 else len(data), start.end() + budget_left)]
        budget_left -= len(inflated)
        yield inflated


def _letters(streams: list[bytes]) -> dict[bytes, str]:
    """Return the letters by the codes of the fonts."""
    starts = (start for stream in streams if b"begincmap" in stream for start in stream.split(b"beginbfchar")[1:])
    tables = (start.partition(b"endbfchar")[0] for start in starts)
    return {
        code.upper(): bytes.fromhex(letter.decode()).decode("utf-16-be", "replace")
        for table in tables
        for code, letter in _LETTER.findall(table)
        if len(letter) % 2 == 0
    }


def _text(streams: list[bytes], letters: Mapping[bytes, str], encoding: str) -> tuple[str, float]:
    """Return the text, and the ratio of the whole size to that which was read."""
    data = b"\n".join(streams)[:MAX_READ]
    content = "".join(_pieces(data, letters, encoding)).translate(_LIGATURES)
    more = max(1.0, sum(map(len, streams)) / MAX_READ)
    return _LINES.sub("\n", content).strip(), more


def _pieces(stream: bytes, letters: Mapping[bytes, str], encoding: str) -> Iterator[str]:
    width = max(map(len, letters), default=4)
    for plain, coded, down, gap, place in _PIECE.findall(stream):
        if coded:
            yield "".join(letters.get(coded[at : at + width].upper(), "?") for at in range(0, len(coded), width))
        elif place or (down and down.strip(b"-0.")):
            yield "\n"
        elif gap:
            yield " " if len(gap) > 4 or int(gap) > WORD_GAP else ""
        else:
            yield _ESCAPED.sub(rb"\1", plain).decode(encoding, "replace")
