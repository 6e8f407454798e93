"""Images and speech of Gemini's models: parts of inline data, their tokens, and the API's errors for them.

Sizes, counts and refusals as a user measured them of the API on 2026-09-02; the sizes of Gemini 3 that were not
measured are those of Google's page on image generation, the voices those that the API's own error names. Gemini 3 draws
JPEG unless Vertex AI is asked for PNG. Speech costs 25 tokens a second, by Google's page on counting tokens.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions import budget
from completions.conversation import Choice, Prompt
from completions.tokens import text as tokens
from completions.wire.fields import text, texts
from completions.wire.gemini.fields import inner, integer, many, pick
from completions.wire.gemini.imagen import encoding_of
from completions.wire.openai.audio import spoken
from completions.wire.openai.sound_files import RATE
from completions.wire.picture import Picture
from completions.wire.picture_files import MEDIA_TYPES, Encoding, file_of
from completions.wire.wordings import listed

Document = dict[str, Any]

TEXT, IMAGE, AUDIO = "text", "image", "audio"

EXTREME_RATIOS = ("1:4", "4:1", "1:8", "8:1")
RATIOS: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "1:1": ((1024, 1024), (1024, 1024)),
    "1:4": ((512, 2064), (512, 2064)),
    "1:8": ((352, 2928), (352, 2928)),
    "2:3": ((832, 1248), (848, 1264)),
    "3:2": ((1248, 832), (1264, 848)),
    "3:4": ((864, 1184), (896, 1200)),
    "4:1": ((2064, 512), (2064, 512)),
    "4:3": ((1184, 864), (1200, 896)),
    "4:5": ((896, 1152), (928, 1152)),
    "5:4": ((1152, 896), (1152, 928)),
    "8:1": ((2928, 352), (2928, 352)),
    "9:16": ((768, 1344), (768, 1376)),
    "16:9": ((1344, 768), (1408, 768)),
    "21:9": ((1536, 672), (1584, 672)),
}
"""The pixels of a picture of `1K` by its aspect ratio: of Gemini 2.5, and of Gemini 3."""

SCALES = {"1K": 1.0, "2K": 2.0, "4K": 4.0, "512": 0.5, "512P": 0.5, "512PX": 0.5}

COSTS: Sequence[tuple[str, Mapping[str, int]]] = (
    ("gemini-3.1-flash-lite-image", {"1K": 1120}),
    ("gemini-3.1-flash-image", {"512": 1120, "512P": 1120, "512PX": 1120, "1K": 1120, "2K": 1680, "4K": 2520}),
    ("gemini-3", {"1K": 1120, "2K": 1120, "4K": 2000}),
)
"""The sizes that a model has, and the tokens of each, by the prefix of its name."""

OLD_COST = 1290
"""The tokens of an image of Gemini 2.5, which has no sizes."""

NO_RESOLUTION = re.compile(r"gemini-(2\.5-flash|3-pro)-image")
"""The image models that refuse a `mediaResolution`, as their users found."""

VOICES = (
    *("achernar", "achird", "algenib", "algieba", "alnilam", "aoede", "autonoe", "callirrhoe", "charon", "despina"),
    *("enceladus", "erinome", "fenrir", "gacrux", "iapetus", "kore", "laomedeia", "leda", "orus", "puck"),
    *("pulcherrima", "rasalgethi", "sadachbia", "sadaltager", "schedar", "sulafat", "umbriel", "vindemiatrix"),
    *("zephyr", "zubenelgenubi"),
)
SOUND = f"audio/L16;codec=pcm;rate={RATE}"
TOKENS_PER_SECOND = 25
MAX_SPOKEN = 4096
"""The most characters of a text that are turned into speech."""

LONG_SPOKEN = 400
"""Characters from which on the sound is made in a thread."""


def draws(model: str) -> bool:
    """Tell whether a model generates images by default."""
    return model.startswith("gemini-") and "-image" in model


def speaks(model: str) -> bool:
    """Tell whether a model only turns text into speech."""
    return model.startswith("gemini-") and model.endswith("-tts")


def modalities(config: Mapping[str, Any], model: str) -> tuple[str, ...]:
    """Return the modalities of an answer: `text`, `image`, `audio`."""
    requested = [name.lower() for name in texts(pick(config, "responseModalities"))]
    if speaks(model):
        return (AUDIO,)
    if draws(model):
        return (IMAGE,) if requested == [IMAGE] else (TEXT, IMAGE)
    return tuple(kind for kind in (TEXT, IMAGE, AUDIO) if kind in requested) or (TEXT,)


def problems(config: Mapping[str, Any], model: str) -> Iterator[str]:
    """Yield the API's errors for a request for images or speech."""
    requested = [name.upper() for name in texts(pick(config, "responseModalities"))]
    if speaks(model) and "AUDIO" not in requested:
        combination = ", ".join(requested) or "TEXT"
        yield (
            f"The requested combination of response modalities ({combination}) is not supported by the "
            f"model. models/{model} accepts the following combination of response modalities:\n* AUDIO\n"
        )
    for kind, has in (("IMAGE", draws(model) or "-exp" in model), ("AUDIO", speaks(model) or "audio" in model)):
        if kind in requested and not has and model.startswith("gemini-"):
            yield f"Model does not support the requested response modalities: {kind.lower()}"
    if draws(model) and (integer(pick(config, "candidateCount"), 2) or 1) > 1:
        yield "Multiple candidates is not enabled for this model"
    if pick(config, "mediaResolution") is not None and (found := NO_RESOLUTION.match(model)):
        yield f"Media resolution is not enabled for {f'models/{model}' if found[1] == '2.5-flash' else 'this model'}"
    yield from _picture_problems(inner(config, "imageConfig"), model)
    yield from voice_problems(inner(config, "speechConfig"))


