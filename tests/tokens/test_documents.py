"""What documents say: PDFs, Word documents, spreadsheets and plain texts."""

import base64
import io
import time
import zipfile
import zlib

import pytest

from completions.tokens import documents


def data(raw: bytes) -> str:
    return f"data:application/pdf;base64,{base64.b64encode(raw).decode()}"


def pdf(*pages: bytes, deflated: bool = False, more: bytes = b"") -> str:
    """Return a PDF of pages with these contents."""
    streams = b"".join(
        b"<< /Type /Page >>\nstream\n" + (zlib.compress(page) if deflated else page) + b"\nendstream\n"
        for page in pages
    )
    return data(b"%PDF-1.4\n" + streams + more)


@pytest.mark.parametrize("deflated", [False, True])
def test_pdf__says_its_text(deflated: bool) -> None:
    page = (
        rb"BT /F1 12 Tf 72 720 Td (A \(fine\) day) Tj 0 -14 Td [(Sun) -20 (shine) -400 (all) ] TJ 50 0 Td ( over) Tj ET"
    )
    found = documents.read_pdf(pdf(page, b"BT (Page two) Tj ET", deflated=deflated))
    assert found == documents.Document(2, "A (fine) day\nSunshine all over\nPage two")


def test_pdf__has_letters_for_its_codes() -> None:
    table = b"stream\nbegincmap 3 beginbfchar <01> <0048> <02> <0069> <7F> <00690> endbfchar endcmap\nendstream"
    found = documents.read_pdf(pdf(b"BT <0102> Tj <7F> Tj ET", more=table))
    assert found is not None and found.text == "Hi?", "what stands for half a letter stands for none"


def test_pdf__has_the_letters_of_windows_where_it_names_none() -> None:
    found = documents.read_pdf(pdf(b"BT (\x93Caf\xe9\x94) Tj ET"))
    assert found is not None and found.text == "“Café”"


def test_pdf__has_a_mac_s_letters_and_no_ligatures() -> None:
    found = documents.read_pdf(pdf(b"BT (A \xdele) Tj ET", more=b"/Encoding /MacRomanEncoding"))
    assert found is not None
    assert found.text == "A file"


def test_pdf__that_is_long_is_read_in_part() -> None:
    sentence = b"(The quick brown fox jumps over the lazy dog. ) Tj "
    found = documents.read_pdf(pdf(b"BT " + sentence * 6_000 + b"ET", deflated=True))
    assert found is not None
    assert len(found.text) < documents.MAX_READ and found.characters == pytest.approx(6_000 * 45, rel=0.02)


def test_pdf__of_pictures_says_nothing() -> None:
    assert documents.read_pdf(pdf(b"\0\0BT (no text) Tj ET\0", b"q 1 0 0 1 0 0 cm Q")) == documents.Document(2, "")


def office(name: str, content: str) -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr(name, content)
    return base64.b64encode(file.getvalue()).decode()


def test_office__says_its_text() -> None:
    word = '<w:p><w:r><w:t xml:space="preserve">Salt &amp; </w:t><w:t>pepper</w:t></w:r></w:p><w:p><w:t>End</w:t></w:p>'
    assert documents.read_office(office("word/document.xml", word)) == documents.OfficeDocument(
        "Salt & pepper\nEnd", is_spreadsheet=False
    )
    cells = "<sst><si><t>name</t></si><si><t>value</t></si></sst>"
    assert documents.read_office(office("xl/sharedStrings.xml", cells)) == documents.OfficeDocument(
        "name\nvalue", is_spreadsheet=True
    )


@pytest.mark.parametrize("source", ["", "?", base64.b64encode(b"PK\3\4 and no more").decode(), office("a.txt", "a")])
def test_office__that_cannot_be_read_is_none(source: str) -> None:
    assert documents.read_office(source) is None


def test_office__that_is_broken_anywhere_is_read_or_none() -> None:
    whole = base64.b64decode(office("word/document.xml", "<w:t>Salt</w:t>"))
    for at in range(2, len(whole)):
        for byte in (0x00, 0x7F, 0xFF):
            broken = whole[:at] + bytes([byte]) + whole[at + 1 :]
            documents.read_office(base64.b64encode(broken).decode())
            documents.read_office(base64.b64encode(whole[:at]).decode())


@pytest.mark.parametrize("source", ["", "https://example.com/a.pdf", "file-1", data(b"no document")])
def test_pdf__that_cannot_be_read_is_none(source: str) -> None:
    assert documents.read_pdf(source) is None


HOSTILE = (
    b"1" * 400_000,
    b"1 " * 200_000,
    b"-1 " * 100_000,
    b"(" * 400_000,
    b"<" * 400_000,
    b"BT " * 130_000,
    b"begincmap " + b"beginbfchar " * 30_000,
    b"endstream\nstream\n" * 20_000,
)


def test_documents__that_are_made_to_be_slow_are_not() -> None:
    """Each would take minutes if its time grew with the square of its length."""
    begun = time.thread_time()
    for content in HOSTILE:
        assert documents.read_pdf(pdf(b"BT (a) Tj " + content, deflated=b"endstream" not in content)) is not None
    assert documents.read_office(office("word/document.xml", "<w:t " * 80_000)) == documents.OfficeDocument(
        "", is_spreadsheet=False
    )
    assert time.thread_time() - begun < 60


def test_text__is_what_can_be_read() -> None:
    assert documents.decoded_text(data("Grüße".encode())) == "Grüße"
    assert documents.decoded_text(data(b"\xff\xfe")) is None
