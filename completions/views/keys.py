"""Between receive and resolve: who asks, with which key, and whether the key may ask now.

Headers are looked at as they came, by lower-case name in bytes, for Django's own are dear to build.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpRequest

from completions.conf import conf
from completions.conversation import Prompt
from completions.exceptions import KeyRefused
from completions.journal.exchange import Exchange
from completions.outcome import Outcome
from completions.resolve import engine
from completions.resolve.overrides import Demand
from completions.state.limits import Charge
from completions.state.namespaces import Namespace
from completions.tokens.prompt import prompt_tokens
from completions.wire.base import WireFormat

Headers = Mapping[bytes, bytes]

SHOWN_FIRST, SHOWN_LAST = 8, 4
"""Characters of a wrong key that the API's message shows; the others are asterisks."""

RETRY_COUNT, IDEMPOTENCY_KEY = b"x-stainless-retry-count", b"idempotency-key"
AUTHORIZATION = b"authorization"
KEY_HEADERS = (b"api-key", b"x-api-key", b"x-goog-api-key")
"""Where Azure, Anthropic and Google take the key, instead of `Authorization: Bearer`."""

NAMESPACE = b"x-mock-namespace"
ORGANIZATION, PROJECT = b"openai-organization", b"openai-project"


def identify(request: HttpRequest, exchange: Exchange, keys: Collection[str]) -> Headers:
    """Note who asks, and raise the API's 401 unless with one of these keys, or else of API_KEYS; none: with any.

    Return the request's headers.
    """
    headers: Headers = exchange.request_headers or sent_headers(request)
    if AUTHORIZATION not in headers and (key := _queried(request)):
        headers = {**headers, b"x-goog-api-key": key.encode()}  # Google's other place for it
    if RETRY_COUNT in headers:
        exchange.retry = _retry(headers[RETRY_COUNT])
    if IDEMPOTENCY_KEY in headers:
        exchange.idempotency_key = headers[IDEMPOTENCY_KEY].decode("latin-1")
    if ORGANIZATION in headers or PROJECT in headers:
        exchange.headers = _echoed(headers)
    if allowed := keys or conf.API_KEYS:
        _check_key(key_of(headers), allowed, {"bearer": b"authorization" in headers})
    return headers


async def resolve(
    namespace: Namespace, prompt: Prompt, headers: Headers, exchange: Exchange, asked: Demand | None = None
) -> Outcome:
    """Resolve what is within the script's limits; what is not raises the API's 429, and costs nothing."""
    script, key, model = namespace.script, key_of(headers), prompt.model or ""
    held = next((limits for limits in script.limits if limits.hold_for(key, model)), None)
    tokens = _estimate(prompt) if script.counts_tokens else 0
    charge = Charge(key, model, tokens, held, script.quota)
    try:
        outcome = await engine.resolve(namespace, prompt, asked, charge)
    finally:
        if charge.grant is not None:
            exchange.at_end = charge.grant.end
    if charge.grant is not None:
        charge.grant.settle(_used(outcome))
        exchange.headers = {**(exchange.headers or {}), **charge.grant.headers()}
    return outcome


def namespace_of(headers: Headers) -> str | None:
    """Return the name of the namespace that a request's headers choose; None where they choose none."""
    chosen = headers.get(NAMESPACE)
    return None if chosen is None else chosen.decode("latin-1").strip()


def spoken(request: HttpRequest, others: Mapping[str, WireFormat], usual: WireFormat) -> WireFormat:
    """Return the format of the API that a request speaks to: by a header or parameter of its own, or else the usual."""
    sent = sent_headers(request)
    query = request.META["QUERY_STRING"] and request.GET
    return next((wire for name, wire in others.items() if name.encode() in sent or name in query), usual)


def sent_headers(request: HttpRequest) -> Headers:
    """Return a request's headers as they came, by lower-case name."""
    ready: Headers | None = getattr(request, "sent_headers", None)
    if ready is not None:
        return ready
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        return dict(scope["headers"])
    return {name.lower().encode(): value.encode() for name, value in request.headers.items()}  # under WSGI


def _queried(request: HttpRequest) -> str | None:
    """Return the key of the query; a request without one is not read for it."""
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    return None if scope is not None and not scope.get("query_string") else request.GET.get("key")


def _retry(sent: bytes) -> int:
    return int(sent) if sent.isdigit() and len(sent) < 10 else 0


def _echoed(headers: Headers) -> dict[str, str]:
    """Return the headers that an answer repeats: the organization and the project that pay for it."""
    return {name.decode(): headers[name].decode("latin-1") for name in (ORGANIZATION, PROJECT) if name in headers}


def key_of(headers: Headers) -> str:
    """Return the API key, from any of the headers that the known APIs take it in; empty where there is none."""
    scheme, _, token = headers.get(AUTHORIZATION, b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return next((headers[name].decode("latin-1").strip() for name in KEY_HEADERS if headers.get(name)), "")


def _check_key(key: str, keys: Collection[str], facts: Mapping[str, object]) -> None:
    if not key:
        raise KeyRefused(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're "
            "accessing the API from your browser and are prompted for a username and password. You can obtain an API "
            "key from https://platform.openai.com/account/api-keys.",
            key,
            facts=facts,
        )
    if key not in keys:
        raise KeyRefused(
            f"Incorrect API key provided: {masked(key)}. "
            "You can find your API key at https://platform.openai.com/account/api-keys.",
            key,
            code="invalid_api_key",
            facts=facts,
        )


def masked(key: str) -> str:
    """Return a key as the API's message shows it."""
    hidden = len(key) - SHOWN_FIRST - SHOWN_LAST
    return f"{key[:SHOWN_FIRST]}{'*' * hidden}{key[-SHOWN_LAST:]}" if hidden > 0 else key


def _estimate(prompt: Prompt) -> int:
    """Return the tokens that a request may come to: the prompt's, and those that may be answered."""
    return prompt_tokens(prompt) + max(prompt.max_tokens or 0, 0) * max(prompt.n, 1)


def _used(outcome: Outcome) -> int:
    """Return the tokens that an outcome has cost: its usage, and nothing for an error."""
    usage = outcome.reply.usage if outcome.reply else None
    return usage.total_tokens if usage else 0
