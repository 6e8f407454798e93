"""Step 4: tools that Gemini runs itself before it says a text: code, searches of the web, pages that the prompt names.

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
from completions.wire.content import CODE, PAGE, PRINTED, pages_in
from completions.wire.fields import mapping, text, whole
from completions.wire.gemini.fields import inner, many, pick

MAX_PAGES = 20
"""Pages that a request may have read, according to Google's guide "URL context"."""

GEMINI_3 = re.compile(r"\bgemini-3")
GIVEN, READ = 65, 2300
"""Tokens of what a tool gives the model to read, and those of a page besides."""

Document = dict[str, Any]


def offered(prompt: Prompt) -> list[str]:
    """Return which of the tools a request offers and lets the model use."""
    if prompt.tool_choice.mode == "none":
        return []
    tools = many(prompt.body.get("tools") or [])
    names = ("codeExecution", "googleSearch", "urlContext", "fileSearch")
    return [name for name in names if any(pick(tool, name) is not None for tool in tools)]


def shows_calls(prompt: Prompt) -> bool:
    """Tell whether the request wants to see the calls of the tools."""
    return pick(inner(prompt.body, "toolConfig"), "includeServerSideToolInvocations") is True


def executed(code: str, printed: str) -> list[Document]:
    """Return the parts of code that was run: the code, and what it printed."""
    return [
        {"executableCode": {"language": "PYTHON", "code": code}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": printed}},
    ]


def calls(prompt: Prompt, found: Sequence[Mapping[str, Any]]) -> Iterator[list[Document]]:
    """Yield for each tool that has run the part with its call, and the part with what it found."""
    tools = offered(prompt)
    if "codeExecution" in tools:
        yield executed(CODE, PRINTED)
    if not shows_calls(prompt):
        return
    if "googleSearch" in tools:
        told = {"search_suggestions": _suggestions(_query(prompt))}
        yield _shown("GOOGLE_SEARCH_WEB", {"args": {"queries": [_query(prompt)]}}, {"response": told})
    if "urlContext" in tools and (pages := _pages(prompt)):
        yield _shown("URL_CONTEXT", {"args": {"urls": pages}}, {})
    if found:
        yield _shown("FILE_SEARCH", {}, {})


def _shown(kind: str, asked: Document, answered: Document) -> list[Document]:
    return [{"toolCall": {"toolType": kind, **asked}}, {"toolResponse": {"toolType": kind, **answered}}]


def cost(prompt: Prompt, asked: int) -> int:
    """Return what the model read after its tools had run: the prompt once more, and what they gave it.

    Gemini 3 counts nothing for a search; fitted to 15 recordings up to August 2026.
    """
    tools = offered(prompt)
    pages = len(_pages(prompt)) if "urlContext" in tools else 0
    searched = "googleSearch" in tools and not GEMINI_3.search(prompt.model or "")
    if not (pages or searched or "codeExecution" in tools):
        return 0
    return asked + GIVEN + READ * pages


def metadata(choice: Choice, prompt: Prompt, said: str) -> Document:
    """Return what a candidate tells of its sources on the web: those that it cites, or one for the whole text."""
    tools = offered(prompt) if said and not choice.tool_calls else []
    pages = _pages(prompt) if "urlContext" in tools else []
    read = [{"retrievedUrl": page, "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"} for page in pages]
    fetched: Document = {"urlContextMetadata": {"urlMetadata": read}} if read else {}
    if not read and "googleSearch" not in tools:
        return fetched
    cited = [mapping(each.get("url_citation")) for each in choice.annotations]
    sources = [each for each in cited if each.get("url")] or [{"url": page} for page in pages] or [dict(PAGE)]
    grounded: Document = {
        "groundingChunks": [{"web": _web(source, prompt)} for source in sources],
        "groundingSupports": [_support(at, source, said) for at, source in enumerate(sources)],
    }
    if "googleSearch" in tools:
        query = _query(prompt)
        grounded = {
            "searchEntryPoint": {"renderedContent": _suggestions(query)},
            **grounded,
            "webSearchQueries": [query],
        }
    return {"groundingMetadata": grounded, **fetched}


def _web(source: Mapping[str, Any], prompt: Prompt) -> Document:
    host = urlsplit(text(source["url"])).netloc
    told = {"uri": source["url"], "title": text(source.get("title")) or host}
    return told | ({"domain": host} if "vertex" in prompt.address else {})


def _support(at: int, source: Mapping[str, Any], said: str) -> Document:
    """Return which piece of the text a source stands behind; offsets are of bytes, and 0 is left out."""
    start, end = whole(source.get("start_index"), 0) or 0, whole(source.get("end_index"), 1) or len(said)
    segment = {"endIndex": len(said[:end].encode()), "text": said[start:end]}
    return {
        "segment": {"startIndex": len(said[:start].encode()), **segment} if start else segment,
        "groundingChunkIndices": [at],
    }


def _query(prompt: Prompt) -> str:
    return prompt.last_user[:200]


def _pages(prompt: Prompt) -> list[str]:
    return pages_in(prompt.last_user)[:MAX_PAGES]


def _suggestions(query: str) -> str:
    """Return the page's part that an application has to show beside the answer."""
    link = f"https://www.google.com/search?q={quote(query)}"
    return f'<div class="container"><a class="chip" href="{link}">{html.escape(query)}</a></div>\n'
