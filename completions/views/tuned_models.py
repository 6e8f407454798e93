"""The views of Gemini's tuned models, and of the tuning jobs of Vertex AI: there are none.

No model of the Gemini API can be tuned since May 2025.
"""

from typing import Any

from completions.exceptions import RequestError
from completions.views.stored import ResourceRequest, stored


@stored
async def list_tuned_models(request: ResourceRequest) -> dict[str, Any]:
    """List no models, and no jobs."""
    return {}


@stored
async def retrieve_tuned_model(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Refuse the name of a model, in the words of Google's page on tuning (2025)."""
    raise RequestError(f"Tuned model tunedModels/{name[:200]} does not exist.", status=404)
