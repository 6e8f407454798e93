"""The messages of the Live API's clients: `BidiGenerateContentClientMessage`, field by field.

Sources: the converters of google-genai 3.6 (`_live_converters.py`), and Google's reference of the Live API.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import pick
from completions.wire.gemini.messages import (
    BLOB,
    CONTENT,
    FUNCTION_RESPONSE,
    GENERATION_FIELDS,
    SAFETY,
    TOOL,
    TOOL_CONFIG,
)
from completions.wire.gemini.proto import (
    Check,
    any_enum,
    boolean,
    keyed,
    long,
    message,
    repeated,
    string,
    struct,
    whole,
)

SETUP, CONTENTS, INPUT, RESULTS, UPDATE = "setup", "clientContent", "realtimeInput", "toolResponse", "contextUpdate"
"""The kinds of messages."""

DETECTION = message(
    "AutomaticActivityDetection",
    {
        "disabled": boolean,
        "startOfSpeechSensitivity": any_enum,
        "endOfSpeechSensitivity": any_enum,
        "prefixPaddingMs": whole,
        "silenceDurationMs": whole,
    },
)
SETUP_FIELDS: dict[str, Check] = {
    "model": string,
    "generationConfig": message(
        "GenerationConfig", {**GENERATION_FIELDS, "enableAffectiveDialog": boolean, "translationConfig": struct}
    ),
    "systemInstruction": CONTENT,
    "tools": repeated(TOOL),
    "toolConfig": TOOL_CONFIG,
    "realtimeInputConfig": message(
        "RealtimeInputConfig",
        {
            "automaticActivityDetection": DETECTION,
            "activityHandling": any_enum,
            "turnCoverage": any_enum,
            "interimTranscriptTimestampEnabled": boolean,
        },
    ),
    "sessionResumption": message("SessionResumptionConfig", {"handle": string, "transparent": boolean}),
    "contextWindowCompression": message(
        "ContextWindowCompressionConfig",
        {"triggerTokens": long, "slidingWindow": message("SlidingWindow", {"targetTokens": long})},
    ),
    "historyConfig": message("HistoryConfig", {"initialHistoryInClientContent": boolean}),
    "proactivity": message("ProactivityConfig", {"proactiveAudio": boolean, "proactiveVideo": boolean}),
    **dict.fromkeys(("inputAudioTranscription", "outputAudioTranscription", "avatarConfig"), struct),
    "explicitVadSignal": boolean,
    "safetySettings": repeated(SAFETY),
    "labels": keyed(string),
}
FIELDS: dict[str, Check] = {
    SETUP: message("BidiGenerateContentSetup", SETUP_FIELDS),
    CONTENTS: message("BidiGenerateContentClientContent", {"turns": repeated(CONTENT), "turnComplete": boolean}),
    INPUT: message(
        "BidiGenerateContentRealtimeInput",
        {
            "mediaChunks": repeated(BLOB),
            "audio": BLOB,
            "video": BLOB,
            "text": string,
            "audioStreamEnd": boolean,
            "activityStart": struct,
            "activityEnd": struct,
        },
    ),
    RESULTS: message("BidiGenerateContentToolResponse", {"functionResponses": repeated(FUNCTION_RESPONSE)}),
    UPDATE: message(
        "BidiGenerateContentContextUpdate",
        {"systemInstruction": CONTENT, "tools": message("Tools", {"tools": repeated(TOOL)})},
    ),
}
MESSAGE = message("BidiGenerateContentClientMessage", FIELDS)

SETUP_NOT_FIRST = "setup must be the first message and only the first"
"""The error for messages in another order (quoted by users until 2026)."""

INVALID = "Request contains an invalid argument."
"""The API's error for most invalid messages (quoted by users until 2026)."""


def kind_of(message_fields: Mapping[str, Any], *, is_first: bool) -> str:
    """Return the kind of a client's message; raise the API's error for one that is invalid or comes too early."""
    if violations := MESSAGE(message_fields, ""):
        raise Violated(violations)
    kinds = [kind for kind in FIELDS if pick(message_fields, kind) is not None]
    if (SETUP in kinds) is not is_first:
        raise RequestError(SETUP_NOT_FIRST)
    if len(kinds) != 1:
        raise RequestError(INVALID)
    return kinds[0]
