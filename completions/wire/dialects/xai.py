"""xAI's API: `reasoning_content`, tokens counted by kind, and errors of two texts.

Sources: xAI's API reference; the errors as they were recorded in July and August 2026; streams of grok-4.5 of August
2026 (langchaingo), in which the first chunk has the role, and each call comes in one chunk.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import count, groupby
from typing import Any, ClassVar

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event, Events
from completions.exceptions import KeyRefused, RequestError
from completions.wire.content import DEFAULT_PAGE
from completions.wire.dialects import catalogue, conversation_rules, deserializer, refusals, rules, stops, xai_deferred
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.wordings import XAI as XAI_WORDINGS
from completions.wire.fields import arranged, dicts, mapping, text, texts, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.openai.responses import reasoning_order
from completions.wire.openai.responses.document import without_cache_writes
from completions.wire.validation import Check, Problem, array, choice, nullable, record

CODES = {
    400: "invalid-argument",
    401: "unauthenticated",
    403: "permission-denied",
    404: "not-found",
    429: "resource-exhausted",
}
UNSUPPORTED = "400"
"""The code of an unsupported argument; other codes of this status are words (rikkahub/rikkahub 1602)."""

NO_KEY = "Incorrect API key provided. You can obtain an API key from https://console.x.ai."
OMITTED_FIELDS = ("access_programs", "prompt_cache_retention", "billing", "tool_usage", "moderation")
"""Fields of OpenAI's responses that xAI's lack."""

DEFAULT_SAMPLING = {"temperature": 0.7, "top_p": 0.95}
"""The default sampling parameters (recorded of grok-4.3 in August 2026)."""

INVALID_ENCRYPTION_ERRORS = {
    "reasoning": "Could not decrypt the provided encrypted_content. Ensure the value is the unmodified "
    "encrypted_content from a previous response.",
    "compaction": "Could not decode the compaction blob. Ensure it is unmodified from the compact response.",
}
"""The errors for foreign encrypted content, as users of gateways quote them (lidge-jun/opencodex 2228, 2249)."""

MIN_ENCRYPTED = 64
"""The minimum length of encrypted content; of 70 recorded examples the shortest has 247 characters."""

MAX_SINGLE = 2.0**127
"""A number within the range of single precision."""

_FUNCTION, _SEARCH = ("type", "description", "name", "parameters", "strict"), ("type", "search_context_size", "filters")
SHOWN_TOOL_FIELDS = {"function": _FUNCTION, "web_search": _SEARCH}
"""The fields of tools in a response, by type; other tools have all fields."""

RESPONSE_ORDER = (
    *("created_at", "completed_at", "id", "max_output_tokens", "model", "object", "output", "parallel_tool_calls"),
    *("previous_response_id", "reasoning", "temperature", "text", "tool_choice", "tools", "top_p", "usage", "user"),
    *("incomplete_details", "status", "store", "metadata", "background", "service_tier", "truncation"),
    *("top_logprobs", "presence_penalty", "frequency_penalty", "prompt_cache_key", "max_tool_calls"),
    *("safety_identifier", "error", "instructions"),
)
"""The order of a response's keys."""

SERVER_TOOL_COUNTS = {
    **{"web_search_calls": "web_search_call", "x_search_calls": ""},
    **{"code_interpreter_calls": "code_interpreter_call", "file_search_calls": "file_search_call"},
    **{"mcp_calls": "mcp_call", "document_search_calls": ""},
    **{"image_generation_calls": "image_generation_call", "x_posts_fetched": "", "x_users_fetched": ""},
}
"""The counts of tools that xAI ran, with the items that each counts; a usage has them if any ran (recorded in 2026)."""

TICKS = 10_000
"""The cost of a token here, in ten-billionths of a dollar."""


TOOL_TYPES = (
    *("function", "web_search", "x_search", "image_generation", "collections_search", "file_search", "code_execution"),
    *("code_interpreter", "mcp", "shell", "tool_search"),
)
"""The types of the tools of a response, as its own refusal listed them on 2026-09-12 (quoted in a team's notes)."""

