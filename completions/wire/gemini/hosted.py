"""Step 4: Gemini's built-in tools, which run before a text: code, web searches, and pages that the prompt names.

Of 23 recorded answers with a text, whose requests offered such a tool and no function, 22 had run it. Shapes as
recorded of gemini-2.5-flash, gemini-2.5-pro and gemini-3-flash-preview from November 2025 to July 2026, and
`GroundingMetadata`, `ToolCall` and `ToolResponse` of google-genai's types.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from completions.conversation import Choice, Prompt
from completions.wire.content import DEFAULT_CODE, DEFAULT_OUTPUT, DEFAULT_PAGE, urls_in
from completions.wire.fields import mapping, text, whole
from completions.wire.gemini.fields import inner, many, pick

MAX_PAGES = 20
"""The largest number of pages that a request can read, according to Google's guide "URL context"."""

GEMINI_3 = re.compile(r"\bgemini-3")
TOOL_OUTPUT_TOKENS, PAGE_TOKENS = 65, 2300
"""Tokens of a tool's output for the model, and of each page in addition."""

Document = dict[str, Any]


def offered(prompt: Prompt) -> list[str]:
    """Return the built-in tools that a request offers and lets the model use."""
    if prompt.tool_choice.mode == "none":
        return []
    tools = many(prompt.body.get("tools") or [])
    names = ("codeExecution", "googleSearch", "urlContext", "fileSearch")
    return [name for name in names if any(pick(tool, name) is not None for tool in tools)]


def shows_calls(prompt: Prompt) -> bool:
    """Tell whether the request asks for the calls of built-in tools."""
    return pick(inner(prompt.body, "toolConfig"), "includeServerSideToolInvocations") is True


def code_parts(code: str, printed: str) -> list[Document]:
    """Return the parts of executed code: the code, and its output."""
    return [
        {"executableCode": {"language": "PYTHON", "code": code}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": printed}},
    ]


def calls(prompt: Prompt, found: Sequence[Mapping[str, Any]]) -> Iterator[list[Document]]:
    """Yield for each tool that has run the part with its call, and the part with its response."""
    tools = offered(prompt)
    if "codeExecution" in tools:
        yield code_parts(DEFAULT_CODE, DEFAULT_OUTPUT)
    if not shows_calls(prompt):
        return
    if "googleSearch" in tools:
        response = {"search_suggestions": _suggestions(_query(prompt))}
        yield _call_and_response("GOOGLE_SEARCH_WEB", {"args": {"queries": [_query(prompt)]}}, {"response": response})
    if "urlContext" in tools and (pages := _pages(prompt)):
        yield _call_and_response("URL_CONTEXT", {"args": {"urls": pages}}, {})
    if found:
        yield _call_and_response("FILE_SEARCH", {}, {})


def _call_and_response(kind: str, call: Document, response: Document) -> list[Document]:
    return [{"toolCall": {"toolType": kind, **call}}, {"toolResponse": {"toolType": kind, **response}}]


def cost(prompt: Prompt, prompt_tokens: int) -> int:
    """Return the tokens that the model read after its tools had run: the prompt once more, and their output.

    Gemini 3 counts nothing for a search; fitted to 15 recordings up to August 2026.
    """
    tools = offered(prompt)
    pages = len(_pages(prompt)) if "urlContext" in tools else 0
    searched = "googleSearch" in tools and not GEMINI_3.search(prompt.model or "")
    if not (pages or searched or "codeExecution" in tools):
        return 0
    return prompt_tokens + TOOL_OUTPUT_TOKENS + PAGE_TOKENS * pages


def metadata(choice: Choice, prompt: Prompt, content: str) -> Document:
    """Return a candidate's metadata of sources on the web: those that it cites, or one for the whole text."""
    tools = offered(prompt) if content and not choice.tool_calls else []
    pages = _pages(prompt) if "urlContext" in tools else []
    url_metadata = [{"retrievedUrl": page, "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"} for page in pages]
    document: Document = {"urlContextMetadata": {"urlMetadata": url_metadata}} if url_metadata else {}
    if not url_metadata and "googleSearch" not in tools:
        return document
    blocks_with_annotations = [mapping(each.get("url_citation")) for each in choice.annotations]
    sources = (
        [each for each in blocks_with_annotations if each.get("url")]
        or [{"url": page} for page in pages]
        or [dict(DEFAULT_PAGE)]
    )
    grounded: Document = {
        "groundingChunks": [{"web": _web(source, prompt)} for source in sources],
        "groundingSupports": [_support(at, source, content) for at, source in enumerate(sources)],
    }
    if "googleSearch" in tools:
        query = _query(prompt)
        grounded = {
            "searchEntryPoint": {"renderedContent": _suggestions(query)},
            **grounded,
            "webSearchQueries": [query],
        }
    return {"groundingMetadata": grounded, **document}


def _web(source: Mapping[str, Any], prompt: Prompt) -> Document:
    host = urlsplit(text(source["url"])).netloc
    fields = {"uri": source["url"], "title": text(source.get("title")) or host}
    return fields | ({"domain": host} if "vertex" in prompt.address else {})


def _support(at: int, source: Mapping[str, Any], content: str) -> Document:
    """Return the segment of the text that a source supports; offsets are in bytes, and 0 is left out."""
    start, end = whole(source.get("start_index"), 0) or 0, whole(source.get("end_index"), 1) or len(content)
    segment = {"endIndex": len(content[:end].encode()), "text": content[start:end]}
    return {
        "segment": {"startIndex": len(content[:start].encode()), **segment} if start else segment,
        "groundingChunkIndices": [at],
    }


def _query(prompt: Prompt) -> str:
    return prompt.last_user[:200]


def _pages(prompt: Prompt) -> list[str]:
    return urls_in(prompt.last_user)[:MAX_PAGES]


def _suggestions(query: str) -> str:
    """Return the HTML that an application has to show next to the answer."""
    link = f"https://www.google.com/search?q={quote(query)}"
    return f'<div class="container"><a class="chip" href="{link}">{html.escape(query)}</a></div>\n'
