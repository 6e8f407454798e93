"""The control API of a page's namespace, for the inspector's tests."""

from typing import Any

import httpx

from tests.inspector.conftest import Site
from tests.patience import PATIENCE


async def control(site: Site, method: str, address: str, body: str = "") -> Any:
    """Call an operation, and return what it answers, which must be good."""
    async with httpx.AsyncClient(verify=False, timeout=PATIENCE) as client:
        response = await client.request(method, f"{site.url}/_mock/{address}", content=body)
    assert response.is_success, response.text
    return response.json()