CODEX_FIELDS = ("external_web_access", "indexed_web_access")
"""Codex's fields of its search, unknown to xAI (lidge-jun/opencodex 2240, makecindy/cindy 4336: 2026-09-12)."""


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
    """xAI's dialect."""

    name = "xai"
    reasoning_field = "reasoning_content"
    vendor = "xai"
    refusals, response_refusals = refusals.XAI, refusals.XAI_RESPONSES
    cross_field_rules = (*conversation_rules.XAI, stops.XAI)
    wordings = XAI_WORDINGS
    place = "xai/v1/"
    checks: ClassVar[Mapping[str, Check]] = {
        "response": rules.response(
            {"tools": nullable(array(record({"type": choice(*TOOL_TYPES)}, ("type",), others=True), "objects"))}
        )
    }
    has_sockets = True  # https://docs.x.ai/developers/advanced-api-usage/websocket-mode
    answer_id = Vendor.uuid
    limits = LIMITS
    default_models = catalogue.XAI
    model = staticmethod(catalogue.xai)
    response_order = RESPONSE_ORDER
    stream_media_type = ServerSentEvents.media_type
    window_limits_prompt_only = True
    sends_whole_calls = True
    has_role_chunk = has_null_usage = False
    has_role_in_content = True
    head = (*HEAD, "system_fingerprint", "service_tier")
    trailing_fields = ("system_fingerprint", "service_tier")
    choice = staticmethod(without_nulls)
    to_store, stores_all = staticmethod(xai_deferred.deferred_completion), False

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt, of an answer in the background if it is to be deferred."""
        deferred = prompt.body.get("deferred") is True and not prompt.stream
        return replace(super().adapt_prompt(prompt), background=deferred)

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return a UUID; that of an item has the prefix of its type, and a call's ends with its number."""
        if place is None:
            return self.answer_id(reply)
        prefixed = f"{made.partition('_')[0]}_{self.answer_id(reply)}"
        return f"{prefixed}_{place}" if made.startswith("fc_") else prefixed

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return a UUID that the calls of an answer share, with the call's number."""
        return f"call-{ids.uuid_of(f'calls/{reply.serial}')}-{place[-1]}"

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, whose fingerprint has sixteen digits (as all of chat: grok-4.5, August 2026)."""
        fields = super().top_level(head, reply, prompt)
        return fields | {"system_fingerprint": _fingerprint(fields["model"])}

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer, with the fingerprint and the tier at the end; a deferred one is only its id."""
        if prompt.background:
            return {"request_id": xai_deferred.request_id(document)}
        return arranged(document, (*HEAD, "choices", "usage", "system_fingerprint"))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message: its refusal is null, its content a string, and the type of a call is at its end."""
        fields = super().message(message, choice) | {"content": message["content"] or "", "refusal": None}
        if calls := fields.get("tool_calls"):
            fields["tool_calls"] = [arranged(call, ("id", "function", "type")) for call in calls]
        return arranged(fields, ("role", "content", "reasoning_content", "tool_calls"))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; the index of a call precedes the type."""
        calls = [arranged(call, ("id", "function", "index", "type")) for call in delta.get("tool_calls", ())]
        return super().delta({**delta, "tool_calls": calls} if calls else delta, choice)

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the tokens of each kind; reasoning tokens are only in the total."""
        prompt_details, completion_details = usage["prompt_tokens_details"], usage["completion_tokens_details"]
        kinds = {"text_tokens": usage["prompt_tokens"], "image_tokens": 0, **prompt_details}
        return usage | {
            "completion_tokens": usage["completion_tokens"] - completion_details["reasoning_tokens"],
            "prompt_tokens_details": arranged(kinds, ("text_tokens", "audio_tokens", "image_tokens")),
            "num_sources_used": 0,
            **_cost(usage["total_tokens"]),
        }

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response; its usage has the cost and the size of the context."""
        sampling = {key: prompt.body.get(key, default) for key, default in DEFAULT_SAMPLING.items()}
        if prompt.stream:
            sampling = {key: _single_precision(value) for key, value in sampling.items()}
        metadata = {"system_fingerprint": _fingerprint(document["model"])}
        return without_fields(document, *OMITTED_FIELDS) | {
            "reasoning": _reasoning(prompt),
            "text": without_fields(document["text"], "verbosity"),
            "output": list(_with_numbered_titles(_with_searches(document, prompt))),
            "tools": _tools(document["tools"], prompt),
            "usage": _response_usage(document["usage"], document["output"]) if document["usage"] else None,
            "metadata": document["metadata"] | metadata,
            **{key: document[key] if value is None else value for key, value in sampling.items()},
        }

    def reasoning_item(self, item: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
        """Return an item of reasoning, which always has a summary (recorded in August 2026)."""
        summary = [{"text": text, "type": "summary_text"} for text in texts]
        encrypted = {key: item[key] for key in ("encrypted_content",) if key in item}
        return {"id": item["id"], "summary": summary, "type": "reasoning", "status": "completed", **encrypted}

    def response_events(self, events: Events) -> Sequence[Event]:
        """Return the events; that which begins a search has an empty one (0xPlaygrounds/rig, 2026)."""
        events.parts = [_with_empty_search(part) if isinstance(part, Event) else part for part in events.parts]
        return events

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise the error of an invalid request, such as one for the removed live search."""
        conversation_rules.refuse_live_search(body)
        super().check_chat(body)

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise the error of an invalid request for a response, such as a message without content."""
        conversation_rules.refuse_live_search(body)
        super().check_response(body)
        if (name := next(_unsupported_arguments(body), None)) is not None:
            raise RequestError(f"Argument not supported: {name}", code=UNSUPPORTED)
        if any(map(conversation_rules.has_no_content, dicts(body.get("input")))):
            raise RequestError(conversation_rules.NO_CONTENT)
        for item in dicts(body.get("input")):
            refusal, token = INVALID_ENCRYPTION_ERRORS.get(text(item.get("type"))), item.get("encrypted_content")
            if refusal and isinstance(token, str) and not (reasoning_order.is_ours(token) or _is_xai_encryption(token)):
                raise RequestError(refusal)

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return the error of a wrong key with xAI's status, 400."""
        if not isinstance(exc, KeyRefused):
            return exc
        return RequestError(NO_KEY, status=400, code=CODES[400], headers=exc.headers)

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error of the deserializer with the status 422 (meangrinch/MangaTranslator #48), or of a bound."""
        message = deserializer.error_message(problem, body)
        return problem.error() if message is None else RequestError(message, status=422)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the two texts, or one for a removed feature (2026-01: langgenius/dify-official-plugins 2493)."""
        if exc.status == HTTPStatus.GONE:
            return {"error": exc.message}
        code = exc.code if exc.code == UNSUPPORTED else CODES.get(exc.status) or exc.code or "internal"
        return {"code": code, "error": exc.message}


def _unsupported_arguments(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the unsupported arguments of a request for a response (measured on 2026-09-12; the last: since July)."""
    if body.get("max_tokens") is not None:
        yield "max_tokens"
    if body.get("background") is True:
        yield "background"
    yield from (name for tool in dicts(body.get("tools")) for name in CODEX_FIELDS if name in tool)
    if body.get("instructions") and body.get("previous_response_id"):
        yield "instructions and previous_response_id together"


def _is_xai_encryption(token: str) -> bool:
    """Tell whether content may be encrypted by xAI: it is long, and has not the form of OpenAI's tokens."""
    return len(token) >= MIN_ENCRYPTED and not token.startswith("gAAAA")


def _fingerprint(model: str) -> str:
    return f"fp_{ids.spelled(model, 16)}"


def _tools(tools: list[dict[str, Any]], prompt: Prompt) -> list[dict[str, Any]]:
    """Return the tools with the shown fields; a stream has a search's context size only if requested (rig, 2026)."""
    requested = dicts(prompt.body.get("tools")) if prompt.stream else []
    hidden = (
        () if any("search_context_size" in tool for tool in requested) or not requested else ("search_context_size",)
    )
    shown = ((tool, SHOWN_TOOL_FIELDS.get(tool["type"], tool)) for tool in tools)
    return [{key: tool[key] for key in keys if key in tool and key not in hidden} for tool, keys in shown]


def _single_precision(value: Any) -> Any:
    """Return a number in single precision, as in streams (crmne/ruby_llm, August 2026; 0xPlaygrounds/rig)."""
    is_in_range = isinstance(value, float) and abs(value) <= MAX_SINGLE
    return struct.unpack("f", struct.pack("f", value))[0] if is_in_range else value


def _with_empty_search(event: Event) -> Event:
    if event.name != "response.output_item.added" or b'"web_search_call"' not in event.data:
        return event
    document = orjson.loads(event.data)
    if document["item"]["type"] != "web_search_call":
        return event
    document["item"]["action"] = {"type": "search", "query": "", "sources": []}
    return event._replace(data=orjson.dumps(document))


def _with_searches(document: dict[str, Any], prompt: Prompt) -> list[dict[str, Any]]:
    """Return the items; searches share an id, followed by a number, and have their sources (recorded in 2026).

    The results of searches follow them as reasoning without a text, but not in streams (ruby_llm and rig, 2026).
    """
    response_id = document["id"]
    call_id = f"{response_id}_call-{ids.uuid_of(f'searches/{response_id}')}"
    numbers = count()
    items: list[dict[str, Any]] = []
    for kind, group in groupby(document["output"], key=lambda item: item["type"]):
        if kind != "web_search_call":
            items += group
            continue
        searches = [(next(numbers), item) for item in group]
        items += [
            {**item, "id": f"ws_{call_id}-{number}", "action": _search_action(item["action"])}
            for number, item in searches
        ]
        if not prompt.stream:
            items += [_search_result(f"tco_{call_id}-{number}", prompt) for number, _ in searches]
    return items


def _search_result(item_id: str, prompt: Prompt) -> dict[str, Any]:
    is_encrypted = "reasoning.encrypted_content" in texts(prompt.body.get("include"))
    encrypted = {"encrypted_content": f"{item_id}_{reasoning_order.encrypted('', item_id)}"} if is_encrypted else {}
    return {"id": item_id, "summary": [], "type": "reasoning", "status": "completed", **encrypted}


def _with_numbered_titles(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the items; their citations have numbers instead of the default page's title (recorded in 2026)."""
    for item in items:
        parts = dicts(item.get("content")) if item["type"] == "message" else []
        yield {**item, "content": [_numbered_part(part) for part in parts]} if parts else item


def _numbered_part(part: dict[str, Any]) -> dict[str, Any]:
    if not (annotations := dicts(part.get("annotations"))):
        return part
    pages = list(dict.fromkeys(str(annotation.get("url")) for annotation in annotations))
    numbered = [
        {**annotation, "title": str(pages.index(str(annotation.get("url"))) + 1)}
        if annotation.get("title") == DEFAULT_PAGE["title"]
        else annotation
        for annotation in annotations
    ]
    return {**part, "annotations": numbered}


def _search_action(action: dict[str, Any]) -> dict[str, Any]:
    fields = without_fields(action, "queries")
    return fields if fields.get("type") != "search" else {**fields, "sources": fields.get("sources", SOURCES)}


SOURCES = [{"type": "url", "url": DEFAULT_PAGE["url"]}]


def _reasoning(prompt: Prompt) -> dict[str, Any]:
    is_null = prompt.stream and not mapping(prompt.body.get("reasoning"))  # ruby_llm, August 2026; rig
    if is_null or "non-reasoning" in str(prompt.body.get("model")):  # recorded in 2026
        return {"effort": None, "summary": None}
    return {"effort": prompt.reasoning_effort or "low", "summary": "detailed"}


def _cost(tokens: int) -> dict[str, Any]:
    return {"cost_in_usd_ticks": tokens * TICKS}


def _response_usage(usage: dict[str, Any], output: Sequence[dict[str, Any]]) -> dict[str, Any]:
    tool_counts = {
        count: sum(item.get("type") == kind for item in output) for count, kind in SERVER_TOOL_COUNTS.items()
    }
    total = sum(tool_counts.values())
    counts = {"num_sources_used": 0, "num_server_side_tools_used": total, **_cost(usage["total_tokens"])}
    details = {"server_side_tool_usage_details": tool_counts} if total else {}
    context = {key: usage[key] for key in ("input_tokens", "output_tokens")}
    return {**usage, **(without_cache_writes(usage) or {}), **counts, **details, "context_details": context}
