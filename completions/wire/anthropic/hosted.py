"""Claude as clouds offer it: the address names the model, and the body the version of the API.

Shapes: what `AnthropicVertex` and `AnthropicBedrock` of the anthropic SDK make of a message's request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import Event
from completions.tokens.capabilities import is_known
from completions.wire.anthropic import compaction, threads
from completions.wire.anthropic import rules as anthropic_rules
from completions.wire.anthropic.answer import made_id
from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.messages import AnthropicAnswers
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.anthropic.tools import ON_CLOUDS, elsewhere
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object, without
from completions.wire.fields import dicts, texts
from completions.wire.validation import refuse

VERSION = "2023-06-01"
"""The version of Anthropic's API for which a cloud's own version stands; SDKs of 2026-10 send Anthropic's newest."""

ANTHROPICS = ("cache_control", "speed")
"""What only Anthropic's own API takes beside the fields of a message (measured until July 2026)."""

OWN = ("anthropic_version", "anthropic_beta")
"""What a body has in place of headers."""


class HostedClaude(AnthropicAnswers):
    """A message of a Claude that a cloud runs; threads are Anthropic's alone.

    `version` is what a body must say as `anthropic_version`, `mark` what the cloud puts into the ids of messages, and
    `tool_types` are those of the tools that it has.
    """

    key_header = ""
    identified_by = ()
    version = ""
    mark = ""
    tool_types: Sequence[str] = ON_CLOUDS

    def has_model(self, model: str) -> bool:
        """Tell whether Anthropic has a model that the cloud calls so."""
        return is_known(self.table_name(model), self.vendor)

    def streams(self, document: Mapping[str, Any], route: Mapping[str, str]) -> bool:
        """Tell whether the answer is to be streamed; the body says it, where the address does not."""
        return document.get("stream") is True

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a message's request, of the model that the address names."""
        document, model = decode_object(body), route.get("model", "")
        anthropic_rules.check_stream(document)
        if validate:
            self.check_version(document)
            asked = {key: value for key, value in document.items() if not self.is_of_cloud(key)}
            whole = asked | {"model": self.table_name(model)}
            anthropic_rules.validate(whole, as_headers(document, headers), hosted=True)
        prompt = replace(read_prompt(document, headers), model=model or None, stream=self.streams(document, route))
        return compaction.as_read(prompt, len(body))

    def is_of_cloud(self, field: str) -> bool:
        """Tell whether a body's field is not for Claude, but for the cloud."""
        return field in OWN

    def check_version(self, document: Mapping[str, Any]) -> None:
        """Refuse a body without the version that this cloud speaks, or with a model, which the address names."""
        if "model" in document:
            refuse(Wrong("Extra inputs are not permitted", "model"))
        if "anthropic_version" not in document:
            refuse(Wrong("Field required", "anthropic_version"))
        if document["anthropic_version"] not in (self.version, *anthropic_rules.VERSIONS):
            refuse(Wrong(f"Input should be '{self.version}'", "anthropic_version"))
        for field in ANTHROPICS:
            if field in document:
                refuse(Wrong("Extra inputs are not permitted", field))
        refuse(elsewhere(dicts(document.get("tools")), self.tool_types))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message."""
        return super().document(self._named(reply, prompt), prompt)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the message's events."""
        return super().events(self._named(reply, prompt), prompt)

    def usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return what a message cost, without the tier and the place, which Anthropic's own API alone tells."""
        return without(super().usage(reply, prompt), "service_tier", "inference_geo", "speed")

    def _named(self, reply: Reply, prompt: Prompt) -> Reply:
        """Return a reply with an id of this cloud's, and with the name that Anthropic has for the model."""
        model = reply.model or prompt.model
        return replace(reply, id=reply.id or made_id(self.mark, reply), model=model and self.table_name(model))


def as_headers(document: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that say to Anthropic's API what a body says here; without a beta that only it has."""
    asked = [*headers.get("anthropic-beta", "").split(","), *texts(document.get("anthropic_beta"))]
    betas = [beta.strip() for beta in asked if beta.strip() and beta.strip() != threads.BETA]
    version = document.get("anthropic_version")
    known = version if version in anthropic_rules.VERSIONS else VERSION
    return {"anthropic-version": known} | ({"anthropic-beta": ",".join(betas)} if betas else {})
