"""What a document says: a PDF's pages and text, and the text of a Word document or a spreadsheet.

Only a bounded part is read; what cannot be read is None. A PDF's text is put together as most readers do it: strings
of one line are joined, what starts elsewhere is another line, and codes become letters by the font's table for that.
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

HEAD = 700_000
"""Characters of base64 that are decoded of a document: some 500 KB."""

INFLATED = 400_000
"""Bytes of a document's streams that are looked through for text."""

READ = 100_000
"""Bytes of a PDF's pages whose text is put together; that of the rest is taken to be alike."""

GAP = 350
"""Thousandths of a letter's height that make a blank where a line is set with gaps."""

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

OFFICE: Mapping[str, re.Pattern[str]] = {
    "word/document.xml": re.compile(r"<w:t(?: [^<>]*)?>([^<]*)|<(/)w:p>"),
    "xl/sharedStrings.xml": re.compile(r"<t(?: [^<>]*)?>([^<]*)|<(/)si>"),
}
"""Where the text is in the files that an office document is made of: the texts, and where a line of them ends."""


BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, ValueError, LookupError, OSError, RuntimeError)
"""What `zipfile` raises where an archive is broken."""


class Document(NamedTuple):
    """A document's pages, its text as far as it was read, and how much more of it there is."""

    pages: int
    text: str
    more: float = 1.0

    @property
    def characters(self) -> int:
        """How many characters it has."""
        return round(len(self.text) * self.more)


class Office(NamedTuple):
    """The text of an office document, and whether it is a spreadsheet."""

    text: str
    sheet: bool


def pdf(source: str) -> Document | None:
    """Look through a PDF."""
    data = decoded(source, HEAD)
    if b"%PDF-" not in data[:1024]:
        return None
    streams = list(_streams(data))
    everything = [data, *streams]
    pages = sum(len(_PAGE.findall(part)) for part in everything)
    counted = [int(number) for part in everything for number in _COUNT.findall(part)]
    shown = [stream for stream in streams if b"\0" not in stream[:512] and b"BT" in stream and _SHOWS.search(stream)]
    encoding = "mac_roman" if any(b"/MacRomanEncoding" in part for part in everything) else "cp1252"
    text, more = _text(shown, _letters(streams), encoding)
    return Document(pages or max(counted, default=1) or 1, text, more)


def office(source: str) -> Office | None:
    """Look through a Word document or a spreadsheet."""
    data = decoded(source, HEAD)
    if not data.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next(name for name in OFFICE if name in archive.NameToInfo)
            with archive.open(name) as file:
                content = file.read(INFLATED).decode("utf-8", "replace")
    except (StopIteration, EOFError, OverflowError, *BROKEN):
        return None
    pieces = ("\n" if ends else unescape(said) for said, ends in OFFICE[name].findall(content))
    return Office("".join(pieces).strip(), name.startswith("xl/"))


def text_of(source: str) -> str | None:
    """Return the text of a file that is one, as `text/plain` in a data URL; None where it is none."""
    try:
        found = decoded(source, HEAD).decode()
    except UnicodeDecodeError:
        return None
    return found or None


def _streams(data: bytes) -> Iterator[bytes]:
    """Go through a PDF's streams, inflated where they are deflated, as far as the budget goes."""
    left, view = INFLATED, memoryview(data)
    for start in _STREAM.finditer(data):
        if left <= 0:
            return
        inflate = zlib.decompressobj()
        try:
            found = inflate.decompress(view[start.end() :], left)
        except zlib.error:
            end = data.find(b"endstream", start.end())
            found = data[start.end() : min(end if end > 0 else len(data), start.end() + left)]
        left -= len(found)
        yield found


def _letters(streams: list[bytes]) -> dict[bytes, str]:
    """Return the letters that the codes of the fonts stand for."""
    starts = (start for stream in streams if b"begincmap" in stream for start in stream.split(b"beginbfchar")[1:])
    tables = (start.partition(b"endbfchar")[0] for start in starts)
    return {
        code.upper(): bytes.fromhex(letter.decode()).decode("utf-16-be", "replace")
        for table in tables
        for code, letter in _LETTER.findall(table)
        if len(letter) % 2 == 0
    }


def _text(streams: list[bytes], letters: Mapping[bytes, str], encoding: str) -> tuple[str, float]:
    """Put the text together, and tell how much more there is than was read."""
    read = b"\n".join(streams)[:READ]
    said = "".join(_pieces(read, letters, encoding)).translate(_LIGATURES)
    more = max(1.0, sum(map(len, streams)) / READ)
    return _LINES.sub("\n", said).strip(), more


def _pieces(stream: bytes, letters: Mapping[bytes, str], encoding: str) -> Iterator[str]:
    width = max(map(len, letters), default=4)
    for plain, coded, down, gap, place in _PIECE.findall(stream):
        if coded:
            yield "".join(letters.get(coded[at : at + width].upper(), "?") for at in range(0, len(coded), width))
        elif place or (down and down.strip(b"-0.")):
            yield "\n"
        elif gap:
            yield " " if len(gap) > 4 or int(gap) > GAP else ""
        else:
            yield _ESCAPED.sub(rb"\1", plain).decode(encoding, "replace")
