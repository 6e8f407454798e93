"""Mistral's OCR: `POST /v1/ocr`, from a document or an image to a text in Markdown for each page.

Shapes: `OCRRequest` and `OCRResponse` of the mistralai SDK 3.7, and two answers of it in the recordings of
crmne/ruby_llm. The pages are those of the script's text, which form feeds separate, or else those of the document if
its text can be read, or else sentences that depend only on its bytes. Nothing is fetched from an address.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions import budget
from completions.conversation import Message, Part, Prompt, Reply
from completions.exceptions import RequestError
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

PAGE_BREAK = "\f"
"""The separator of pages in a script's text."""

MAX_PAGES = 1000
"""The most pages of a document (Mistral's page on OCR)."""

SPEECH_SECONDS = 12.0
"""The length, as speech, of the sentences on a page without a text: three of them."""

SIZE = {"dpi": 200, "height": 2200, "width": 1700}
MARGIN, LINE, CHARACTERS_PER_LINE = 100, 40, 90
"""Pixels around a page's text and of each of its lines, and the characters of a line."""

_RANGE = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")
_SOURCES: Mapping[str, Check] = {
    "document_url": string(),
    "image_url": either(
        "one of a string or an object", string=anything, object=record({"url": string()}, ("url",), others=True)
    ),
    "file_id": string(),
}
_RESPONSE_FORMAT = nullable(obj)


def _check_document(value: Any) -> Problem | None:
    """Check that a document has the field that belongs to its type."""
    kind = mapping(value).get("type")
    required = {"file": "file_id", "image_url": "image_url"}.get(kind if isinstance(kind, str) else "", "document_url")
    if kind is None:
        required = next((name for name in _SOURCES if name in mapping(value)), required)
    fields = {**_SOURCES, "type": choice("document_url", "image_url", "file"), "document_name": nullable(string())}
    return record(fields, (required,))(value)


def _check_ranges(value: str) -> Problem | None:
    """Check that a text names pages; the API's error for other texts is not known."""
    if all(map(_RANGE.fullmatch, value.split(","))):
        return None
    return worded_problem("Value error, pages are numbers from 0 and ranges of them, such as '0-2,5'", None, "")


