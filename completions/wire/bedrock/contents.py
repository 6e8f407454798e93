"""Step 2 for Converse: what is refused of the blocks of a message, beside their members: texts, documents, thinking.

What is called the model's is Claude's own refusal, which AWS passes on.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from completions.tokens.media import decoded, picture_type
from completions.wire.anthropic.blocks import mistaken
from completions.wire.bedrock.errors import AmazonError
from completions.wire.fields import dicts, mapping

Body = Mapping[str, Any]

UNSIGNED = re.compile(r"(?:openai|qwen|minimax|moonshot(?:ai)?)[.]")
"""Makers whose models refuse a signature of thinking (earendil-works/pi 686 and 727, January 2026)."""

NAME = re.compile(r"(?!.*  )[a-zA-Z0-9 ()\[\]-]*")
"""The name of a document (recorded by vercel/ai, September 2026: a tab is refused, too)."""

NO_NAME = (
    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and "
    "square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name "
    "conforms to these restrictions and retry your request."
)
TOLD_NAME = re.compile(r"(?!.*  )[a-zA-Z0-9 ()\[\]_-]*")
"""The name of a document whose text is told, as langchain-ai/langchain-aws recorded of Claude in 2025."""

UNCACHED = "Please remove the invalid cache point and try again."
KEEPS_NOTHING = re.compile(r"(?:meta|deepseek|moonshot(?:ai)?|nvidia|qwen)[.]|openai[.]gpt-oss")
"""Models that are quoted to refuse cache points."""

NOT_CACHED = (
    "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more "
    "information."
)
TEXT_SIZE = 400
"""Characters of base64 at which it is seen whether it is a text."""

BLIND_TO_RESULTS = re.compile(r"openai[.]gpt-(?!oss)")
"""Models that see pictures of a user, but not of a tool (recorded by vercel/ai; anomalyco/opencode 48069, 2026)."""

SIGNATURE = "reasoningContent.reasoningText.signature"
MAX_DOCUMENTS = 5


def check(content: Sequence[Body], where: str, model: str) -> None:
    """Raise `AmazonError` for the first block of a message that is refused where it stands.

    Bedrock writes a document for Claude, but for a PDF, as two blocks, and joins the text that follows to it: so that
    may be blank (recorded in 2026), but a cache point may not follow (strands-agents/harness-sdk 1966, March 2026), nor
    may it follow thinking (0xPlaygrounds/rig 1673, April 2026) or be alone (recorded by vercel/ai, August 2026).
    """
    if all(block.get("cachePoint") for block in content):
        raise _refused(f"There is nothing available to cache. {UNCACHED}")
    is_claude, joined, at = "claude" in model, False, 0
    for place, block in enumerate(content):
        said = block.get("text")
        if said is not None and not said.strip() and not (is_claude and joined and said):
            raise _blank(said, f"{where}.{place}", is_claude=is_claude)
        if is_claude and joined and block.get("cachePoint"):
            raise model_says(f"{where}.{at}.type: Field required")
        if block.get("cachePoint") and place and content[place - 1].get("reasoningContent"):
            raise _refused(f"Cache point cannot be inserted after reasoning block. {UNCACHED}")
        joined = mapping(block.get("document")).get("format", "pdf") != "pdf"
        at += 1 + joined
        if (image := block.get("image")) is not None:
            _check_picture(mapping(image), f"{where}.{at - 1}", model)
        shown = dicts(mapping(block.get("toolResult")).get("content"))
        if BLIND_TO_RESULTS.match(model) and any(part.get("image") for part in shown):
            raise _refused("This model doesn't support the image field for user messages. Remove image and try again.")
        thought = mapping(mapping(block.get("reasoningContent")).get("reasoningText"))
        if thought.get("signature") and UNSIGNED.match(model):
            raise _refused(f"This model doesn't support the {SIGNATURE} field. Remove {SIGNATURE} and try again.")


def check_turns(messages: Sequence[Body]) -> None:
    """Raise `AmazonError` for reasoning of a user, and for documents: their names, a missing text, too many of them.

    The words are quoted from production (aws-samples/generative-ai-use-cases 1685, August 2026; the first ones,
    archestra-ai/archestra 4220, April 2026).
    """
    names = Counter[str]()
    for message in messages:
        blocks = dicts(message["content"])
        if message["role"] == "user" and any(block.get("reasoningContent") for block in blocks):
            raise _refused(
                "User messages cannot contain reasoning content. Please remove the reasoning content and try again."
            )
        found = [mapping(block["document"]) for block in blocks if block.get("document")]
        if not all(_has_name(document) for document in found):
            raise _refused(NO_NAME)
        names.update(str(document.get("name")) for document in found)
        if found and not any(block.get("text") for block in blocks):
            raise _refused(
                "A text block must be included when using documents. Add a text block and retry your request."
            )
    if names.total() > MAX_DOCUMENTS:
        raise _refused(f"You can't include more than {MAX_DOCUMENTS} documents in a request.")
    if names.total() > len(names):
        raise _refused("Messages can't contain duplicate document names.")


def _has_name(document: Body) -> bool:
    is_told = not {"text", "content"}.isdisjoint(mapping(document.get("source")))
    return bool((TOLD_NAME if is_told else NAME).fullmatch(str(document.get("name"))))


def check_cache_points(body: Body, model: str) -> None:
    """Raise `AmazonError` for a cache point where the model keeps nothing (BerriAI/litellm 39210, September 2026).

    A Nova keeps no tools (danny-avila/LibreChat 13838, June 2026).
    """
    tools = dicts(mapping(body.get("toolConfig")).get("tools"))
    places = [dicts(body.get("system")), tools, *(dicts(each.get("content")) for each in dicts(body.get("messages")))]
    if KEEPS_NOTHING.match(model) and any(block.get("cachePoint") for blocks in places for block in blocks):
        raise AmazonError("AccessDeniedException", NOT_CACHED, 403)
    at = next((at for at, tool in enumerate(tools) if tool.get("cachePoint")), None)
    if at is not None and "nova" in model:
        said = f"#/toolConfig/tools/{at}: extraneous key [cachePoint] is not permitted, please reformat your input"
        raise model_says(f"Malformed input request: {said} and try again.")


def _check_picture(image: Body, where: str, model: str) -> None:
    """Refuse a picture whose data is not of its format, as Claude and Llama are quoted, and Nova was recorded, in 2026.

    Of what is no picture at all, nobody but Nova tells the type.
    """
    said, data = f"image/{image.get('format')}", mapping(image.get("source")).get("bytes")
    if not isinstance(data, str) or (found := picture_type(data)) == said:
        return
    if "claude" in model and (wrong := mistaken(said, data)):
        raise model_says(f"{where}.image.source.base64: {wrong.before}")
    if "llama" in model and found:
        raise model_says("The provided image does not match the specified image format.")
    if "nova" in model and (found := found or _type_of_text(data)):
        expected = f"does not match the expected type {said}"
        raise model_says(f"The detected file MIME type {found} {expected}. Reformat your input and try again.")


def _type_of_text(data: str) -> str | None:
    head = decoded(data, TEXT_SIZE)
    return "text/plain" if head and head.isascii() and head.decode().isprintable() else None


def model_says(message: str) -> AmazonError:
    """Return the error for what the model itself refuses."""
    return _refused(f"The model returned the following errors: {message}")


def _blank(said: str, where: str, *, is_claude: bool) -> AmazonError:
    """Return the error for a blank text; Claude's words are quoted from June to August 2026, the others' from 2025."""
    if is_claude:
        must = "contain non-whitespace text" if said else "be non-empty"
        return model_says(f"messages: text content blocks must {must}")
    return _refused(
        f"The text field in the ContentBlock object at {where} is blank. Add text to the text field, and try again."
    )


def _refused(message: str) -> AmazonError:
    return AmazonError("ValidationException", message)
