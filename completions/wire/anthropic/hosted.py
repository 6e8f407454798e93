"""Claude as clouds offer it: the address names the model, and the body the version of the API.

Shapes: the requests of `AnthropicVertex` and `AnthropicBedrock` of the anthropic SDK.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import Event
from completions.tokens.capabilities import is_known
from completions.wire.anthropic import compaction, threads
from completions.wire.anthropic import rules as anthropic_rules
from completions.wire.anthropic.answer import new_id
from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.messages import AnthropicAnswers
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.anthropic.tools import CLOUD_TOOL_TYPES, unsupported_tool
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object, without
from completions.wire.fields import dicts, texts
from completions.wire.validation import refuse

VERSION = "2023-06-01"
"""The version of Anthropic's API that a cloud's version corresponds to; SDKs of 2026-10 send Anthropic's newest."""

DIRECT_API_FIELDS = ("cache_control", "speed")
"""Fields of a message that only Anthropic's own API accepts (measured until July 2026)."""

HEADER_FIELDS = ("anthropic_version", "anthropic_beta")
"""Fields of a body that correspond to headers."""


class HostedClaude(AnthropicAnswers):
    """A message of Claude on a cloud; only Anthropic's own API has threads.

    `version` is the required `anthropic_version` of a body, `mark` the cloud's mark in the ids of messages, and
    `tool_types` are the types of tools that the cloud supports.
    """

    key_header = ""
    identified_by = ()
    version = ""
    mark = ""
    tool_types: Sequence[str] = CLOUD_TOOL_TYPES

    def has_model(self, model: str) -> bool:
        """Tell whether Anthropic has a model with this name of the cloud."""
        return is_known(self.table_name(model), self.vendor)

    def streams(self, document: Mapping[str, Any], route: Mapping[str, str]) -> bool:
        """Tell whether the answer is streamed, by the body unless the address has it."""
        return document.get("stream") is True

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a message's request, of the model that the address names."""
        document, model = decode_object(body), route.get("model", "")
        anthropic_rules.check_stream(document)
        if validate:
            self.check_version(document)
            claude_fields = {key: value for key, value in document.items() if not self.is_of_cloud(key)}
            request = claude_fields | {"model": self.table_name(model)}
            anthropic_rules.validate(request, as_headers(document, headers), hosted=True)
        prompt = replace(read_prompt(document, headers), model=model or None, stream=self.streams(document, route))
        return compaction.as_model_reads(prompt, len(body))

    def is_of_cloud(self, field: str) -> bool:
        """Tell whether a body's field is not for Claude, but for the cloud."""
        return field in HEADER_FIELDS

    def check_version(self, document: Mapping[str, Any]) -> None:
        """Refuse a body without this cloud's version, or with a model, which the address names."""
        if "model" in document:
            refuse(Wrong("Extra inputs are not permitted", "model"))
        if "anthropic_version" not in document:
            refuse(Wrong("Field required", "anthropic_version"))
        if document["anthropic_version"] not in (self.version, *anthropic_rules.VERSIONS):
            refuse(Wrong(f"Input should be '{self.version}'", "anthropic_version"))
        for field in DIRECT_API_FIELDS:
            if field in document:
                refuse(Wrong("Extra inputs are not permitted", field))
        refuse(unsupported_tool(dicts(document.get("tools")), self.tool_types))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message."""
        return super().document(self._with_cloud_names(reply, prompt), prompt)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the message's events."""
        return super().events(self._with_cloud_names(reply, prompt), prompt)

    def usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage, without the tier and the region, which only Anthropic's own API has."""
        return without(super().usage(reply, prompt), "service_tier", "inference_geo", "speed")

    def _with_cloud_names(self, reply: Reply, prompt: Prompt) -> Reply:
        """Return a reply with an id of this cloud, and with Anthropic's name of the model."""
        model = reply.model or prompt.model
        return replace(reply, id=reply.id or new_id(self.mark, reply), model=model and self.table_name(model))


def as_headers(document: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers for Anthropic's API that correspond to fields of a body, without a beta of that API alone."""
    named = [*headers.get("anthropic-beta", "").split(","), *texts(document.get("anthropic_beta"))]
    betas = [beta.strip() for beta in named if beta.strip() and beta.strip() != threads.BETA]
    version = document.get("anthropic_version")
    known = version if version in anthropic_rules.VERSIONS else VERSION
    return {"anthropic-version": known} | ({"anthropic-beta": ",".join(betas)} if betas else {})
