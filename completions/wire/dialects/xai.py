"""xAI's API: `reasoning_content`, tokens counted by what they are, and errors of two texts.

Sources: xAI's API reference; the errors as they were recorded in July and August 2026; streams of grok-4.5 of August
2026 (langchaingo), in which the first chunk has the role, and each call comes in one.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import count, groupby
from typing import Any, ClassVar

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event, Events
from completions.exceptions import KeyRefused, RequestError
from completions.wire.content import PAGE
from completions.wire.dialects import catalogue, conversation_rules, deserializer, refusals, rules, stops
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.words import XAI as XAI_WORDS
from completions.wire.fields import arranged, dicts, mapping, text, texts, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.openai.responses import order
from completions.wire.openai.responses.document import without_writes
from completions.wire.validation import Check, Problem, array, choice, nullable, record

CODES = {
    400: "invalid-argument",
    401: "unauthenticated",
    403: "permission-denied",
    404: "not-found",
    429: "resource-exhausted",
}
UNSUPPORTED = "400"
"""The code of an argument that is not supported; others of its status have a word (rikkahub/rikkahub 1602)."""

NO_KEY = "Incorrect API key provided. You can obtain an API key from https://console.x.ai."
UNTOLD = ("access_programs", "prompt_cache_retention", "billing", "tool_usage", "moderation")
"""What OpenAI's responses have and xAI's do not."""

USUAL = {"temperature": 0.7, "top_p": 0.95}
"""How it samples unless it is told otherwise (recorded of grok-4.3 in August 2026)."""

FORGED = {
    "reasoning": "Could not decrypt the provided encrypted_content. Ensure the value is the unmodified "
    "encrypted_content from a previous response.",
    "compaction": "Could not decode the compaction blob. Ensure it is unmodified from the compact response.",
}
"""What it says of what is encrypted and not its own, as users of gateways quote it (lidge-jun/opencodex 2228, 2249)."""

MIN_ENCRYPTED = 64
"""Characters that anything encrypted has at least; of 70 recorded ones the shortest has 247."""

LARGEST = 2.0**127
"""A number that single precision holds."""

_FUNCTION, _SEARCH = ("type", "description", "name", "parameters", "strict"), ("type", "search_context_size", "filters")
SHOWN = {"function": _FUNCTION, "web_search": _SEARCH}
"""What a response shows of tools, by type; of all others it shows everything."""

ORDER = (
    *("created_at", "completed_at", "id", "max_output_tokens", "model", "object", "output", "parallel_tool_calls"),
    *("previous_response_id", "reasoning", "temperature", "text", "tool_choice", "tools", "top_p", "usage", "user"),
    *("incomplete_details", "status", "store", "metadata", "background", "service_tier", "truncation"),
    *("top_logprobs", "presence_penalty", "frequency_penalty", "prompt_cache_key", "max_tool_calls"),
    *("safety_identifier", "error", "instructions"),
)
"""The order of a response's keys."""

RUN = {
    **{"web_search_calls": "web_search_call", "x_search_calls": ""},
    **{"code_interpreter_calls": "code_interpreter_call", "file_search_calls": "file_search_call"},
    **{"mcp_calls": "mcp_call", "document_search_calls": ""},
    **{"image_generation_calls": "image_generation_call", "x_posts_fetched": "", "x_users_fetched": ""},
}
"""What a usage counts of the tools that xAI ran, by the items that it counts; told where one ran (recorded in 2026)."""

TICKS = 10_000
"""What a token costs here, in ten-billionths of a dollar."""


TOOLS = (
    *("function", "web_search", "x_search", "image_generation", "collections_search", "file_search", "code_execution"),
    *("code_interpreter", "mcp", "shell", "tool_search"),
)
"""The types of the tools of a response, as its own refusal listed them on 2026-09-12 (quoted in a team's notes)."""

CODEX = ("external_web_access", "indexed_web_access")
"""What Codex says of its search, and xAI does not know (lidge-jun/opencodex 2240, makecindy/cindy 4336: 2026-09-12)."""


