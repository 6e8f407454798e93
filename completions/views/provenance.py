"""The view of OpenAI's checks of where a file comes from, and those of safety's alerts and cases, of which none exist.

A rule that names `format: content_provenance_check` can refuse a check; the file's name is its metadata.
"""

import time
from typing import Any

from completions.exceptions import RequestError
from completions.views.background_work import scripted_outcome
from completions.views.stored import ResourceRequest, stored
from completions.wire.openai import provenance
from completions.wire.openai.provenance import CHECK


@stored
async def create_provenance_check(request: ResourceRequest) -> dict[str, Any]:
    """Check a file, which is not kept."""
    is_form = request.http_request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/")
    file = request.form.files.get("file") if is_form else None
    if file is None:
        raise provenance.missing_file()
    kind = provenance.kind_of(file.data)
    await scripted_outcome(request, CHECK, {}, {"file": file.name})
    return provenance.checked(kind, time.time())


@stored
async def missing_safety_alert(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Refuse what names an alert; the words are ours."""
    raise RequestError(f"No safety alert found with id '{name[:200]}'.", status=404)


@stored
async def missing_safety_case(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Refuse what names a case; the words are ours."""
    raise RequestError(f"No safety case found with id '{name[:200]}'.", status=404)
