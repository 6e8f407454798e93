"""The list of models, `GET /v1/models`, in the shape of `openai.types.Model`, and the deletion of models.

`created` and `owned_by` of OpenAI's models are as its API lists them, `shutdown_date` as its page of deprecations said
in November 2026.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.tokens.models import provider
from completions.tokens.spelling import other_names

CREATED = 1234567890
"""The creation time of models whose own is unknown; it is constant, so that lists are reproducible."""

FINE_TUNED = "ft:"
"""The prefix of fine-tuned models, `ft:gpt-4o-mini-2024-07-18:acme:suffix:id`. Only these can be deleted."""

DEFAULT_MODELS = (
    *("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "o3", "o4-mini"),
    *("gpt-5.6-sol", "gpt-5.6-terra", "gpt-6-luna", "gpt-6.1-sol"),
    *("text-embedding-3-small", "text-embedding-3-large", "omni-moderation-latest"),
)
"""The models that are listed if a script lists none; any other model exists as well."""


class ModelFacts(NamedTuple):
    """When a model was created, in seconds since the epoch, and who owns it."""

    created: int
    owner: str = "system"


KNOWN: Mapping[str, ModelFacts] = {
    "gpt-3.5-turbo": ModelFacts(1677610602, "openai"),
    "gpt-3.5-turbo-0125": ModelFacts(1706048358),
    "gpt-3.5-turbo-instruct": ModelFacts(1692901427),
    "gpt-4": ModelFacts(1687882411, "openai"),
    "gpt-4-turbo": ModelFacts(1712361441),
    "gpt-4.1": ModelFacts(1744316542),
    "gpt-4.1-2025-04-14": ModelFacts(1744315746),
    "gpt-4.1-mini": ModelFacts(1744318173),
    "gpt-4.1-nano": ModelFacts(1744321707),
    "gpt-4o": ModelFacts(1715367049),
    "gpt-4o-2024-08-06": ModelFacts(1722814719),
    "gpt-4o-2024-11-20": ModelFacts(1739331543),
    "gpt-4o-mini": ModelFacts(1721172741),
    "gpt-4o-mini-2024-07-18": ModelFacts(1721172717),
    "gpt-5": ModelFacts(1754425777),
    "gpt-5-2025-08-07": ModelFacts(1754075360),
    "gpt-5-mini": ModelFacts(1754425928),
    "gpt-5-nano": ModelFacts(1754426384),
    "o1": ModelFacts(1734375816),
    "o3": ModelFacts(1744225308),
    "o3-2025-04-16": ModelFacts(1744133301),
    "o3-mini": ModelFacts(1737146383),
    "o4-mini": ModelFacts(1744225351),
    "omni-moderation-2024-09-26": ModelFacts(1732734466),
    "omni-moderation-latest": ModelFacts(1731689265),
    "text-embedding-3-large": ModelFacts(1705953180),
    "text-embedding-3-small": ModelFacts(1705948997),
    "text-embedding-ada-002": ModelFacts(1671217299, "openai-internal"),
}

SHUTDOWNS: Mapping[str, Collection[str]] = {
    "2026-12-01": ("chatgpt-image-latest", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-1.5-2025-12-16"),
    "2026-12-11": (
        *("gpt-5", "gpt-5-2025-08-07", "gpt-5-mini", "gpt-5-mini-2025-08-07", "gpt-5-nano", "gpt-5-nano-2025-08-07"),
        *("o3", "o3-2025-04-16"),
    ),
    "2027-01-06": ("tts-1", "tts-1-hd", "gpt-4o-mini-tts"),
    "2027-01-14": (
        *("gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-mini-2024-07-18"),
        *("gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14"),
    ),
    "2027-02-26": ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"),
    "2027-04-01": ("gpt-5.1", "gpt-5.3-codex", "gpt-5.4-nano"),
}
"""The models whose end is announced, by its day. A mock answers them on, for the applications that still name them."""

_OWNERS = {"openai": "system"}
"""What the list calls the owner of current models, by the vendor."""

_SHUTDOWN = {name: day for day, names in SHUTDOWNS.items() for name in names}


def model(name: str) -> dict[str, Any]:
    """Return one model's document; OpenAI's own have the day of their end, or null where none is announced."""
    vendor = provider(name)
    facts = KNOWN.get(name) or ModelFacts(CREATED, _organization(name) or _OWNERS.get(vendor or "", vendor) or "mock")
    document = {"id": name, "object": "model", "created": facts.created, "owned_by": facts.owner}
    return document | {"shutdown_date": _SHUTDOWN.get(name)} if name in KNOWN or vendor == "openai" else document


def check(name: str, names: Collection[str], vendor: str = "") -> None:
    """Raise the API's 404 unless `name` is one of the models, none of which stand for all that there are."""
    if names and not any(each in names for each in (name, *other_names(name, vendor))):
        raise unknown(name)


def deletion(name: str) -> dict[str, Any]:
    """Return the answer to the deletion of a model."""
    return {"id": name, "object": "model", "deleted": True}


def unknown(name: str) -> RequestError:
    """Return the API's 404."""
    return RequestError(
        f"The model '{name}' does not exist", status=404, code="model_not_found", param="model", facts={"model": name}
    )


def not_owned(name: str) -> RequestError:
    """Return the API's 403 for a model that the caller does not own."""
    return RequestError(
        f"You have insufficient permissions for this operation: '{name}' is not a fine-tuned model of yours.",
        status=403,
        code="insufficient_permissions",
        param="model",
    )


def _organization(name: str) -> str | None:
    """Return the organization that fine-tuned a model."""
    if not name.startswith(FINE_TUNED):
        return None
    parts = name.split(":")
    return parts[2] if len(parts) > 2 and parts[2] else "user"
