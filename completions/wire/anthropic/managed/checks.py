"""What a request to Managed Agents must have: the beta, and fields of their types."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.beta import requested_betas
from completions.wire.validation import Check, refuse

BETA = "managed-agents-2026-04-01"

MEMORY_BETA = "agent-memory-2026-07-22"
"""The beta with which memory stores can be used without Managed Agents."""


def check_beta(header: str | None, accepted: Collection[str] = (BETA,)) -> None:
    """Raise the error of a request without the beta, as users quoted it from April to August 2026."""
    if not any(beta in accepted for beta in requested_betas(header)):
        raise RequestError(f"this API is in beta: add `{BETA}` to the `anthropic-beta` header")


def check_fields(body: Mapping[str, Any], fields: Mapping[str, Check], required: Collection[str] = ()) -> None:
    """Raise what is wrong with the fields of a body.

    Of several unknown fields, the first one by its bytes is named (a clone's comparison, October 2026). The words for
    values are those of the Messages API.
    """
    if unknown := sorted(body.keys() - fields.keys(), key=str.encode):
        raise RequestError(f'Failed to parse request body: unknown field "{unknown[0][:200]}"')
    for name, check in fields.items():
        if name in required and body.get(name) is None:
            raise RequestError(f"{name}: value is required")
        if name in body and (problem := check(body[name])) is not None:
            refuse(problem.under(name))


def check_fields_at(
    place: str, value: Mapping[str, Any], fields: Mapping[str, Check], required: Collection[str]
) -> None:
    """Raise what is wrong with the fields of an object of a known type, and name its place in the body."""
    try:
        check_fields({key: each for key, each in value.items() if key != "type"}, fields, required)
    except RequestError as exc:
        exc.message = exc.message if exc.message.startswith("Failed") else f"{place}.{exc.message}"
        raise
