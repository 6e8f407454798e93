"""Validation of a client's messages: `SessionStartEvent` and the others in `openai.types.live` of the openai SDK.

The API refuses unknown fields (Travizm/dsh-openai-live, 2026-10-07). The wordings are those of OpenAI's other APIs,
as far as no recorded one is named.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.openai.conversation_sound import A_LAW, MU_LAW, PCM
from completions.wire.openai.responses import item_rules
from completions.wire.openai.responses.rules import FIELDS
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    either,
    integer,
    missing,
    nullable,
    obj,
    record,
    refuse,
    string,
    tagged,
    worded_problem,
    wrong_type,
)

START = "session.start"

VOICES = ("alloy", "ash", "ballad", "beacon", "bossa", "cedar", "cinder", "coral", "delta", "echo", "gleam", "marin",
          "meridian", "quartz", "ripple", "sage", "shida", "shimmer", "stone", "tempo", "verse", "vesper",
          "willow")  # fmt: skip  # `BuiltInVoice` of the SDK

MAX_INPUT_MESSAGES, MAX_INPUT_TOKENS = 128, 8192
"""The most messages, and tokens, of the history before the conversation (`SessionConfig.input`)."""

MAX_INSTRUCTIONS, MAX_APPENDED = 16_384, 500
"""The most tokens of the instructions (`SessionConfig.instructions`), and of a text that is appended."""

RATES: Mapping[str, tuple[int, ...]] = {PCM: (16_000, 24_000), MU_LAW: (8_000,), A_LAW: (8_000,)}
"""The sample rates of a format in hertz (`AudioFormat`)."""

BACKEND_FIELDS = (
    *("model", "instructions", "max_output_tokens", "parallel_tool_calls", "reasoning", "service_tier", "text"),
    *("tool_choice", "tools"),
)
"""The settings of the model to which a conversation delegates (`ResponsesDelegationConfig`)."""

NO_WEBRTC = (
    f"The mock does not support WebRTC: connect to /v1/live/sessions over a WebSocket, and send '{START}' first."
)
NO_DECISIONS = "The mock does not support Decisions in conversations."

_EVENT_ID = nullable(string(high=512))
_NAME = string(low=1)


def _rate(kind: str) -> Check:
    """Return the check of a format's sample rate."""

    def check(value: Any) -> Problem | None:
        if type(value) is not int:
            return wrong_type("an integer", value)
        if value in RATES[kind]:
            return None
        listed = " and ".join(map(str, RATES[kind]))
        return worded_problem(f"Invalid value: {value}. Supported values are: {listed}.", "invalid_value", "")

    return check


_FORMAT = tagged("type", {kind: record({"type": anything, "rate": _rate(kind)}, ("type", "rate")) for kind in RATES})
_VOICE = either("one of a string or object", string=choice(*VOICES), object=record({"id": _NAME}, ("id",)))
_AUDIO = record({"format": nullable(_FORMAT), "output": nullable(record({"voice": nullable(_VOICE)}))})
_BACKEND: Mapping[str, Check] = {name: FIELDS[name] for name in BACKEND_FIELDS}
_DELAY: Mapping[str, Check] = {"type": anything, "acknowledgement_delay_ms": nullable(integer(0))}


def _decisions(value: Any) -> Problem | None:
    return worded_problem(NO_DECISIONS, "unsupported_value", "type")


def _triggers(value: Any) -> Problem | None:
    return None if not value else worded_problem(NO_DECISIONS, "unsupported_value", "")


def _delegation(backend: Check, required: tuple[str, ...] = ()) -> Check:
    """Return the check of a delegation with this check of its backend's settings."""
    variants = {
        "client": record(_DELAY),
        "responses": record({**_DELAY, "responses": backend}, required),
        "decisions": _decisions,
    }
    return nullable(tagged("type", variants))


_TEXT_PART = record({"type": choice("input_text"), "text": string()}, ("text",))
_SPOKEN_PART = record({"type": choice("text", "output_text"), "text": string()}, ("text",))


