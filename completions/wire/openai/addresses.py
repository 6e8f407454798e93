"""The addresses of OpenAI's formats, at OpenAI and at vendors with a dialect."""

from collections.abc import Mapping

from completions.wire.address import Address, listing
from completions.wire.openai.base import Dialect
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.decisions import Decisions
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.gpt_live.format import GPTLive, GPTLiveSideband
from completions.wire.openai.images import ImageEdits, Images, ImageVariations
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.moderations import Moderations
from completions.wire.openai.realtime.format import Realtime
from completions.wire.openai.responses.compact import Compaction
from completions.wire.openai.responses.format import InputTokens, Responses
from completions.wire.openai.responses.socket import ResponsesSocket
from completions.wire.openai.speech import Speech
from completions.wire.openai.transcriptions import Transcriptions, Translations


def openai_addresses(chat: ChatCompletions, by_model: Mapping[str, Dialect]) -> list[Address]:
    """Return OpenAI's own addresses; `chat` is its chat format, with the dialects.

    Responses of models whose names begin with a prefix in `by_model` are in that vendor's dialect.
    """
    return [
        Address("v1/chat/completions", chat),
        Address("v1/completions", LegacyCompletions()),
        Address("v1/embeddings", Embeddings()),
        Address("v1/moderations", Moderations()),
        Address("v1/decisions", Decisions()),
        Address("v1/audio/speech", Speech()),
        Address("v1/audio/transcriptions", Transcriptions()),
        Address("v1/audio/translations", Translations()),
        Address("v1/images/generations", Images()),
        Address("v1/images/edits", ImageEdits()),
        Address("v1/images/variations", ImageVariations()),
        Address("v1/responses", Responses(by_model=by_model)),
        Address("v1/responses", ResponsesSocket(by_model=by_model), "socket"),
        Address("v1/realtime", Realtime(), "socket"),
        Address("v1/live/sessions", GPTLive(), "socket"),
        Address("v1/live/sessions/(?P<session>[^/]+)/attach", GPTLiveSideband(), "socket"),
        Address("v1/responses/compact", Compaction()),
        Address("v1/responses/input_tokens", InputTokens()),
        *listing("v1/", chat),
        Address("v1(?:/.*)?", chat, "refuse"),
    ]


def dialect_addresses(dialect: Dialect, chat: ChatCompletions) -> list[Address]:
    """Return the addresses of a dialect, under its place; all other requests there are refused with its wording."""
    place = dialect.place
    return [
        Address(f"{place}chat/completions", chat),
        Address(f"{place}completions", LegacyCompletions(dialect)),
        Address(f"{place}embeddings", Embeddings(dialect)),
        Address(f"{place}responses", Responses(dialect)),
        *([Address(f"{place}responses", ResponsesSocket(dialect), "socket")] if dialect.has_sockets else []),
        *listing(place, chat),
        Address(f"{_host(place)}.*", chat, "refuse"),
    ]


def _host(place: str) -> str:
    """Return the part of a place for the vendor's host: `vllm/` of `vllm/v1/`; all of it if Google's is below it."""
    first = place.partition("/")[0]
    return place if first.startswith("v1") else f"{first}/"
