"""The one list of all formats and their addresses.

A new dialect of OpenAI's formats is a line in `DIALECTS`, a new provider a line in `ADDRESSES`.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from completions import conversation
from completions.conversation import ParsedExchange, Traffic
from completions.wire.address import Address
from completions.wire.anthropic import batches as message_batches
from completions.wire.anthropic import files as anthropic_files
from completions.wire.anthropic import skills as anthropic_skills
from completions.wire.anthropic.addresses import ADDRESSES as ANTHROPIC
from completions.wire.anthropic.addresses import UNIQUE_ADDRESSES as ANTHROPIC_ALONE
from completions.wire.anthropic.managed.kinds import AGENT, CREDENTIAL, ENVIRONMENT, MEMORY, SESSION, STORE, VAULT
from completions.wire.anthropic.vendors import vendors_addresses
from completions.wire.base import WireFormat
from completions.wire.bedrock.addresses import ADDRESSES as BEDROCK
from completions.wire.cohere.addresses import ADDRESSES as COHERE
from completions.wire.cohere.addresses import COHERE_ONLY
from completions.wire.dialects.accounts import addresses as account_addresses
from completions.wire.dialects.azure import AZURE
from completions.wire.dialects.azure_addresses import ADDRESSES as AZURE_ADDRESSES
from completions.wire.dialects.cerebras import Cerebras
from completions.wire.dialects.cohere import COHERE as COMPATIBLE_COHERE
from completions.wire.dialects.cohere import addresses as compatible_cohere
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.gemini import GeminiChat
from completions.wire.dialects.groq import Groq
from completions.wire.dialects.groq_audio import addresses as groq_audio
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.mistral_agents.addresses import addresses as mistral_agents
from completions.wire.dialects.mistral_agents.agents import AGENT as MISTRAL_AGENT
from completions.wire.dialects.mistral_audio import addresses as mistral_audio
from completions.wire.dialects.mistral_batches import FILE as MISTRAL_FILE
from completions.wire.dialects.mistral_batches import JOB as MISTRAL_JOB
from completions.wire.dialects.mistral_fim import addresses as mistral_fim
from completions.wire.dialects.mistral_moderations import addresses as mistral_moderations
from completions.wire.dialects.mistral_ocr import addresses as mistral_ocr
from completions.wire.dialects.mistral_speech import addresses as mistral_speech
from completions.wire.dialects.moonshot import Moonshot
from completions.wire.dialects.ollama import Ollama
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.openrouter_addresses import addresses as openrouter_addresses
from completions.wire.dialects.openrouter_audio import addresses as openrouter_audio
from completions.wire.dialects.openrouter_images import addresses as openrouter_images
from completions.wire.dialects.rerank import addresses as reranks
from completions.wire.dialects.together import Together
from completions.wire.dialects.vllm import VLLM
from completions.wire.dialects.vllm_tokens import addresses as vllm_addresses
from completions.wire.dialects.xai import XAI
from completions.wire.dialects.xai_batches import BATCH as XAI_BATCH
from completions.wire.dialects.xai_media import addresses as xai_media
from completions.wire.dialects.zai import ZAI
from completions.wire.gemini import batches as gemini_batches
from completions.wire.gemini import caches, file_search
from completions.wire.gemini import files as gemini_files
from completions.wire.gemini import webhooks as gemini_webhooks
from completions.wire.gemini.addresses import ADDRESSES as GEMINI
from completions.wire.gemini.managed import kinds as gemini_kinds
from completions.wire.ollama.addresses import ADDRESSES as OLLAMA
from completions.wire.openai import batches, containers, files, skills, uploads, vector_stores, voices, webhooks
from completions.wire.openai.addresses import dialect_addresses, openai_addresses
from completions.wire.openai.base import Dialect
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.hosted_agents import kinds as hosted_agents
from completions.wire.sockets import SocketFormat
from completions.wire.vertex.addresses import ADDRESSES as VERTEX
from completions.wire.vertex.addresses import PROJECTS as GOOGLE_PROJECTS
from completions.wire.vertex.chat import VertexChat

DIALECTS: tuple[Dialect, ...] = (
    AZURE,
    Cerebras(),
    COMPATIBLE_COHERE,
    DeepSeek(),
    GeminiChat(),
    Groq(),
    Mistral(),
    Moonshot(),
    Ollama(),
    OpenRouter(),
    Together(),
    VertexChat(),
    VLLM(),
    XAI(),
    ZAI(),
)
CHAT_DIALECTS = {dialect.name: ChatCompletions(dialect) for dialect in DIALECTS}
"""The chat format in each dialect, by the dialect's name in scripts."""

CHAT = ChatCompletions(dialects=CHAT_DIALECTS)