def _picture_problems(config: Mapping[str, Any], model: str) -> Iterator[str]:
    ratio, size = text(pick(config, "aspectRatio")), text(pick(config, "imageSize"))
    if ratio and ratio not in RATIOS:
        path = "* GenerateContentRequest.generation_config.image_config.aspect_ratio"
        yield f"{path}: aspect_ratio must be one of {listed(RATIOS, 'or')}.\n"
    if ratio in EXTREME_RATIOS and draws(model) and not model.startswith("gemini-3.1-flash-image"):
        yield f"Aspect ratio {ratio} is not supported for this model"
    if (sizes := _sizes(model)) is None or not size:
        return
    if size not in SCALES:
        yield f"Unsupported image_size '{size[:40]}'. Supported values are: {', '.join(SCALES)}."
    elif size not in sizes:
        yield f"Image size {size} is not supported for this model"


def voice_problems(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the API's errors for a `speechConfig`."""
    both = inner(config, "multiSpeakerVoiceConfig")
    speakers = many(pick(both, "speakerVoiceConfigs") or [])
    if both and inner(config, "voiceConfig"):
        yield "voice_config and multi_speaker_voice_config cannot both be set."
    for name in filter(None, map(_voice, [config, *speakers])):
        if name.lower() not in VOICES:
            yield f"Voice name {name[:80]} is not supported. Allowed voice names are: {', '.join(VOICES)}"


def _sizes(model: str) -> Mapping[str, int] | None:
    return next((sizes for start, sizes in COSTS if draws(model) and model.startswith(start)), None)


def _voice(config: Mapping[str, Any]) -> str:
    return text(pick(inner(config, "voiceConfig", "prebuiltVoiceConfig"), "voiceName"))


def parts(choice: Choice, prompt: Prompt, place: str) -> list[Document]:
    """Return the image or the speech of an answer; none if it calls, refuses or is cut off.

    If the answer has a text as well, the image shows the user's prompt, otherwise the answer's text.
    """
    if choice.tool_calls or choice.refusal or choice.finish_reason in ("length", "content_filter", "error"):
        return []
    content = prompt.last_user if TEXT in prompt.modalities else choice.text or ""
    if not content.strip():
        return []
    if AUDIO in prompt.modalities:
        return [inline(SOUND, sound_of(content, prompt))]
    encoding = _encoding(prompt)
    return [inline(MEDIA_TYPES[encoding.kind], file_of(_picture(content, prompt, place), encoding))]


def inline(media_type: str, data: bytes) -> Document:
    """Return a part with these bytes."""
    return {"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}}


def _picture(description: str, prompt: Prompt, place: str) -> Picture:
    model, config = prompt.model or "", inner(prompt.body, "generationConfig", "imageConfig")
    newer = not model.startswith("gemini-2")
    ratio = text(pick(config, "aspectRatio"))
    width, height = RATIOS.get(ratio, RATIOS["16:9" if newer else "1:1"])[newer]
    scale = SCALES.get(text(pick(config, "imageSize")), 1.0) if newer else 1.0
    return Picture(description, int(width * scale), int(height * scale), place)


def _encoding(prompt: Prompt) -> Encoding:
    options = inner(prompt.body, "generationConfig", "imageConfig", "imageOutputOptions")
    return encoding_of(options, "png" if (prompt.model or "").startswith("gemini-2") else "jpeg")


def sound_of(content: str, prompt: Prompt) -> bytes:
    """Return the samples of a text; a line that begins with a speaker's name and a colon is spoken by that speaker."""
    if len(content) > LONG_SPOKEN:
        budget.leave_loop()
    config = inner(prompt.body, "generationConfig", "speechConfig")
    speakers = many(pick(inner(config, "multiSpeakerVoiceConfig"), "speakerVoiceConfigs") or [])
    voices = {text(each.get("speaker")): _voice(each) for each in speakers}
    lines = []
    for line in content[:MAX_SPOKEN].splitlines():
        name, colon, speech = line.partition(":")
        known = bool(colon) and name.strip() in voices
        lines.append(spoken(speech, voices[name.strip()].lower()) if known else spoken(line, _voice(config).lower()))
    return b"".join(lines)


def streamed_parts(part: Document, choice: Choice, prompt: Prompt) -> list[Document]:
    """Return the pieces in which a part is streamed: a sound has as many as its text has tokens."""
    inline = part["inlineData"]
    if not inline["mimeType"].startswith("audio/"):
        return [part]
    data, count = inline["data"], max(tokens.count((choice.text or "")[:MAX_SPOKEN], prompt.model), 1)
    size = max(-(-len(data) // count) // 8, 1) * 8  # whole samples: eight characters are six bytes
    return [{"inlineData": {**inline, "data": data[at : at + size]}} for at in range(0, len(data), size)]


def cost(parts: Sequence[Document], prompt: Prompt) -> dict[str, int]:
    """Return the tokens of images and sounds, by their modality."""
    counts: dict[str, int] = {}
    for inline in (part["inlineData"] for part in parts):
        if inline["mimeType"].startswith("audio/"):
            seconds = len(inline["data"]) * 3 / 4 / 2 / RATE
            counts["AUDIO"] = counts.get("AUDIO", 0) + round(seconds * TOKENS_PER_SECOND)
        else:
            counts["IMAGE"] = counts.get("IMAGE", 0) + _picture_cost(prompt)
    return counts


def _picture_cost(prompt: Prompt) -> int:
    config = inner(prompt.body, "generationConfig", "imageConfig")
    sizes = _sizes(prompt.model or "") or {}
    return sizes.get(text(pick(config, "imageSize")) or "1K", OLD_COST)
