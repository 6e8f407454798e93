"""Responses: ours have all that Django's own have."""

from typing import Any

from django.http import HttpResponse, JsonResponse

from completions.views.http import FastJsonResponse

DOCUMENT = {"object": "chat.completion", "choices": []}


def facts(response: HttpResponse) -> dict[str, Any]:
    """Return what a response is made of; of objects that are equal only to themselves, how they look."""
    return {name: repr(value) for name, value in vars(response).items() if name not in ("foreign", "_container")}


def test_json_response__is_made_of_what_django_s_is() -> None:
    ours = FastJsonResponse(DOCUMENT, status=404)
    theirs = JsonResponse(DOCUMENT, status=404, json_dumps_params={"separators": (",", ":")})
    theirs.headers["Content-Length"] = str(len(theirs.content))
    assert facts(ours) == facts(theirs)
    assert ours.content == theirs.content
    assert ours.serialize() == theirs.serialize()


def test_json_response__can_be_changed_by_middleware() -> None:
    response = FastJsonResponse(DOCUMENT)
    response.set_cookie("seen", "yes")
    response.content = b"other"
    assert (response.content, response.cookies["seen"].value, response.charset) == (b"other", "yes", "utf-8")