_ALL = [
    *(
        address
        for dialect in DIALECTS
        if dialect.place
        for address in dialect_addresses(dialect, CHAT_DIALECTS[dialect.name])
    ),
    *GOOGLE_PROJECTS,
    *mistral_moderations(Mistral()),
    *mistral_audio(Mistral()),
    *mistral_speech(Mistral()),
    *mistral_fim(Mistral()),
    *mistral_ocr(Mistral()),
    *mistral_agents(Mistral()),
    *groq_audio(Groq()),
    *openrouter_audio(OpenRouter()),
    *xai_media(XAI()),
    *openrouter_images(OpenRouter()),
    *reranks(OpenRouter(), Together(), VLLM()),
    *COHERE_ONLY,
    *ANTHROPIC_ALONE,
    *vendors_addresses({dialect.name: dialect for dialect in DIALECTS}),
    *compatible_cohere(CHAT_DIALECTS[COMPATIBLE_COHERE.name]),
    *openai_addresses(CHAT, {"grok-": XAI()}),
    *openrouter_addresses(OpenRouter.place, CHAT_DIALECTS["openrouter"]),
    *account_addresses(CHAT_DIALECTS),
    *vllm_addresses(VLLM(), CHAT_DIALECTS["vllm"]),
    *ANTHROPIC,
    *GEMINI,
    *AZURE_ADDRESSES,
    *OLLAMA,
    *VERTEX,
    *BEDROCK,
    *COHERE,
]
ORDER = ("generate", "public", "public_model", "models", "model", "tell", "check", "socket", "refuse")
ADDRESSES: list[Address] = sorted(_ALL, key=lambda address: ORDER.index(address.use))
"""The first matching route answers, unless the request is identified as another format with the same route."""

KEY_HEADERS = tuple(sorted({address.wire.key_header for address in ADDRESSES} - {""}))
"""Headers for the API key other than `Authorization: Bearer`."""


READABLE_FORMATS = sorted({address.wire.name for address in ADDRESSES if address.use in ("generate", "socket")} - {""})
"""The names of the formats whose requests the journal can parse."""

SOCKET_ONLY_FORMATS = frozenset(READABLE_FORMATS) - {
    address.wire.name for address in ADDRESSES if address.use == "generate"
}
"""The names of the formats that are used over WebSockets only."""

WORK_FORMATS = (
    *(batches.BATCH, message_batches.BATCH, gemini_batches.BATCH, MISTRAL_JOB, XAI_BATCH),
    *(files.FILE, uploads.UPLOAD, anthropic_files.FILE, gemini_files.FILE, caches.CACHE, MISTRAL_FILE, MISTRAL_AGENT),
    *(containers.CONTAINER, containers.FILE, vector_stores.STORE, vector_stores.FILE, vector_stores.FILE_BATCH),
    *(file_search.STORE, file_search.DOCUMENT, skills.SKILL, skills.VERSION),
    *(webhooks.ENDPOINT, gemini_webhooks.WEBHOOK, voices.VOICE, voices.CONSENT),
    *(anthropic_skills.SKILL, anthropic_skills.VERSION, AGENT, ENVIRONMENT, SESSION),
    *(VAULT, CREDENTIAL, STORE, MEMORY),
    *(*hosted_agents.NAMES, "chatkit_session", "content_provenance_check"),
    *gemini_kinds.RULED,
)
"""The names of formats by which rules match work of the APIs after an answer (`views/background_work.py`)."""


def register_names() -> None:
    """Register the names of formats and dialects that scripts can use."""
    conversation.NAMES["format"][:] = sorted({address.wire.name for address in ADDRESSES} | set(WORK_FORMATS))
    conversation.NAMES["dialect"][:] = CHAT_DIALECTS


def others_at_address(address: Address) -> dict[str, WireFormat]:
    """Return the other formats at the same address, by the header or parameter that identifies them."""
    others = [other.wire for other in ADDRESSES if other.route == address.route and other.wire is not address.wire]
    return {name: wire for wire in others for name in wire.identified_by}


@functools.lru_cache(maxsize=512)
def format_at(path: str) -> tuple[WireFormat, Mapping[str, str]] | None:
    """Return the generating format at an address, and the parts of the address; None if there is none.

    The address may start with a prefix of the project's and a namespace.
    """
    for end in _suffixes(path):
        for address in ADDRESSES:
            if address.use in ("generate", "socket") and (found := re.fullmatch(address.route, end)):
                return address.wire, found.groupdict()
    return None


@functools.lru_cache(maxsize=512)
def socket_at(path: str) -> tuple[SocketFormat, Mapping[str, str]] | None:
    """Return the WebSocket format at an address, which may start like that of `format_at`, and the address's parts."""
    for end in _suffixes(path):
        for address in ADDRESSES:
            wire = address.wire
            if address.use != "socket" or not isinstance(wire, SocketFormat):
                continue
            if (found := re.fullmatch(address.route, end)) is not None:
                return wire, found.groupdict()
    return None


def read(traffic: Traffic, dialect: str = "") -> ParsedExchange:
    """Return the question and the answer of an exchange; empty if its address has no generating format.

    `dialect` is the script's.
    """
    found = format_at(traffic.path) if traffic.method == "POST" else None
    if found is None:
        return ParsedExchange(cut=traffic.request_cut)
    wire, route = found
    return wire.dialects.get(dialect, wire).read(replace(traffic, route={**traffic.route, **route}))


def _suffixes(path: str) -> Iterator[str]:
    parts = path.lstrip("/").split("/")
    yield from ("/".join(parts[index:]) for index in range(min(len(parts), 8)))
