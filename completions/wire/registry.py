"""All the formats, and where each is spoken: the one list of them.

A new dialect of OpenAI's formats is a line in `DIALECTS`, a new provider a line in `ADDRESSES`.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from completions import conversation
from completions.conversation import Said, Traffic
from completions.wire.address import Address
from completions.wire.anthropic.addresses import ADDRESSES as ANTHROPIC
from completions.wire.base import WireFormat
from completions.wire.bedrock.addresses import ADDRESSES as BEDROCK
from completions.wire.cohere.addresses import ADDRESSES as COHERE
from completions.wire.dialects.azure import AZURE
from completions.wire.dialects.azure_addresses import ADDRESSES as AZURE_ADDRESSES
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.gemini import GeminiChat
from completions.wire.dialects.groq import Groq
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.vllm import VLLM
from completions.wire.dialects.xai import XAI
from completions.wire.gemini.addresses import ADDRESSES as GEMINI
from completions.wire.ollama.addresses import ADDRESSES as OLLAMA
from completions.wire.openai.addresses import dialect_addresses, openai_addresses
from completions.wire.openai.base import Dialect
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.vertex.addresses import ADDRESSES as VERTEX

DIALECTS: tuple[Dialect, ...] = (
    AZURE,
    DeepSeek(),
    GeminiChat(),
    Groq(),
    Mistral(),
    OpenRouter(),
    VLLM(),
    XAI(),
)
CHAT_DIALECTS = {dialect.name: ChatCompletions(dialect) for dialect in DIALECTS}
"""Chat as each dialect has it, by the name by which a script chooses it."""

conversation.DIALECTS[:] = CHAT_DIALECTS

CHAT = ChatCompletions(dialects=CHAT_DIALECTS)

_ALL = [
    *(
        address
        for dialect in DIALECTS
        if dialect.place
        for address in dialect_addresses(dialect, CHAT_DIALECTS[dialect.name])
    ),
    *openai_addresses(CHAT, {"grok-": XAI()}),
    *ANTHROPIC,
    *GEMINI,
    *AZURE_ADDRESSES,
    *OLLAMA,
    *VERTEX,
    *BEDROCK,
    *COHERE,
]
ORDER = ("generate", "models", "model", "tell", "refuse")
ADDRESSES: list[Address] = sorted(_ALL, key=lambda address: ORDER.index(address.use))
"""The first whose route fits answers, unless a request is told to be another's that has the same route."""

KEY_HEADERS = tuple(sorted({address.wire.key_header for address in ADDRESSES} - {""}))
"""Where APIs take the key, instead of `Authorization: Bearer`."""


def told_apart(address: Address) -> dict[str, WireFormat]:
    """Return the other formats that have the same address, by the header or parameter that tells of each."""
    rivals = [other.wire for other in ADDRESSES if other.route == address.route and other.wire is not address.wire]
    return {name: wire for wire in rivals for name in wire.told_by}


@functools.lru_cache(maxsize=512)
def format_at(path: str) -> tuple[WireFormat, Mapping[str, str]] | None:
    """Return the format that generates at an address, and the address's parts; None where there is none.

    What a project has put before our addresses may stand in it, and a namespace.
    """
    for end in _ends(path):
        for address in ADDRESSES:
            if address.use == "generate" and (found := re.fullmatch(address.route, end)):
                return address.wire, found.groupdict()
    return None


def read(traffic: Traffic, dialect: str = "") -> Said:
    """Return what was asked and said in an exchange; nothing where its address has no format that generates.

    `dialect` is who speaks where the script chooses that.
    """
    found = format_at(traffic.path) if traffic.method == "POST" else None
    if found is None:
        return Said(cut=traffic.request_cut)
    wire, route = found
    return wire.dialects.get(dialect, wire).read(replace(traffic, route={**traffic.route, **route}))


def _ends(path: str) -> Iterator[str]:
    parts = path.lstrip("/").split("/")
    yield from ("/".join(parts[index:]) for index in range(min(len(parts), 8)))
