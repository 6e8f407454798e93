"""What OpenAI says where a model is asked at an address that is not for models of its kind."""

import re
from collections.abc import Callable

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.refusals import FORMAT, Find, Occurrence, Refusal, parameter_refusal

Kind = Callable[[Prompt, frozenset[str]], bool]


def elsewhere(kind: Kind) -> Find:
    """Find a model of a kind, where it is not for this format."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        return Occurrence("model", prompt.model) if kind(prompt, can.formats or frozenset()) else None

    return find


def embeds(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell a model for embeddings."""
    return "embeddings" in formats


def draws(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell a model for images."""
    return "images" in formats


def chats(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell a model that answers."""
    return not formats.isdisjoint(("chat", "responses"))


def _only_responds(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell a model for responses alone; those since gpt-5.2 are told that they are no chat models."""
    return "responses" in formats and re.match(r"gpt-5\.[2-9]|gpt-[6-9]", prompt.model or "") is None


def no_chat(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell a model that does not answer, but does something else."""
    return formats.isdisjoint(("chat", "responses", "legacy"))


def any_kind(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell that a model of any kind is meant."""
    return True


NOT_SAMPLED = Refusal(
    FORMAT,
    elsewhere(embeds),
    "You are not allowed to sample from this model",
    status=403,
    source="quotes by users",
    seen="2026-10-09",
)

CHAT_ELSEWHERE: tuple[Refusal, ...] = (
    NOT_SAMPLED,
    parameter_refusal(
        FORMAT,
        elsewhere(_only_responds),
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        status=404,
        source="quotes by users, of o1-pro, codex-mini-latest and o3-deep-research",
        seen="2026-10-05",
    ),
    parameter_refusal(
        FORMAT,
        elsewhere(any_kind),
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use "
        "v1/completions?",
        status=404,
        source="micz/ThunderAI 570; egoist/chatwise-releases 1256",
        seen="2026-02-26",
    ),
)

RESPONSES_ELSEWHERE: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        elsewhere(any_kind),
        "The requested model '{model}' is not supported with the Responses API.",
        source="quotes by users, of gpt-audio, gpt-image-1 and gpt-4o-mini-search-preview",
        seen="2026-10-08",
    ),
)

LEGACY_ELSEWHERE: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        elsewhere(chats),
        "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
        "v1/chat/completions?",
        status=404,
        source="quotes by users",
        seen="2026-05-12",
    ),
    NOT_SAMPLED,
)

EMBEDDINGS_ELSEWHERE: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        elsewhere(any_kind),
        "You are not allowed to generate embeddings from this model",
        status=403,
        source="quotes by users, of gpt-5.4-mini among others",
        seen="2026-07-25",
    ),
)

IMAGES_ELSEWHERE: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        elsewhere(any_kind),
        "The model '{model}' does not exist.",
        "invalid_value",
        type="image_generation_user_error",
        source="requests of another project with models of all kinds; until February 2026 it listed its own",
        seen="2026-08-29",
    ),
)

MODERATIONS_ELSEWHERE: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        elsewhere(any_kind),
        "Invalid value for 'model' = {model}. Please check the OpenAI documentation and try again.",
        source="recordings: cykod/ALLM error_400_bad_model",
        seen="2026-05-01",
    ),
)


def no_such_address(path: str) -> tuple[Refusal, ...]:
    """Return the row for an address that says of models of another kind that there is no such address."""
    return (
        Refusal(
            FORMAT,
            elsewhere(any_kind),
            f"Invalid URL (POST {path})",
            status=404,
            source="openai/openai-dotnet 387, of gpt-4o-mini-audio-preview; quotes of gpt-realtime-whisper",
            seen="2026-07-31",
        ),
    )
