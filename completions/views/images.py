"""The view of the pictures to which answers have addresses."""

from django.http import HttpRequest

from completions import budget
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.views.edge import endpoint
from completions.views.http import RawResponse, Recorded
from completions.wire.picture import picture_of


@endpoint("GET", "HEAD")
async def drawn(request: HttpRequest, exchange: Exchange, /, name: str) -> Recorded:
    """Draw the picture that an address stands for; it needs no key, as those of the API."""
    picture = picture_of(name.removesuffix(".png"))
    if picture is None:
        raise RequestError("There is no image at this address.", status=404)
    return RawResponse(await budget.run(picture.png), 200, "image/png")