_REQUEST = record(
    {
        "model": nullable(string()),
        "document": _check_document,
        "pages": nullable(
            either("one of a string or an array", string=_check_ranges, array=array(integer(0), "integers"))
        ),
        "include_image_base64": nullable(boolean),
        "image_limit": nullable(integer(0)),
        "image_min_size": nullable(integer(0)),
        "bbox_annotation_format": _RESPONSE_FORMAT,
        "document_annotation_format": _RESPONSE_FORMAT,
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
    """The pages of a document, and the annotation in the requested format."""

    name = "ocr"

    def has_model(self, model: str) -> bool:
        """Accept all OCR models."""
        return model.startswith("mistral-ocr-") or super().has_model(model)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the document's name or address is a user message, the annotation prompt a system message."""
        document = decode_object(body)
        if validate:
            MISTRAL.refuse(_REQUEST(document), document)
        part, name = _part(mapping(document.get("document")))
        annotation_format = mapping(document.get("document_annotation_format"))
        annotation_prompt = text(document.get("document_annotation_prompt"))
        return Prompt(
            format=self.name,
            task="generate" if annotation_format else "transcribe",
            model=text_or_none(document.get("model")),
            messages=(
                *([Message("system", annotation_prompt)] if annotation_prompt else []),
                Message("user", name, parts=(part,)),
            ),
            response_format=response_format(annotation_format),
            headers=headers,
            body=document,
            address={"dialect": self._dialect.name},
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the requested pages, and the annotation."""
        answer = next((choice.text for choice in reply.choices if choice.text is not None), None)
        is_annotation = prompt.body.get("document_annotation_format") is not None
        part = next(part for message in prompt.messages for part in message.parts)
        budget.spend_characters(len(part.source) + len(answer or ""))
        pages = _pages(None if is_annotation else answer, part)
        page_indexes = _requested_pages(prompt.body.get("pages"), len(pages))
        size = len(media.decoded(part.source, len(part.source)))
        return {
            "pages": [_page(index, pages[index]) for index in page_indexes],
            "model": reply.model or prompt.model or "mistral-ocr-latest",
            "document_annotation": answer if is_annotation else None,
            "usage_info": {"pages_processed": len(page_indexes), "doc_size_bytes": size or None},
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the pages back, or the annotation."""
        pages = document.get("pages")
        texts = [text(mapping(page).get("markdown")) for page in (pages if isinstance(pages, list) else [])]
        answer.set_id_and_model(None, document.get("model"))
        answer.choice().add_text(text_or_none(document.get("document_annotation")) or PAGE_BREAK.join(texts))


MISTRAL = Mistral()


def addresses(dialect: Mistral) -> list[Address]:
    """Return the address."""
    return [Address(f"{dialect.place}ocr", MistralOCR(dialect))]


def _part(document: Mapping[str, Any]) -> tuple[Part, str]:
    """Return the document's part and its name."""
    image_url = document.get("image_url")
    source = text(mapping(image_url).get("url")) if isinstance(image_url, dict) else text(image_url)
    part = (
        Part("image", source) if source else Part("file", text(document.get("document_url") or document.get("file_id")))
    )
    return part, text(document.get("document_name")) or ("" if part.source[:5].lower() == "data:" else part.source)


def _pages(answer: str | None, part: Part) -> Sequence[str]:
    """Return the Markdown of each page."""
    if answer is not None:
        return answer.split(PAGE_BREAK)
    pdf = documents.read_pdf(part.source) if part.kind == "file" else None
    if pdf is None:
        document_text = None
        if part.kind == "file":
            office_document = documents.read_office(part.source)
            document_text = office_document.text if office_document else documents.decoded_text(part.source)
        return [(document_text or "").strip() or _made_up_text(part.source, 0)]
    if pdf.pages > MAX_PAGES:
        raise _too_many_pages(pdf.pages)
    lines = [" ".join(line.split()) for line in pdf.text.splitlines() if line.strip()]
    lines_per_page = max(1, -(-len(lines) // pdf.pages))
    texts = ["\n".join(lines[page * lines_per_page : (page + 1) * lines_per_page]) for page in range(pdf.pages)]
    return [page_text or ("" if lines else _made_up_text(part.source, page)) for page, page_text in enumerate(texts)]


def _made_up_text(source: str, page: int) -> str:
    digest = hashlib.sha256(f"{page} {source}".encode("utf-8", "surrogatepass")).hexdigest()
    return transcripts.sentences(digest, SPEECH_SECONDS)


def _too_many_pages(count: int) -> RequestError:
    """Return the API's error, as its users quote it."""
    message = f"This document has {count} pages, which is more than the maximum allowed of {MAX_PAGES}."
    return RequestError(message, type="document_parser_too_many_pages", code="3730")


def _requested_pages(pages: object, count: int) -> Sequence[int]:
    """Return the indexes of the requested pages: a list, or ranges such as `0-2,5`; None requests all."""
    if isinstance(pages, str):
        matches = filter(None, map(_RANGE.fullmatch, pages.split(",")))
        ranges = sorted((int(match[1]), int(match[2] or match[1])) for match in matches)
    elif isinstance(pages, list):
        ranges = sorted((page, page) for page in pages if isinstance(page, int))
    else:
        return range(count)
    indexes: list[int] = []
    next_index = 0
    for first, last in ranges:
        indexes += range(max(first, next_index), min(last + 1, count))
        next_index = max(next_index, last + 1)
    return indexes


def _page(index: int, markdown: str) -> dict[str, Any]:
    return {
        "index": index,
        "markdown": markdown,
        "images": [],
        "tables": [],
        "hyperlinks": [],
        "header": None,
        "footer": None,
        "dimensions": SIZE,
        "confidence_scores": None,
        "blocks": _blocks(markdown),
    }


def _blocks(markdown: str) -> list[dict[str, Any]]:
    """Return the paragraphs with their positions on the page."""
    blocks: list[dict[str, Any]] = []
    top = MARGIN
    for paragraph in filter(None, markdown.split("\n\n")):
        bottom = min(top + LINE * -(-len(paragraph) // CHARACTERS_PER_LINE), SIZE["height"] - MARGIN)
        corners = {"top_left_x": MARGIN, "top_left_y": top, "bottom_right_x": SIZE["width"] - MARGIN}
        kind = "title" if paragraph.startswith("#") else "text"
        blocks.append(
            corners | {"bottom_right_y": bottom, "content": paragraph, "confidence_scores": None, "type": kind}
        )
        top = min(bottom + LINE, SIZE["height"] - MARGIN - LINE)
    return blocks