def _history_message(value: Any) -> Problem | None:
    """Check a message of the history: its role, and exactly one text."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    if "role" not in value:
        return missing("role", value, ("role", "content"))
    if (problem := _ROLE(value["role"])) is not None:
        return problem.under("role")
    part = _SPOKEN_PART if value["role"] == "assistant" else _TEXT_PART
    fields = {
        "type": choice("message"),
        "role": anything,
        "content": array(part, "objects", low=1, high=1),
        "id": nullable(string()),
        "status": nullable(choice("incomplete", "completed")),
    }
    return record(fields, ("content",))(value)


_ROLE = choice("developer", "user", "assistant")
SESSION = record(
    {
        "model": _NAME,
        "instructions": nullable(string()),
        "input": nullable(array(_history_message, "objects", high=MAX_INPUT_MESSAGES)),
        "audio": nullable(_AUDIO),
        "delegation": _delegation(record(_BACKEND, ("model",)), ("responses",)),
        "client": nullable(obj),
        "safety_identifier": nullable(string()),
        "store": nullable(boolean),
        "triggers": _triggers,
    },
    ("model",),
)
_UPDATE = record({"delegation": _delegation(nullable(record(_BACKEND))), "triggers": _triggers})
_APPEND: tuple[Mapping[str, Check], tuple[str, ...]] = (
    {"content": _NAME, "delegation_id": nullable(_NAME)},
    ("content", "delegation_id"),
)
_NOTHING: tuple[Mapping[str, Check], tuple[str, ...]] = ({}, ())
_AUDIO_PIECE: tuple[Mapping[str, Check], tuple[str, ...]] = ({"audio": _NAME}, ("audio",))
MESSAGES: Mapping[str, Check] = {
    name: record({"type": anything, "event_id": _EVENT_ID, **fields}, required)
    for name, (fields, required) in {
        START: ({"session": SESSION}, ("session",)),
        "session.update": ({"session": _UPDATE}, ("session",)),
        "session.input_audio.append": _AUDIO_PIECE,
        "session.input_audio.mute": _NOTHING,
        "session.input_audio.unmute": _NOTHING,
        "session.output_audio.fixture.play": _AUDIO_PIECE,
        "session.instructions.append": _APPEND,
        "session.thinking.append": _APPEND,
        "session.commentary.append": _APPEND,
        "response.item.create": ({"item": item_rules.item}, ("item",)),
        "response.create": _NOTHING,
        "session.close": _NOTHING,
    }.items()
}
"""The messages of a client, by their types."""

_TYPE = record({"type": choice(*MESSAGES)}, ("type",), others=True)


def check(message: dict[str, Any], *, has_started: bool) -> None:
    """Raise the error of an invalid message; the first one starts the conversation, and no other does.

    An unknown type is refused with the list of all types (Travizm/dsh-openai-live, 2026-10-07).
    """
    refuse(_TYPE(message))
    if (message["type"] == START) == has_started:
        why = "The session has already started." if has_started else f"The first event must be '{START}'."
        raise RequestError(why, code="invalid_event", param="type")
    refuse(MESSAGES[message["type"]](message))


def check_attached(message: Mapping[str, Any]) -> None:
    """Raise the error of an attached connection's message that is not for it (`ConnectClientEvent` of the SDK)."""
    if (kind := message.get("type")) in (START, "session.input_audio.append"):
        raise RequestError(f"'{kind}' is for the primary connection only.", code="invalid_event", param="type")


def check_lengths(session: Mapping[str, Any], history: str) -> None:
    """Raise the error of instructions or of a history with too many tokens; the API's wording is not known."""
    for name, content, limit in (
        ("instructions", session.get("instructions") or "", MAX_INSTRUCTIONS),
        ("input", history, MAX_INPUT_TOKENS),
    ):
        check_length(content, limit, session["model"], f"session.{name}")


def check_length(content: str, limit: int, model: str, param: str) -> None:
    """Raise the error of a text with more tokens than this; the API's wording is not known."""
    if len(content) > limit and (count := tokens.count(content, model)) > limit:  # a token has a character or more
        why = f"Invalid '{param}': it has {count} tokens. The maximum is {limit} tokens."
        raise RequestError(why, code="string_above_max_length", param=param)
