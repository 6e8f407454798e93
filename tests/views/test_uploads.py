"""OpenAI's uploads, through its SDK against a live server."""

import hashlib
from collections.abc import Iterator

import openai
import pytest

from tests.server import LiveServer

DATA = bytes(range(256)) * 40
HALF = len(DATA) // 2


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with (
        LiveServer() as live,
        openai.OpenAI(base_url=f"{live.url}/v1", api_key="mock", max_retries=0) as made,
    ):
        yield made


def begun(client: openai.OpenAI, size: int = len(DATA)) -> str:
    made = client.uploads.create(bytes=size, filename="a.bin", mime_type="application/pdf", purpose="user_data")
    assert (made.status, made.expires_at - made.created_at) == ("pending", 3600)
    return made.id


def test_upload__in_parts_in_any_order(client: openai.OpenAI) -> None:
    name = begun(client)
    second = client.uploads.parts.create(name, data=DATA[HALF:]).id
    first = client.uploads.parts.create(name, data=DATA[:HALF]).id
    done = client.uploads.complete(name, part_ids=[first, second], md5=hashlib.md5(DATA).hexdigest())
    assert done.file
    assert (done.status, done.file.filename, done.file.bytes) == ("completed", "a.bin", len(DATA))
    assert client.files.content(done.file.id).content == DATA
    with pytest.raises(openai.BadRequestError, match="is completed and can no longer be changed"):
        client.uploads.cancel(name)


def test_upload__the_sdk_cuts_a_file_itself(client: openai.OpenAI) -> None:
    done = client.uploads.upload_file_chunked(
        file=DATA, filename="b.bin", bytes=len(DATA), mime_type="application/pdf", purpose="user_data", part_size=3000
    )
    assert done.file
    assert client.files.content(done.file.id).content == DATA


def test_upload__what_does_not_fit(client: openai.OpenAI) -> None:
    name = begun(client)
    part = client.uploads.parts.create(name, data=DATA[:HALF]).id
    with pytest.raises(openai.BadRequestError, match=f"come to {HALF} bytes"):
        client.uploads.complete(name, part_ids=[part])
    for unknown in ("part_1", ""):
        with pytest.raises(openai.BadRequestError, match="No such part"):
            client.uploads.complete(name, part_ids=[unknown])
    other = client.uploads.parts.create(name, data=DATA[HALF:]).id
    with pytest.raises(openai.BadRequestError, match="MD5"):
        client.uploads.complete(name, part_ids=[part, other], md5="0" * 32)
    assert client.uploads.cancel(name).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="is cancelled"):
        client.uploads.parts.create(name, data=b"x")
    with pytest.raises(openai.NotFoundError, match="No such Upload object"):
        client.uploads.cancel("upload_1")
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.post("/uploads", body={"bytes": 1, "filename": "a", "mime_type": "b"}, cast_to=object)
