"""The control API of a page's namespace, for the inspector's tests."""

from typing import Any

from tests.inspector.conftest import Site, http_client


async def control(site: Site, method: str, address: str, body: str = "") -> Any:
    """Call an operation, and return what it answers, which must be good."""
    async with http_client() as client:
        response = await client.request(method, f"{site.url}/_mock/{address}", content=body)
    assert response.is_success, response.text
    return response.json()
