"""Mistral's OCR: `POST /v1/ocr`, a document or a picture in, a page of Markdown each out.

Shapes: `OCRRequest` and `OCRResponse` of the mistralai SDK 3.7, and two answers of it in the recordings of
crmne/ruby_llm. A page is what a script says, where a form feed ends one, or the text of the document as far as it can
be read, or else sentences that its bytes alone decide. Nothing is fetched from an address.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions import budget
from completions.conversation import Message, Part, Prompt, Reply
from completions.tokens import documents, media
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.mistral import Mistral
from completions.wire.fields import mapping, text, text_or_none
from completions.wire.openai import transcripts
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.chat.format import response_format
from completions.wire.readback import Answer
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    either,
    integer,
    nullable,
    obj,
    record,
    string,
    worded_problem,
)

BREAK = "\f"
"""What ends a page in a script's text."""

SPOKEN = 12.0
"""Seconds that the sentences of a page without a text would take: three of them."""

SIZE = {"dpi": 200, "height": 2200, "width": 1700}
MARGIN, LINE, PER_LINE = 100, 40, 90
"""Pixels around a page's text and of each of its lines, and the characters of a line."""

_RANGE = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")
_SOURCES: Mapping[str, Check] = {
    "document_url": string(),
    "image_url": either(
        "one of a string or an object", string=anything, object=record({"url": string()}, ("url",), others=True)
    ),
    "file_id": string(),
}
_FORM = nullable(obj)


def _document(value: Any) -> Problem | None:
    """Check that a document has what its type names."""
    kind = mapping(value).get("type")
    needed = {"file": "file_id", "image_url": "image_url"}.get(kind if isinstance(kind, str) else "", "document_url")
    if kind is None:
        needed = next((name for name in _SOURCES if name in mapping(value)), needed)
    fields = {**_SOURCES, "type": choice("document_url", "image_url", "file"), "document_name": nullable(string())}
    return record(fields, (needed,))(value)


def _ranges(value: str) -> Problem | None:
    """Check that a text names pages; the API's own words for one that does not are not known."""
    if all(map(_RANGE.fullmatch, value.split(","))):
        return None
    return worded_problem("Value error, pages are numbers from 0 and ranges of them, such as '0-2,5'", None, "")


_ASKED = record(
    {
        "model": nullable(string()),
        "document": _document,
        "pages": nullable(either("one of a string or an array", string=_ranges, array=array(integer(0), "integers"))),
        "include_image_base64": nullable(boolean),
        "image_limit": nullable(integer(0)),
        "image_min_size": nullable(integer(0)),
        "bbox_annotation_format": _FORM,
        "document_annotation_format": _FORM,
        "document_annotation_prompt": nullable(string()),
        "table_format": nullable(choice("markdown", "html")),
        "extract_header": boolean,
        "extract_footer": boolean,
        "include_blocks": boolean,
        "confidence_scores_granularity": nullable(choice("word", "page", "block")),
    },
    ("model", "document"),
    others=True,
)


