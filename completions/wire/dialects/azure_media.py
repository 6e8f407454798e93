"""Azure OpenAI's images and audio, at the addresses of deployments and at `/openai/v1/`.

Sources: Azure's REST reference, in which an image has the filters' results for it and for its prompt; here, images of
DALL-E have them, whose name is in the reference's names of the results. The addresses are those of `openai.lib.azure`.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.dialects.azure import Deployed
from completions.wire.dialects.azure_errors import NOT_DETECTED, RESULTS
from completions.wire.openai.images import ImageEdits, Images
from completions.wire.openai.speech import Speech
from completions.wire.openai.transcriptions import Transcriptions, Translations

FILTER_RESULTS = {
    "content_filter_results": RESULTS,
    "prompt_filter_results": {**RESULTS, "profanity": NOT_DETECTED, "jailbreak": NOT_DETECTED},
}
BOUNDARY = re.compile(r"(?i)^multipart/form-data\b.*;\s*boundary=\"?([^\";,\s]+)")


class AzureImages(Deployed, Images):
    """Images of a deployment."""

    operation = "ImageGenerations_Create"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the images, with the filters' results if the model reports no usage."""
        document = super().document(reply, prompt)
        if "usage" in document:
            return document
        return {**document, "data": [{**image, **FILTER_RESULTS} for image in document["data"]]}


class DeployedForm(Deployed):
    """A format whose requests are forms: the deployment is put before the fields, so that a later model counts."""

    def with_model(self, body: bytes, headers: Mapping[str, str], deployment: str) -> bytes:
        """Return a body whose model is the deployment."""
        boundary = BOUNDARY.match(headers.get("content-type") or "")
        if boundary is None:
            return super().with_model(body, headers, deployment)
        name = re.sub(r"[\r\n]", " ", deployment)
        field = f'--{boundary[1]}\r\nContent-Disposition: form-data; name="model"\r\n\r\n{name}\r\n'
        return field.encode() + body


class AzureImageEdits(DeployedForm, ImageEdits):
    """Edited images of a deployment."""

    operation = "ImageEdits_Create"


class AzureSpeech(Deployed, Speech):
    """Speech of a deployment."""

    operation = "Speech_Create"


class AzureTranscriptions(DeployedForm, Transcriptions):
    """Transcriptions of a deployment."""

    operation = "Transcriptions_Create"


class AzureTranslations(DeployedForm, Translations):
    """Translations of a deployment."""

    operation = "Translations_Create"
