"""Step 2 for Converse: what is refused of the blocks of a message, beside their members: texts, documents, thinking.

What is called the model's is Claude's own refusal, which AWS passes on.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

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
UNCACHED = "Please remove the invalid cache point and try again."
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
        if not all(NAME.fullmatch(str(document.get("name"))) for document in found):
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