LIMITS: Mapping[str, str] = {
    "x-data-retention": "general",
    "x-ratelimit-limit-requests": "7200",
    "x-ratelimit-limit-tokens": "50000000",
    "x-ratelimit-remaining-requests": "7200",
    "x-ratelimit-remaining-tokens": "50000000",
    "x-zero-data-retention": "false",
}
"""The headers of an answer, whose limits one request does not lower (grok-4.5, recorded in August 2026)."""


class XAI(Vendor):
    """xAI's own way."""

    name = "xai"
    reasoning_field = "reasoning_content"
    vendor = "xai"
    refusals, response_refusals = refusals.XAI, refusals.XAI_RESPONSES
    between = (*conversation_rules.XAI, stops.XAI)
    words = XAI_WORDS
    place = "xai/v1/"
    checks: ClassVar[Mapping[str, Check]] = {
        "response": rules.response(
            {"tools": nullable(array(record({"type": choice(*TOOLS)}, ("type",), others=True), "objects"))}
        )
    }
    has_sockets = True  # https://docs.x.ai/developers/advanced-api-usage/websocket-mode
    answer_id = Vendor.uuid
    limits = LIMITS
    listed = catalogue.XAI
    model = staticmethod(catalogue.xai)
    response_order = ORDER
    events_type = ServerSentEvents.media_type
    window_of_prompt = True
    whole_calls = True
    role_opens = null_usage = False
    role_joined = True
    head = (*HEAD, "system_fingerprint", "service_tier")
    foot = ("system_fingerprint", "service_tier")
    choice = staticmethod(without_nulls)

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return a UUID; that of an item has the prefix of its type, and a call's ends with its number."""
        if place is None:
            return self.answer_id(reply)
        named = f"{made.partition('_')[0]}_{self.answer_id(reply)}"
        return f"{named}_{place}" if made.startswith("fc_") else named

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return a UUID that the calls of an answer share, with the call's number."""
        return f"call-{ids.uuid_of(f'calls/{reply.serial}')}-{place[-1]}"

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, whose fingerprint has sixteen digits (as all of chat: grok-4.5, August 2026)."""
        told = super().top_level(head, reply, prompt)
        return told | {"system_fingerprint": _build(told["model"])}

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer, at whose end are the fingerprint and the tier."""
        return arranged(document, (*HEAD, "choices", "usage", "system_fingerprint"))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, whose refusal is null and whose content is a text; a call's type is at its end."""
        told = super().message(message, choice) | {"content": message["content"] or "", "refusal": None}
        if calls := told.get("tool_calls"):
            told["tool_calls"] = [arranged(call, ("id", "function", "type")) for call in calls]
        return arranged(told, ("role", "content", "reasoning_content", "tool_calls"))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, whose calls have their place before the type."""
        calls = [arranged(call, ("id", "function", "index", "type")) for call in delta.get("tool_calls", ())]
        return super().delta({**delta, "tool_calls": calls} if calls else delta, choice)

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the tokens of each kind; what was thought is in the total alone."""
        asked, made = usage["prompt_tokens_details"], usage["completion_tokens_details"]
        given = {"text_tokens": usage["prompt_tokens"], "image_tokens": 0, **asked}
        return usage | {
            "completion_tokens": usage["completion_tokens"] - made["reasoning_tokens"],
            "prompt_tokens_details": arranged(given, ("text_tokens", "audio_tokens", "image_tokens")),
            "num_sources_used": 0,
            **_cost(usage["total_tokens"]),
        }

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response, whose usage has what it cost and what the context held."""
        told = {key: prompt.body.get(key, usual) for key, usual in USUAL.items()}
        if prompt.stream:
            told = {key: _single(value) for key, value in told.items()}
        build = {"system_fingerprint": _build(document["model"])}
        return without_fields(document, *UNTOLD) | {
            "reasoning": _reasoning(prompt),
            "text": without_fields(document["text"], "verbosity"),
            "output": list(_cited(_searched(document, prompt))),
            "tools": _tools(document["tools"], prompt),
            "usage": _used(document["usage"], document["output"]) if document["usage"] else None,
            "metadata": document["metadata"] | build,
            **{key: document[key] if value is None else value for key, value in told.items()},
        }

    def reasoned(self, item: dict[str, Any], said: Sequence[str]) -> dict[str, Any]:
        """Return an item of reasoning, whose summary nobody has to ask for (recorded in August 2026)."""
        summary = [{"text": text, "type": "summary_text"} for text in said]
        sealed = {key: item[key] for key in ("encrypted_content",) if key in item}
        return {"id": item["id"], "summary": summary, "type": "reasoning", "status": "completed", **sealed}

    def narrated(self, events: Events) -> Sequence[Event]:
        """Return the events, of which one that begins a search has an empty one (0xPlaygrounds/rig, 2026)."""
        events.parts = [_begun(part) if isinstance(part, Event) else part for part in events.parts]
        return events

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request, as a search by its first way."""
        conversation_rules.refuse_live_search(body)
        super().check_chat(body)

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for a response, as a message without content."""
        conversation_rules.refuse_live_search(body)
        super().check_response(body)
        if (name := next(_unsupported(body), None)) is not None:
            raise RequestError(f"Argument not supported: {name}", code=UNSUPPORTED)
        if any(map(conversation_rules.says_nothing, dicts(body.get("input")))):
            raise RequestError(conversation_rules.NO_CONTENT)
        for item in dicts(body.get("input")):
            refusal, token = FORGED.get(text(item.get("type"))), item.get("encrypted_content")
            if refusal and isinstance(token, str) and not (order.is_ours(token) or _is_own(token)):
                raise RequestError(refusal)

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return a wrong key as the 400 that it is here."""
        if not isinstance(exc, KeyRefused):
            return exc
        return RequestError(NO_KEY, status=400, code=CODES[400], headers=exc.headers)

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error of the deserializer with the status 422 (meangrinch/MangaTranslator #48), or of a bound."""
        said = deserializer.told(problem, body)
        return problem.error() if said is None else RequestError(said, status=422)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the two texts; of what has gone, one (2026-01: langgenius/dify-official-plugins 2493)."""
        if exc.status == HTTPStatus.GONE:
            return {"error": exc.message}
        code = exc.code if exc.code == UNSUPPORTED else CODES.get(exc.status) or exc.code or "internal"
        return {"code": code, "error": exc.message}


def _unsupported(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not supported of a request for a response (measured on 2026-09-12; the last, quotes since July)."""
    if body.get("max_tokens") is not None:
        yield "max_tokens"
    if body.get("background") is True:
        yield "background"
    yield from (name for tool in dicts(body.get("tools")) for name in CODEX if name in tool)
    if body.get("instructions") and body.get("previous_response_id"):
        yield "instructions and previous_response_id together"


def _is_own(token: str) -> bool:
    """Tell whether xAI may have encrypted something itself, as recorded: it is long, and no token as OpenAI's are."""
    return len(token) >= MIN_ENCRYPTED and not token.startswith("gAAAA")


def _build(model: str) -> str:
    return f"fp_{ids.spelled(model, 16)}"


def _tools(tools: list[dict[str, Any]], prompt: Prompt) -> list[dict[str, Any]]:
    """Return what is shown of the tools; a stream tells no size of a search that nobody asked for (rig, 2026)."""
    asked = dicts(prompt.body.get("tools")) if prompt.stream else []
    untold = () if any("search_context_size" in tool for tool in asked) or not asked else ("search_context_size",)
    shown = ((tool, SHOWN.get(tool["type"], tool)) for tool in tools)
    return [{key: tool[key] for key in keys if key in tool and key not in untold} for tool, keys in shown]


def _single(value: Any) -> Any:
    """Return a number in single precision, as streams tell it (crmne/ruby_llm, August 2026; 0xPlaygrounds/rig)."""
    is_held = isinstance(value, float) and abs(value) <= LARGEST
    return struct.unpack("f", struct.pack("f", value))[0] if is_held else value


def _begun(event: Event) -> Event:
    if event.name != "response.output_item.added" or b'"web_search_call"' not in event.data:
        return event
    document = orjson.loads(event.data)
    if document["item"]["type"] != "web_search_call":
        return event
    document["item"]["action"] = {"type": "search", "query": "", "sources": []}
    return event._replace(data=orjson.dumps(document))


def _searched(document: dict[str, Any], prompt: Prompt) -> list[dict[str, Any]]:
    """Return the items, of which searches share an id with their number, and tell their sources (recorded in 2026).

    What searches found follows them as reasoning without a text, but not in streams (ruby_llm and rig, 2026).
    """
    made = document["id"]
    call = f"{made}_call-{ids.uuid_of(f'searches/{made}')}"
    numbers = count()
    items: list[dict[str, Any]] = []
    for kind, run in groupby(document["output"], key=lambda item: item["type"]):
        if kind != "web_search_call":
            items += run
            continue
        searches = [(next(numbers), item) for item in run]
        items += [{**item, "id": f"ws_{call}-{n}", "action": _search(item["action"])} for n, item in searches]
        if not prompt.stream:
            items += [_found(f"tco_{call}-{n}", prompt) for n, _ in searches]
    return items


def _found(name: str, prompt: Prompt) -> dict[str, Any]:
    hidden = "reasoning.encrypted_content" in texts(prompt.body.get("include"))
    sealed = {"encrypted_content": f"{name}_{order.encrypted('', name)}"} if hidden else {}
    return {"id": name, "summary": [], "type": "reasoning", "status": "completed", **sealed}


def _cited(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the items, whose citations have a number instead of the title of the usual page (recorded in 2026)."""
    for item in items:
        parts = dicts(item.get("content")) if item["type"] == "message" else []
        yield {**item, "content": [_numbered(part) for part in parts]} if parts else item


def _numbered(part: dict[str, Any]) -> dict[str, Any]:
    if not (cites := dicts(part.get("annotations"))):
        return part
    pages = list(dict.fromkeys(str(each.get("url")) for each in cites))
    titled = [
        {**each, "title": str(pages.index(str(each.get("url"))) + 1)} if each.get("title") == PAGE["title"] else each
        for each in cites
    ]
    return {**part, "annotations": titled}


def _search(action: dict[str, Any]) -> dict[str, Any]:
    told = without_fields(action, "queries")
    return told if told.get("type") != "search" else {**told, "sources": told.get("sources", SOURCES)}


SOURCES = [{"type": "url", "url": PAGE["url"]}]


def _reasoning(prompt: Prompt) -> dict[str, Any]:
    is_untold = prompt.stream and not mapping(prompt.body.get("reasoning"))  # ruby_llm, August 2026; rig
    if is_untold or "non-reasoning" in str(prompt.body.get("model")):  # recorded in 2026
        return {"effort": None, "summary": None}
    return {"effort": prompt.reasoning_effort or "low", "summary": "detailed"}


def _cost(tokens: int) -> dict[str, Any]:
    return {"cost_in_usd_ticks": tokens * TICKS}


def _used(usage: dict[str, Any], output: Sequence[dict[str, Any]]) -> dict[str, Any]:
    run = {count: sum(item.get("type") == kind for item in output) for count, kind in RUN.items()}
    ran = sum(run.values())
    counts = {"num_sources_used": 0, "num_server_side_tools_used": ran, **_cost(usage["total_tokens"])}
    details = {"server_side_tool_usage_details": run} if ran else {}
    context = {key: usage[key] for key in ("input_tokens", "output_tokens")}
    return {**usage, **(without_writes(usage) or {}), **counts, **details, "context_details": context}
