"""Azure OpenAI's images and audio, at the addresses of deployments and at `/openai/v1/`.

Sources: Azure's REST reference, by which an image tells what the filters found in it and in its prompt; here, DALL-E's
do, by whose name the reference calls the results. The addresses are those of `openai.lib.azure`.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.dialects.azure import Deployed
from completions.wire.dialects.azure_errors import RESULTS, UNSEEN
from completions.wire.openai.images import ImageEdits, Images
from completions.wire.openai.speech import Speech
from completions.wire.openai.transcriptions import Transcriptions, Translations

FOUND = {
    "content_filter_results": RESULTS,
    "prompt_filter_results": {**RESULTS, "profanity": UNSEEN, "jailbreak": UNSEEN},
}
BOUNDARY = re.compile(r"(?i)^multipart/form-data\b.*;\s*boundary=\"?([^\";,\s]+)")


class AzureImages(Deployed, Images):
    """Images of a deployment."""

    operation = "ImageGenerations_Create"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the images, with what the filters found of those that tell no usage."""
        document = super().document(reply, prompt)
        if "usage" in document:
            return document
        return {**document, "data": [{**image, **FOUND} for image in document["data"]]}


class InForms(Deployed):
    """What takes a form: the deployment is put before its fields, of which a later model counts."""

    def named(self, body: bytes, headers: Mapping[str, str], deployment: str) -> bytes:
        """Return a body that names its deployment as the model."""
        found = BOUNDARY.match(headers.get("content-type") or "")
        if found is None:
            return super().named(body, headers, deployment)
        name = re.sub(r"[\r\n]", " ", deployment)
        field = f'--{found[1]}\r\nContent-Disposition: form-data; name="model"\r\n\r\n{name}\r\n'
        return field.encode() + body


class AzureImageEdits(InForms, ImageEdits):
    """Edited images of a deployment."""

    operation = "ImageEdits_Create"


class AzureSpeech(Deployed, Speech):
    """Speech of a deployment."""

    operation = "Speech_Create"


class AzureTranscriptions(InForms, Transcriptions):
    """Transcriptions of a deployment."""

    operation = "Transcriptions_Create"


class AzureTranslations(InForms, Translations):
    """Translations of a deployment."""

    operation = "Translations_Create"
