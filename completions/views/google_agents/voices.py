"""The views of voices; a rule that names `format: gemini_voice` can refuse one, or name its id."""

import time
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.google_agents.pages import page
from completions.views.stored import ResourceRequest, stored
from completions.wire.fields import mapping
from completions.wire.gemini.managed import voices
from completions.wire.gemini.managed.kinds import VOICE


@stored
async def create_voice(request: ResourceRequest) -> dict[str, Any]:
    """Make a voice, and keep it if it is to be stored."""
    body = request.body
    voices.check(body)
    voices.check_base(body, [each["id"] for each in await request.all(VOICE)])
    voice = voices.new_voice(body, time.time())
    given = await scripted_id(request, mapping(body.get("voice")), VOICE, "type", "display_name")
    if voice["id"]:
        voice["id"] = given or voice["id"]
        await request.records.put(VOICE, voice["id"], voice)
    return voices.shown(voice)


@stored
async def list_voices(request: ResourceRequest) -> dict[str, Any]:
    """List the custom voices, the newest first, and then the prebuilt ones."""
    sent = request.http_request.GET
    wanted = {name: sent.getlist(name) for name in voices.FILTERS}
    found = voices.catalog((await request.all(VOICE))[::-1])
    return page(request, voices.chosen(found, wanted, request.query.get("search", "")), "voices")


@stored
async def retrieve_voice(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a custom voice."""
    return voices.shown(await request.get(VOICE, name))


@stored
async def delete_voice(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a custom voice."""
    await request.delete(VOICE, name)
    return {}