class MistralOCR(OpenAIFormat):
    """The pages of a document, and what is said of it in a form that is asked for."""

    name = "ocr"

    def knows(self, model: str) -> bool:
        """Accept all models that read."""
        return model.startswith("mistral-ocr-") or super().knows(model)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the document's name or address is a user message, what is asked of it a system message."""
        document = decode_object(body)
        if validate:
            MISTRAL.refuse(_ASKED(document), document)
        part, name = _part(mapping(document.get("document")))
        form = mapping(document.get("document_annotation_format"))
        said = text(document.get("document_annotation_prompt"))
        return Prompt(
            format=self.name,
            task="generate" if form else "transcribe",
            model=text_or_none(document.get("model")),
            messages=(*([Message("system", said)] if said else []), Message("user", name, parts=(part,))),
            response_format=response_format(form),
            headers=headers,
            body=document,
            address={"dialect": self._dialect.name},
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the pages that are asked for, and the annotation."""
        said = next((choice.text for choice in reply.choices if choice.text is not None), None)
        annotated = prompt.body.get("document_annotation_format") is not None
        part = next(part for message in prompt.messages for part in message.parts)
        budget.spend_characters(len(part.source) + len(said or ""))
        pages = _pages(None if annotated else said, part)
        wanted = _wanted(prompt.body.get("pages"), len(pages))
        size = len(media.decoded(part.source, len(part.source)))
        return {
            "pages": [_page(index, pages[index]) for index in wanted],
            "model": reply.model or prompt.model or "mistral-ocr-latest",
            "document_annotation": said if annotated else None,
            "usage_info": {"pages_processed": len(wanted), "doc_size_bytes": size or None},
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the pages, or what was said of them."""
        pages = document.get("pages")
        told = [text(mapping(page).get("markdown")) for page in (pages if isinstance(pages, list) else [])]
        answer.notes(None, document.get("model"))
        answer.voice().says(text_or_none(document.get("document_annotation")) or BREAK.join(told))


MISTRAL = Mistral()


def addresses(dialect: Mistral) -> list[Address]:
    """Return the address where documents are read."""
    return [Address(f"{dialect.place}ocr", MistralOCR(dialect))]


def _part(given: Mapping[str, Any]) -> tuple[Part, str]:
    """Return the document and its name."""
    picture = given.get("image_url")
    source = text(mapping(picture).get("url")) if isinstance(picture, dict) else text(picture)
    part = Part("image", source) if source else Part("file", text(given.get("document_url") or given.get("file_id")))
    return part, text(given.get("document_name")) or ("" if part.source[:5].lower() == "data:" else part.source)


def _pages(said: str | None, part: Part) -> Sequence[str]:
    """Return the Markdown of each page."""
    if said is not None:
        return said.split(BREAK)
    found = documents.pdf(part.source) if part.kind == "file" else None
    if found is None:
        office = documents.office(part.source) if part.kind == "file" else None
        read = office.text if office else documents.text_of(part.source) if part.kind == "file" else None
        return [(read or "").strip() or _made_up(part.source, 0)]
    lines = [" ".join(line.split()) for line in found.text.splitlines() if line.strip()]
    share = max(1, -(-len(lines) // found.pages))
    texts = ["\n".join(lines[at * share : (at + 1) * share]) for at in range(found.pages)]
    return [each or ("" if lines else _made_up(part.source, at)) for at, each in enumerate(texts)]


def _made_up(source: str, page: int) -> str:
    digest = hashlib.sha256(f"{page} {source}".encode("utf-8", "surrogatepass")).hexdigest()
    return transcripts.sentences(digest, SPOKEN)


def _wanted(asked: object, count: int) -> Sequence[int]:
    """Return the pages that a list of numbers asks for, or ranges such as `0-2,5`; all where nothing is asked."""
    if isinstance(asked, str):
        found = filter(None, map(_RANGE.fullmatch, asked.split(",")))
        ranges = sorted((int(each[1]), int(each[2] or each[1])) for each in found)
    elif isinstance(asked, list):
        ranges = sorted((page, page) for page in asked if isinstance(page, int))
    else:
        return range(count)
    wanted: list[int] = []
    begin = 0
    for first, last in ranges:
        wanted += range(max(first, begin), min(last + 1, count))
        begin = max(begin, last + 1)
    return wanted


def _page(index: int, said: str) -> dict[str, Any]:
    return {
        "index": index,
        "markdown": said,
        "images": [],
        "tables": [],
        "hyperlinks": [],
        "header": None,
        "footer": None,
        "dimensions": SIZE,
        "confidence_scores": None,
        "blocks": _blocks(said),
    }


def _blocks(said: str) -> list[dict[str, Any]]:
    """Return each paragraph with the place where it stands."""
    blocks: list[dict[str, Any]] = []
    top = MARGIN
    for paragraph in filter(None, said.split("\n\n")):
        bottom = min(top + LINE * -(-len(paragraph) // PER_LINE), SIZE["height"] - MARGIN)
        corners = {"top_left_x": MARGIN, "top_left_y": top, "bottom_right_x": SIZE["width"] - MARGIN}
        kind = "title" if paragraph.startswith("#") else "text"
        blocks.append(
            corners | {"bottom_right_y": bottom, "content": paragraph, "confidence_scores": None, "type": kind}
        )
        top = min(bottom + LINE, SIZE["height"] - MARGIN - LINE)
    return blocks
