"""Step 2 for Converse: the rules for the blocks of a message, apart from their members: texts, documents, thinking.

Errors of the model are Claude's own, which AWS passes on.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from completions.tokens.media import decoded, picture_type
from completions.wire.anthropic.blocks import media_type_problem
from completions.wire.bedrock.errors import AmazonError
from completions.wire.fields import dicts, mapping

Body = Mapping[str, Any]

MODELS_WITHOUT_SIGNATURES = re.compile(r"(?:openai|qwen|minimax|moonshot(?:ai)?)[.]")
"""Makers whose models refuse signatures of thinking (earendil-works/pi 686 and 727, January 2026)."""

DOCUMENT_NAME = re.compile(r"(?!.*  )[a-zA-Z0-9 ()\[\]-]*")
"""The name of a document (recorded by vercel/ai, September 2026: a tab is refused, too)."""

INVALID_DOCUMENT_NAME = (
    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and "
    "square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name "
    "conforms to these restrictions and retry your request."
)
TEXT_DOCUMENT_NAME = re.compile(r"(?!.*  )[a-zA-Z0-9 ()\[\]_-]*")
"""The name of a document that is sent as text, as langchain-ai/langchain-aws recorded of Claude in 2025."""

REMOVE_CACHE_POINT = "Please remove the invalid cache point and try again."
MODELS_WITHOUT_CACHE = re.compile(r"(?:meta|deepseek|moonshot(?:ai)?|nvidia|qwen)[.]|openai[.]gpt-oss")
"""Models that are quoted to refuse cache points."""

NO_CACHE = (
    "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more "
    "information."
)
TEXT_SIZE = 400
"""Characters of base64 that are decoded to see whether it is a text."""

MODELS_WITHOUT_RESULT_IMAGES = re.compile(r"openai[.]gpt-(?!oss)")
"""Models that take images from a user, but not from a tool (recorded by vercel/ai; anomalyco/opencode 48069, 2026)."""

SIGNATURE = "reasoningContent.reasoningText.signature"
MAX_DOCUMENTS = 5


def check(content: Sequence[Body], where: str, model: str) -> None:
    """Raise `AmazonError` for the first block of a message that is refused at its position.

    For Claude, Bedrock writes a document other than a PDF as two blocks, and joins the text that follows to it: so this
    text may be blank (recorded in 2026), but a cache point may not follow (strands-agents/harness-sdk 1966, March
    2026). Nor may it follow thinking (0xPlaygrounds/rig 1673, April 2026) or be alone (recorded by vercel/ai, August
    2026).
    """
    if all(block.get("cachePoint") for block in content):
        raise _refused(f"There is nothing available to cache. {REMOVE_CACHE_POINT}")
    is_claude, follows_document, claude_index = "claude" in model, False, 0
    for index, block in enumerate(content):
        block_text = block.get("text")
        if block_text is not None and not block_text.strip() and not (is_claude and follows_document and block_text):
            raise _blank(block_text, f"{where}.{index}", is_claude=is_claude)
        if is_claude and follows_document and block.get("cachePoint"):
            raise model_error(f"{where}.{claude_index}.type: Field required")
        if block.get("cachePoint") and index and content[index - 1].get("reasoningContent"):
            raise _refused(f"Cache point cannot be inserted after reasoning block. {REMOVE_CACHE_POINT}")
        follows_document = mapping(block.get("document")).get("format", "pdf") != "pdf"
        claude_index += 1 + follows_document
        if (image := block.get("image")) is not None:
            _check_image(mapping(image), f"{where}.{claude_index - 1}", model)
        result_parts = dicts(mapping(block.get("toolResult")).get("content"))
        if MODELS_WITHOUT_RESULT_IMAGES.match(model) and any(part.get("image") for part in result_parts):
            raise _refused("This model doesn't support the image field for user messages. Remove image and try again.")
        reasoning_text = mapping(mapping(block.get("reasoningContent")).get("reasoningText"))
        if reasoning_text.get("signature") and MODELS_WITHOUT_SIGNATURES.match(model):
            raise _refused(f"This model doesn't support the {SIGNATURE} field. Remove {SIGNATURE} and try again.")


def check_turns(messages: Sequence[Body]) -> None:
    """Raise `AmazonError` for reasoning of a user, and for documents: their names, a missing text, too many of them.

    The messages are quoted from production (aws-samples/generative-ai-use-cases 1685, August 2026; the first one,
    archestra-ai/archestra 4220, April 2026).
    """
    names = Counter[str]()
    for message in messages:
        blocks = dicts(message["content"])
        if message["role"] == "user" and any(block.get("reasoningContent") for block in blocks):
            raise _refused(
                "User messages cannot contain reasoning content. Please remove the reasoning content and try again."
            )
        documents = [mapping(block["document"]) for block in blocks if block.get("document")]
        if not all(_has_valid_name(document) for document in documents):
            raise _refused(INVALID_DOCUMENT_NAME)
        names.update(str(document.get("name")) for document in documents)
        if documents and not any(block.get("text") for block in blocks):
            raise _refused(
                "A text block must be included when using documents. Add a text block and retry your request."
            )
    if names.total() > MAX_DOCUMENTS:
        raise _refused(f"You can't include more than {MAX_DOCUMENTS} documents in a request.")
    if names.total() > len(names):
        raise _refused("Messages can't contain duplicate document names.")


def _has_valid_name(document: Body) -> bool:
    is_text = not {"text", "content"}.isdisjoint(mapping(document.get("source")))
    return bool((TEXT_DOCUMENT_NAME if is_text else DOCUMENT_NAME).fullmatch(str(document.get("name"))))


def check_cache_points(body: Body, model: str) -> None:
    """Raise `AmazonError` for a cache point if the model has no cache (BerriAI/litellm 39210, September 2026).

    A Nova does not cache tools (danny-avila/LibreChat 13838, June 2026).
    """
    tools = dicts(mapping(body.get("toolConfig")).get("tools"))
    blocks_by_place = [
        dicts(body.get("system")),
        tools,
        *(dicts(message.get("content")) for message in dicts(body.get("messages"))),
    ]
    if MODELS_WITHOUT_CACHE.match(model) and any(
        block.get("cachePoint") for blocks in blocks_by_place for block in blocks
    ):
        raise AmazonError("AccessDeniedException", NO_CACHE, 403)
    index = next((index for index, tool in enumerate(tools) if tool.get("cachePoint")), None)
    if index is not None and "nova" in model:
        problem = (
            f"#/toolConfig/tools/{index}: extraneous key [cachePoint] is not permitted, please reformat your input"
        )
        raise model_error(f"Malformed input request: {problem} and try again.")


def _check_image(image: Body, where: str, model: str) -> None:
    """Refuse an image whose data is not of its format, as Claude and Llama are quoted, and Nova was recorded, in 2026.

    Of data that is not an image at all, only Nova names the type.
    """
    declared_type, data = f"image/{image.get('format')}", mapping(image.get("source")).get("bytes")
    if not isinstance(data, str) or (actual_type := picture_type(data)) == declared_type:
        return
    if "claude" in model and (problem := media_type_problem(declared_type, data)):
        raise model_error(f"{where}.image.source.base64: {problem.before}")
    if "llama" in model and actual_type:
        raise model_error("The provided image does not match the specified image format.")
    if "nova" in model and (actual_type := actual_type or _type_of_text(data)):
        expected = f"does not match the expected type {declared_type}"
        raise model_error(f"The detected file MIME type {actual_type} {expected}. Reformat your input and try again.")


def _type_of_text(data: str) -> str | None:
    head = decoded(data, TEXT_SIZE)
    return "text/plain" if head and head.isascii() and head.decode().isprintable() else None


def model_error(message: str) -> AmazonError:
    """Return the error of a refusal by the model itself."""
    return _refused(f"The model returned the following errors: {message}")


def _blank(block_text: str, where: str, *, is_claude: bool) -> AmazonError:
    """Return the error for a blank text; Claude's is quoted from June to August 2026, the others' from 2025."""
    if is_claude:
        requirement = "contain non-whitespace text" if block_text else "be non-empty"
        return model_error(f"messages: text content blocks must {requirement}")
    return _refused(
        f"The text field in the ContentBlock object at {where} is blank. Add text to the text field, and try again."
    )


def _refused(message: str) -> AmazonError:
    return AmazonError("ValidationException", message)
