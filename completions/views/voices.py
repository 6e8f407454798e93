"""The views of OpenAI's custom voices and of the consents that they need; a rule for their format can refuse one."""

import time
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.stored import ResourceRequest, stored
from completions.wire.openai import voices
from completions.wire.openai.voices import CONSENT, TEXTS, VOICE


def _fields(request: ResourceRequest) -> dict[str, Any]:
    """Return the fields of a body that is a form with its files, or JSON."""
    if not request.http_request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
        return request.body
    form = request.form
    return {**form.document(texts=TEXTS), **form.files}


@stored
async def create_voice(request: ResourceRequest) -> dict[str, Any]:
    """Make a voice of a recording, for which there is a consent, or of a prompt."""
    body = _fields(request)
    voices.check_voice(body)
    if request.validate:
        voices.check_room(len(await request.all(VOICE)))
        if "consent" in body:
            await request.get(CONSENT, body["consent"])
    voice = voices.new_voice(body, time.time())
    voice["id"] = await scripted_id(request, body, VOICE, "name") or voice["id"]
    await request.records.put(VOICE, voice["id"], voice)
    return voice


@stored
async def delete_voice(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a voice."""
    await request.delete(VOICE, name)
    return voices.deleted_voice(name)


@stored
async def create_voice_consent(request: ResourceRequest) -> dict[str, Any]:
    """Keep a consent; its recording is not kept."""
    body = _fields(request)
    voices.check_consent(body)
    consent = voices.new_consent(body, time.time())
    consent["id"] = await scripted_id(request, body, CONSENT, "name") or consent["id"]
    await request.records.put(CONSENT, consent["id"], consent)
    return consent


@stored
async def list_voice_consents(request: ResourceRequest) -> dict[str, Any]:
    """List the consents, the newest first."""
    return request.page(await request.all(CONSENT), "desc")


@stored
async def retrieve_voice_consent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a consent."""
    return dict(await request.get(CONSENT, name))


@stored
async def update_voice_consent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give a consent another name."""
    body = request.body
    voices.check_consent_update(body)
    return dict(await request.change(CONSENT, name, lambda before: voices.renamed(before, body)))


@stored
async def delete_voice_consent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a consent; voices that were made with it stay."""
    await request.delete(CONSENT, name)
    return voices.deleted_consent(name)
